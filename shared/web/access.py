"""Who may call what: every route declares it, and an app with a route that does not declare it will not start."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from flask import Flask, Response, current_app, redirect, request, session, url_for

from shared.settings.registry import Settings
from shared.telemetry import metrics
from shared.web.problems import API_PREFIX, Problem
from shared.web.sender import sender_digest
from shared.web.wrong_tokens import WrongTokens

Role = Literal["anyone", "staff"]
View = TypeVar("View", bound=Callable[..., Any])

MARK = "handslag_access"
SESSION_KEY = "staff"
WRONG_TOKENS = "handslag-wrong-tokens"
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
    return session.get(SESSION_KEY) is True or (settings.sample and not request.path.startswith(API_PREFIX))


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
            f"Too many wrong staff tokens came from your address. Try again in {seconds} seconds.",
            headers={"Retry-After": str(seconds)},
        )


def guard(app: Flask) -> None:
    """Hold every request of an app to what its view declares.

    Call it when all routes stand. Raises RuntimeError when one of them declares nothing.
    """
    declared = declared_access(app)
    undeclared = sorted(endpoint for endpoint, role in declared.items() if role is None)
    if undeclared:
        raise RuntimeError(f"these views do not say who may call them: {', '.join(undeclared)}")

    app.extensions[WRONG_TOKENS] = WrongTokens()
    metrics.WRONG_TOKENS.add(0, app.name)

    @app.before_request
    def check() -> Response | None:
        if request.endpoint is None or is_staff():
            return None
        with_token = "Authorization" in request.headers and request.path.startswith(API_PREFIX)
        if with_token:  # told also where none is needed: who sends one means to be staff
            refuse_many(app)
        elif declared[request.endpoint] == "anyone":
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
