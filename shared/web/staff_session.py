"""Staff's sessions: in a signed cookie that all services read, bound to the staff token, and ended by more than time.

A session holds as long as the staff token is the one that it was begun with, for `IDLE` after the last request, and for
`LONGEST_SESSION` in all. Signing out ends it at every service: each remembers it in its own database (`EndedSessions`).
A service behind another address is told by the browser, which is led through them all with a signed word.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

from flask import Flask, current_app, request, session
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.exc import SQLAlchemyError

from shared.settings.registry import Settings
from shared.storage.ended_sessions import LONGEST_SESSION
from shared.web.outside_address import path_of
from shared.web.sender import keyed_digest

IDLE = timedelta(hours=12)
REFRESH = timedelta(minutes=5)
"""The cookie's moment of the last request is written anew when it is older than this."""
WORD_SECONDS = 600
SESSION_KEY = "staff"
ENDED = "handslag-ended-sessions"
BESIDE = "ENDED_BESIDE"
ELSEWHERE = "SIGN_OUT_ELSEWHERE"
_ALIVE = "handslag.session_alive"


class Ended(Protocol):
    """Where ended sessions are remembered."""

    def add(self, id: str) -> None:
        """Remember that a session was ended."""

    def has(self, id: str) -> bool:
        """Say whether a session was ended."""


class EndedHere:
    """Ended sessions that only this process remembers: for an app that has no database."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def add(self, id: str) -> None:
        """Remember that a session was ended."""
        self._ids.add(id)

    def has(self, id: str) -> bool:
        """Say whether a session was ended."""
        return id in self._ids


def cookie_name(base_url: str) -> str:
    """Return the name of the session's cookie: one that no other host, and no http page, can set where https is used.

    `__Host-` wants the path `/`; a site below a path has `__Secure-`.
    """
    if not base_url.startswith("https://"):
        return "handslag"
    return "__Secure-handslag" if path_of(base_url) else "__Host-handslag"


def begin_session() -> None:
    """Make this browser's session staff's; one that it had ends."""
    ended = _id()
    if ended:
        end_session(ended)
    session.clear()
    now = _now()
    session[SESSION_KEY] = {
        "id": secrets.token_urlsafe(16),
        "token": _token_digest(),
        "began": _seconds(now),
        "seen": _seconds(now),
    }
    request.environ.pop(_ALIVE, None)


def is_session_alive() -> bool:
    """Say whether the request carries a session of staff's that holds; its last moment is written where it is old."""
    known = request.environ.get(_ALIVE)
    if known is None:
        request.environ[_ALIVE] = False  # also where the database is away: the page that says so asks again
        known = request.environ[_ALIVE] = _look()
    return bool(known)


def end_session(id: str) -> list[str]:
    """End a session at all services behind this address; return the names of those that are still to be told.

    Raises SQLAlchemyError when the database of one is away, after the others have been told.
    """
    told = [current_app, *_beside()]
    failed: Exception | None = None
    for app in told:
        try:
            _ended(app).add(id)
        except SQLAlchemyError as error:  # the others are told all the same
            failed = error
    if failed is not None:
        raise failed
    names = {app.config["SERVICE"] for app in told}
    return [name for name in current_app.config.get(ELSEWHERE, ()) if name not in names]


def end_this_session() -> tuple[str, list[str]]:
    """End the session that came; return a signed word of it and the services to tell it to, both empty without one."""
    id = _id()
    # The cookie goes last: where a service cannot be told now, signing out again tells it.
    word, others = (_words().dumps(id), end_session(id)) if id else ("", [])
    session.clear()
    request.environ[_ALIVE] = False
    return word, others


def end_session_by_word(word: str) -> bool:
    """End at this service the session that another one's word names; False where the word is none, or too old."""
    try:
        id = _words().loads(word, max_age=WORD_SECONDS)
    except BadData:
        return False
    _ended(current_app).add(str(id))
    return True


def _look() -> bool:
    kept, now = session.get(SESSION_KEY), _now()
    if not isinstance(kept, dict) or set(kept) != {"id", "token", "began", "seen"}:
        return False
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.staff_token or not secrets.compare_digest(str(kept["token"]), _token_digest()):
        return False
    age, idle = _seconds(now) - int(kept["began"]), _seconds(now) - int(kept["seen"])
    if age >= LONGEST_SESSION.total_seconds() or idle >= IDLE.total_seconds():
        return False
    if _ended(current_app).has(str(kept["id"])):
        return False
    if idle >= REFRESH.total_seconds():
        session[SESSION_KEY] = {**kept, "seen": _seconds(now)}
    return True


def _id() -> str:
    kept = session.get(SESSION_KEY)
    return str(kept.get("id", "")) if isinstance(kept, dict) else ""


def _token_digest() -> str:
    settings: Settings = current_app.config["SETTINGS"]
    return keyed_digest("staff token", settings.staff_token)


def _ended(app: Flask) -> Ended:
    remembered: Ended = app.extensions[ENDED]
    return remembered


def _beside() -> Iterable[Flask]:
    beside: Callable[[], Iterable[Flask]] = current_app.config.get(BESIDE, tuple)
    return [app for app in beside() if app.extensions[ENDED] is not _ended(current_app)]


def _words() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="handslag ended session")


def _now() -> datetime:
    now: datetime = current_app.config["CLOCK"]()
    return now


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
