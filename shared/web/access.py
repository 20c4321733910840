"""Who may call what: every route declares it, and an app with a route that does not declare it will not start."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from flask import Flask, Response, current_app, redirect, request, url_for
from flask_wtf.csrf import ValidationError, validate_csrf

from shared.settings.registry import Settings
from shared.telemetry import metrics
from shared.web.outside_address import origin_of
from shared.web.problems import API_PREFIX, Problem
from shared.web.sender import sender_digest
from shared.web.staff_session import is_session_alive
from shared.web.wrong_tokens import WrongTokens

Role = Literal["anyone", "staff"]
View = TypeVar("View", bound=Callable[..., Any])

MARK = "handslag_access"
WRONG_TOKENS = "handslag-wrong-tokens"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PAGE_MARK_HEADER = "X-CSRFToken"
DECLARED = "handslag-declared-access"
OPEN_ENDPOINTS = {"bootstrap.static", "shell.static", "api-docs.openapi_json"}
"""Views of the libraries that serve the same to everybody and cannot carry a mark."""


def access(role: Role) -> Callable[[View], View]:
    """Declare who may call a view. It only marks the view; `guard` holds every request to it."""

    def mark(view: View) -> View:
        setattr(view, MARK, role)
        return view

    return mark


def declared_access(app: Flask) -> dict[str, Role | None]:
    """Return what each endpoint of an app declares; None where nothing is declared."""
    return {
        endpoint: "anyone" if endpoint in OPEN_ENDPOINTS else getattr(view, MARK, None)
        for endpoint, view in app.view_functions.items()
    }


def is_staff() -> bool:
    """Say whether this request comes from staff: by token, by session, or because all data is sample data."""
    settings: Settings = current_app.config["SETTINGS"]
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return is_staff_token(settings, token.strip())
    return is_session_alive() or (settings.sample and not request.path.startswith(API_PREFIX))


def is_staff_token(settings: Settings, token: str) -> bool:
    """Compare a token with the staff's in constant time; false while no staff token is set."""
    return bool(settings.staff_token) and hmac.compare_digest(token.encode(), settings.staff_token.encode())


def refuse_many(app: Flask) -> None:
    """Count a wrong staff token of who asks; raises Problem 429 where that address has sent many."""
    wrong: WrongTokens = app.extensions[WRONG_TOKENS]
    seconds = wrong.count(sender_digest(), app.name)
    if seconds:
        raise Problem(
            429,
            "Too many wrong staff tokens came from your address. Try again in %(seconds)s seconds.",
            headers={"Retry-After": str(seconds)},
            values={"seconds": seconds},
        )


def count_wrong_tokens(app: Flask) -> None:
    """Count every wrong staff token that an app is sent, whatever address it is sent to; see `refuse_many`.

    Call it before anything else can refuse a request: pages of errors, too, look otherwise to staff. A browser that a
    proxy asked for a name and a password sends these with each page, so only bearer tokens count there.
    """
    app.extensions[WRONG_TOKENS] = WrongTokens()
    metrics.WRONG_TOKENS.add(0, app.name)

    @app.before_request
    def check() -> None:
        scheme = request.headers.get("Authorization", "").partition(" ")[0].lower()
        if scheme and (scheme == "bearer" or request.path.startswith(API_PREFIX)) and not is_staff():
            refuse_many(app)


def guard(app: Flask) -> None:
    """Hold every request of an app to what its view declares.

    Call it when all routes stand. Raises RuntimeError when one of them declares nothing.
    """
    declared = declared_access(app)
    undeclared = sorted(endpoint for endpoint, role in declared.items() if role is None)
    if undeclared:
        raise RuntimeError(f"these views do not say who may call them: {', '.join(undeclared)}")

    app.extensions[DECLARED] = declared
    settings: Settings = app.config["SETTINGS"]

    @app.before_request
    def check() -> Response | None:
        if request.endpoint is None or _is_static(request.endpoint):
            return None
        if is_staff():
            _check_cookie_call(settings)
            return None
        with_token = "Authorization" in request.headers and request.path.startswith(API_PREFIX)
        # A wrong token is told also where none is needed: who sends one means to be staff.
        if declared[request.endpoint] == "anyone" and not with_token:
            return None
        if request.path.startswith(API_PREFIX):
            raise Problem(
                401,
                "Only staff may do this. Send the header `Authorization: Bearer TOKEN` with the staff token.",
                headers={"WWW-Authenticate": 'Bearer realm="handslag"'},
            )
        if request.method != "GET":
            raise Problem(401, "Only staff may do this. Sign in and try again.")
        return redirect(url_for("shell.sign_in", next=request.script_root + request.full_path.rstrip("?")))  # type: ignore[return-value]


def is_public(app: Flask, endpoint: str | None) -> bool:
    """Say whether what an endpoint answers now may be kept by caches: the same for everybody, found without a secret.

    An address with a part that is not fixed may be a link that only its owner has.
    """
    if endpoint is None or _is_static(endpoint):
        return True
    if request.method not in SAFE_METHODS or is_staff():
        return False
    return app.extensions[DECLARED][endpoint] == "anyone" and not request.view_args


def _is_static(endpoint: str) -> bool:
    return endpoint.endswith("static") or endpoint == "shell.swagger_file"


def _check_cookie_call(settings: Settings) -> None:
    """Hold a call of the API by cookie to what only a page of ours can send; a call by token needs none of it.

    Where it comes from is said by Sec-Fetch-Site, Origin or Referer; what changes something carries a page's token
    too. Raises Problem 403.
    """
    if not request.path.startswith(API_PREFIX) or "Authorization" in request.headers:
        return
    changes = request.method not in SAFE_METHODS
    if not _is_from_here(settings, changes):
        raise Problem(
            403,
            "A call by a browser's session has to come from a page of this site. "
            "Programs send the header `Authorization: Bearer TOKEN` instead.",
        )
    if changes:
        try:
            validate_csrf(request.headers.get(PAGE_MARK_HEADER, ""))
        except ValidationError as error:
            raise Problem(
                403,
                f"A call by a browser's session has to carry the token of a page in the header `{PAGE_MARK_HEADER}`. "
                "Programs send the header `Authorization: Bearer TOKEN` instead.",
            ) from error


def _is_from_here(settings: Settings, changes: bool) -> bool:
    site = request.headers.get("Sec-Fetch-Site", "")
    if site:
        return site == "same-origin" or (site == "none" and not changes)
    said = request.headers.get("Origin") or request.headers.get("Referer") or ""
    own, origin = origin_of(settings.base_url), origin_of(said)
    return own is not None and origin is not None and own.shares_cookies_with(origin)
