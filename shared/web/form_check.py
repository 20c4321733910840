"""Whether a form that comes in was sent from our own pages: by the address it came from, and by the token in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from shared.web.access import SAFE_METHODS
from shared.web.outside_address import Origin, origin_of
from shared.web.problems import API_PREFIX

SIGN_IN = "shell.sign_in"
HIDDEN_FIELDS = frozenset({"csrf_token", "token", "next", "version", "confirmed"})
"""Fields that nobody types, or that are shown nowhere."""
TELLS_NUL = "handslag_tells_nul"
View = TypeVar("View", bound=Callable[..., Any])


class ForeignFormError(Exception):
    """A form that another site sent; `origin` is that site, None where its address cannot be read."""

    def __init__(self, origin: Origin | None) -> None:
        super().__init__(str(origin))
        self.origin = origin


class NulInFormError(Exception):
    """A form with a NUL character in a field that somebody typed."""


def tells_nul(view: View) -> View:
    """Leave it to a view to say which fields of its form hold a NUL character."""
    setattr(view, TELLS_NUL, True)
    return view


def refuse_nul_in_forms() -> None:
    """Refuse NUL characters in a page's form: PostgreSQL takes none. Raises NulInFormError where anything was typed."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.path.startswith(API_PREFIX) or getattr(view, TELLS_NUL, False):
        return
    if any("\0" in text for name, values in request.form.lists() for text in (name, *values)) and _typed():
        raise NulInFormError


def check_forms(app: Flask, csrf: CSRFProtect, base_url: str) -> None:
    """Have an app take forms of its own pages only, as seen from the address that visitors see.

    The header Origin says where a form comes from, else Referer; the token in the form decides alone where neither
    does (`Origin: null` says nothing: browsers send it where they are told to keep addresses to themselves). The Host
    that came counts for nothing. A form that is not taken gets a page that says why, what to mend, and what was typed.
    """
    own = origin_of(base_url)
    if own is None:
        raise ValueError(f"{base_url} is no address of a site")

    @app.before_request
    def check() -> None:
        if request.endpoint is None or request.method in SAFE_METHODS:
            return
        said = _said_origin()
        g.is_own_form = False
        if said and not request.path.startswith(API_PREFIX):
            origin = origin_of(said)
            if origin is None or not own.shares_cookies_with(origin):
                raise ForeignFormError(origin)
            g.is_own_form = True
        csrf.protect(apply_exemptions=True)

    @app.errorhandler(ForeignFormError)
    def foreign(error: ForeignFormError) -> Response:
        return _page(own, error.origin or _("an address that cannot be read"))

    @app.errorhandler(CSRFError)
    def without_token(_error: CSRFError) -> Response:
        return _page(own, None)

    @app.errorhandler(NulInFormError)
    def with_nul(_error: NulInFormError) -> Response:
        return _page(own, None, nul=True)


def _said_origin() -> str:
    """Return what the request says of where it comes from; empty where it says nothing."""
    origin = request.headers.get("Origin", "").strip()
    return origin if origin and origin != "null" else request.headers.get("Referer", "").strip()


def _written() -> MultiDict[str, str]:
    """Return the form that came; nothing of one that cannot be read, for the page that says why it is not taken."""
    try:
        return request.form
    except HTTPException:
        return MultiDict()


def _typed() -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in _written().lists()
        if name not in HIDDEN_FIELDS
        for value in values
        if value.strip()
    ]


def _page(own: Origin, foreign: Origin | str | None, nul: bool = False) -> Response:
    # Sent again at a press only where a page of ours has sent it: another site's words are not put into our mouth.
    # A NUL character is looked for where the token was right.
    again = nul or (foreign is None and g.is_own_form and request.endpoint != SIGN_IN)
    fields = [
        (name, value.replace("\0", ""))
        for name, values in _written().lists()
        if name != "csrf_token" and "\0" not in name
        for value in values
    ]
    page = render_template(
        "form_not_taken.html",
        own=own,
        foreign=foreign,
        nul=nul,
        typed=[(name.replace("\0", ""), value.replace("\0", "")) for name, value in _typed()],
        again=fields if again else None,
        request_id=str(g.get("request_id", "")),
    )
    return Response(page, status=422 if nul else 400, mimetype="text/html")
