"""The shell's own pages: signing in and out, the API's documentation."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)

from shared.web.access import access, is_staff_token, refuse_many
from shared.web.problems import Problem
from shared.web.staff_session import begin_session, end_session_by_word, end_this_session

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
SWAGGER_FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js")

blueprint = Blueprint(
    "shell", __name__, template_folder="templates", static_folder="static", static_url_path="/static/shell"
)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@access("anyone")
def sign_in() -> Response | str:
    """Ask for the staff token; with the right one, remember in a signed cookie that this browser is staff's."""
    target = _own_page(request.values.get("next", ""))
    settings = current_app.config["SETTINGS"]
    if request.method == "POST":
        if is_staff_token(settings, request.form.get("token", "").strip()):
            begin_session()
            return redirect(target, code=303)  # type: ignore[return-value]
        refuse_many(current_app)
        page = render_template("sign_in.html", target=target, wrong=True)
        return Response(page, status=403, mimetype="text/html")
    return render_template("sign_in.html", target=target, wrong=False)


@blueprint.route("/sign-out", methods=["POST"])
@access("anyone")
def sign_out() -> Response:
    """End this browser's session, here and at all other services: those behind another address are told one by one."""
    word, others = end_this_session()
    return _go_on(word, others)


@blueprint.route("/sign-out/<service>")
@access("anyone")
def sign_out_here(service: str) -> Response:
    """End the session that another service's signed word names, and lead on to the next service."""
    if service != current_app.config["SERVICE"] or not end_session_by_word(request.args.get("word", "")):
        raise Problem(404, "This link ends no session, or it is too old. Sign in and out again.")
    others = [name for name in request.args.getlist("then") if name.isalnum()]
    return _go_on(request.args["word"], others)


@blueprint.route("/api/v1/docs")
@access("anyone")
def api_docs() -> Response:
    """Show the API's documentation, tried out in the browser."""
    page = Response(render_template("api_docs.html", specs=current_app.config["API_SPECS"]))
    # Swagger UI brings styles within its script; scripts are our own files as everywhere.
    policy = CONTENT_SECURITY_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
    page.headers["Content-Security-Policy"] = policy
    return page


@blueprint.route("/static/swagger/<name>")
@access("anyone")
def swagger_file(name: str) -> Response:
    """Serve the documentation page's own files."""
    if name not in SWAGGER_FILES:
        raise Problem(404, "There is no file %(name)r here.", values={"name": name})
    folder = Path(str(files("flask_swagger_ui"))) / "dist"
    return send_from_directory(folder, name, max_age=86_400)


def _own_page(target: str) -> str:
    """Return the target if it is a page of this site, the landing page otherwise."""
    parts = urlsplit(target)
    first = f"{request.script_root}/"
    own = (
        target.startswith(first)
        and not target.startswith(("//", "/\\"))
        and not parts.netloc
        and not parts.scheme
        and target.isprintable()  # a line end would end the header that the address goes into
    )
    return target if own else first


def _go_on(word: str, others: list[str]) -> Response:
    if not others:
        return redirect(url_for("shell.sign_in"), code=303)  # type: ignore[return-value]
    there = url_for("shell.sign_out_here", service=others[0], word=word, then=others[1:])
    return redirect(there, code=303)  # type: ignore[return-value]
