"""Whether a form that comes in was sent from our own pages: by the address it came from, and by the token in it."""

from __future__ import annotations

from flask import Flask, Response, g, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect

from shared.web.outside_address import Origin, origin_of
from shared.web.problems import API_PREFIX

UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SIGN_IN = "shell.sign_in"
HIDDEN_FIELDS = frozenset({"csrf_token", "token", "next", "version", "confirmed"})
"""Fields that nobody types, or that are shown nowhere."""


class ForeignFormError(Exception):
    """A form that another site sent; `origin` is that site, None where its address cannot be read."""

    def __init__(self, origin: Origin | None) -> None:
        super().__init__(str(origin))
        self.origin = origin


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
        if request.endpoint is None or request.method not in UNSAFE_METHODS:
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


def _said_origin() -> str:
    """Return what the request says of where it comes from; empty where it says nothing."""
    origin = request.headers.get("Origin", "").strip()
    return origin if origin and origin != "null" else request.headers.get("Referer", "").strip()


def _page(own: Origin, foreign: Origin | str | None) -> Response:
    typed = [
        (name, value)
        for name, values in request.form.lists()
        if name not in HIDDEN_FIELDS
        for value in values
        if value.strip()
    ]
    # Sent again at a press only where a page of ours has sent it: another site's words are not put into our mouth.
    again = foreign is None and g.is_own_form and request.endpoint != SIGN_IN
    fields = [
        (name, value) for name, values in request.form.lists() if name != "csrf_token" for value in values
    ]
    page = render_template(
        "form_not_taken.html",
        own=own,
        foreign=foreign,
        typed=typed,
        again=fields if again else None,
        request_id=str(g.get("request_id", "")),
    )
    return Response(page, status=400, mimetype="text/html")
