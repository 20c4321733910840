"""The shell that every service's web app stands in: errors, languages, security headers, sign-in, one look."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_babel import Babel, get_locale
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFProtect

from shared.clock import Clock
from shared.focus_areas import read_focus_areas
from shared.ids import IdSource
from shared.settings.registry import Settings
from shared.storage.ended_sessions import LONGEST_SESSION
from shared.web import health, pages
from shared.web.access import count_wrong_tokens, guard, is_public, is_staff
from shared.web.api import Blueprint, register_api
from shared.web.form_check import TELLS_NUL, check_forms, refuse_nul_in_forms
from shared.web.late_routes import LateRoute
from shared.web.numbers import bound_integers
from shared.web.outside_address import AtOutsideAddress, path_of
from shared.web.problems import API_PREFIX, Problem, field_error, handle_problems
from shared.web.staff_session import ENDED, Ended, EndedHere, cookie_name
from shared.web.static_files import STATIC_PATH, serve_compressed
from shared.web.strict_request import StrictRequest, refuse_other_encodings
from shared.web.watch import watch
from shared.words.collation import sort_key

LANGUAGES = {"en": "English", "sv": "Svenska"}
MAX_BODY_BYTES = 1_000_000
HERE = Path(__file__).parent
SECURITY_HEADERS = {
    "Content-Security-Policy": pages.CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create_service_app(
    service: str,
    package: Path,
    settings: Settings,
    clock: Clock,
    ids: IdSource,
    *,
    api: Iterable[Blueprint] = (),
    page_blueprints: Iterable[object] = (),
    ended: Ended | None = None,
) -> Flask:
    """Make a service's Flask app.

    `package` is the service's folder: its `templates/`, `translations/` and `static/` are used where they
    exist. The app's config carries SETTINGS, CLOCK and IDS for the views; who serves it beside others puts their
    NAVIGATION and API_SPECS there. `ended` remembers ended
    sessions for all processes of the service; without it, each remembers its own. Raises RuntimeError when a
    view does not declare who may call it, or when no secret key is set.
    """
    if not settings.secret_key:
        raise RuntimeError("HANDSLAG_SECRET_KEY is not set; sessions cannot be signed without it")
    app = Flask(
        service, template_folder=str(package / "templates"), static_folder=None, static_url_path=STATIC_PATH
    )
    app.url_rule_class = LateRoute
    app.request_class = StrictRequest
    https = settings.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        SESSION_COOKIE_NAME=cookie_name(settings.base_url),
        PERMANENT_SESSION_LIFETIME=LONGEST_SESSION,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_PATH=path_of(settings.base_url) or "/",
        WTF_CSRF_CHECK_DEFAULT=False,  # check_forms does
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="en",
        BABEL_TRANSLATION_DIRECTORIES=f"{package / 'translations'};{HERE / 'translations'}",
        BOOTSTRAP_SERVE_LOCAL=True,
        SERVICE=service,
        API_SPECS=[service],
        NAVIGATION=(),
        SETTINGS=settings,
        CLOCK=clock,
        IDS=ids,
    )
    if settings.sample:
        hosts = {"127.0.0.1", "localhost", "[::1]", urlsplit(settings.base_url).hostname or "localhost"}
        app.config["TRUSTED_HOSTS"] = sorted(hosts)
    app.session_interface = _Sessions()
    app.extensions[ENDED] = ended or EndedHere()
    app.wsgi_app = AtOutsideAddress(app.wsgi_app, settings.base_url, keep_host=settings.sample)  # type: ignore[method-assign]
    bound_integers(app.url_map)
    watch(app, service)
    count_wrong_tokens(app)
    Babel(app, locale_selector=_chosen_language)
    Bootstrap5(app)
    csrf = CSRFProtect(app)
    check_forms(app, csrf, settings.base_url)
    handle_problems(app)
    api_blueprints = list(api)
    if api_blueprints:
        register_api(app, api_blueprints)
        for blueprint in api_blueprints:
            csrf.exempt(blueprint)
    for page in (pages.blueprint, health.blueprint, *page_blueprints):
        app.register_blueprint(page)  # type: ignore[arg-type]

    app.before_request(refuse_other_encodings)
    app.before_request(refuse_nul_in_forms)
    app.before_request(_refuse_nul)

    @app.after_request
    def finish(response: Response) -> Response:
        given = {name.lower() for name, _ in response.headers}  # setdefault would look through them each time
        for name, value in SECURITY_HEADERS.items():
            if name.lower() not in given:
                response.headers.add(name, value)
        if "Cache-Control" not in response.headers and not is_public(app, request.endpoint):
            response.headers["Cache-Control"] = "no-store"
        response.headers["X-Request-ID"] = str(g.get("request_id", ""))
        if not request.path.startswith(API_PREFIX) and request.args.get("lang") in LANGUAGES:
            response.set_cookie(
                "lang",
                request.args["lang"],
                max_age=31_536_000,
                path=app.config["SESSION_COOKIE_PATH"],
                samesite="Lax",
                secure=https,
            )
        return response

    @app.context_processor
    def shell_values() -> dict[str, object]:
        return {
            "settings": settings,
            "languages": LANGUAGES,
            "language": current_language(),
            "focus_areas": read_focus_areas(),
            "staff": is_staff(),
            "navigation": app.config["NAVIGATION"],
        }

    @app.template_filter()
    def alphabetical(names: Iterable[str]) -> list[str]:
        language = current_language()
        return sorted(names, key=lambda name: sort_key(name, language))

    serve_compressed(app)
    guard(app)
    return app


class _Sessions(SecureCookieSessionInterface):
    """Flask's sessions; what reads their cookies is made only where there is one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) in request.cookies:
            return super().open_session(app, request)
        return self.session_class()


def _refuse_nul() -> None:
    """Refuse NUL characters in addresses and forms: PostgreSQL takes none in a text, not even to look for it."""
    view = current_app.view_functions.get(request.endpoint or "")
    told = request.is_json or hasattr(view, TELLS_NUL)
    wrong = {
        name.replace("\0", "")
        for fields in ((request.args,) if told else (request.args, request.form))
        for name, values in fields.lists()
        if any("\0" in text for text in (name, *values))
    }
    if wrong or "\0" in request.path:
        errors = [field_error(name, "It holds a NUL character.", "Take it out.") for name in sorted(wrong)]
        raise Problem(400, "The address or a field holds a NUL character; take it out.", errors=errors)


def current_language() -> str:
    """Return the language of the page being made: `sv` or `en`."""
    return str(get_locale() or "en")[:2]


def _chosen_language() -> str:
    settings: Settings | None = None
    for choice in (request.args.get("lang"), request.cookies.get("lang")):
        if choice in LANGUAGES:
            return choice
    settings = current_app.config["SETTINGS"]
    return request.accept_languages.best_match(list(LANGUAGES)) or settings.default_language
