"""Every setting there is: read from `HANDSLAG_*` in one place, checked in one place.

`SETTINGS` is the list that `handslag settings` prints; `read_settings` turns an environment into a `Settings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Settings:
    """The settings of one process; the meaning of each stands in `SETTINGS`."""

    state_dir: Path
    event_log: str
    topic_prefix: str
    profiles_database: str
    matching_database: str
    notifications_database: str
    smtp: str
    mail_from: str
    organiser_name: str
    secret_key: str
    staff_token: str
    base_url: str
    host: str
    port: int
    default_language: str
    sample: bool = False


@dataclass(frozen=True)
class Setting:
    """One setting: the field it fills, its meaning, its default (`{state}` is the state directory), its check."""

    field: str
    meaning: str
    default: str
    check: Callable[[str], str | None]
    secret: bool = False

    @property
    def name(self) -> str:
        """The environment variable."""
        return f"HANDSLAG_{self.field.upper()}"


class SettingsError(Exception):
    """Settings that cannot be worked with; `problems` has a line for each, naming the setting and the fix."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def _any(_value: str) -> str | None:
    return None


def _one_of(*words: str) -> Callable[[str], str | None]:
    return lambda value: None if value in words else f"must be one of {', '.join(words)}"


def _url(*schemes: str) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        if any(value.startswith(scheme) and len(value) > len(scheme) for scheme in schemes):
            return None
        return f"must start with {' or '.join(schemes)} and name a place, for example {schemes[0]}…"

    return check


def _smtp(value: str) -> str | None:
    if value == "mailbox:":
        return None
    try:
        parts = urlsplit(value)
        good = (
            parts.scheme in {"smtp", "smtp+starttls", "smtps"}
            and bool(parts.hostname)
            and (parts.port or 1) > 0
        )
    except ValueError:
        good = False
    return None if good else "must be mailbox: or smtp://HOST:PORT, smtp+starttls://… or smtps://…"


def _address(value: str) -> str | None:
    address = parseaddr(value)[1]
    good = address.count("@") == 1 and all(address.split("@")) and not set(value) & set("\r\n")
    return None if good else "must be a mail address, for example Matchmaking <matchmaking@example.org>"


def _port(value: str) -> str | None:
    return None if value.isdecimal() and 0 < int(value) < 65536 else "must be a port between 1 and 65535"


def _prefix(value: str) -> str | None:
    good = value and len(value) <= 100 and all(letter.isalnum() or letter in "._-" for letter in value)
    return None if good else "must be letters, digits, dots, dashes and underscores, at most 100"


def _secret(value: str) -> str | None:
    return None if not value or len(value) >= 16 else "must have at least 16 characters"


_DATABASE = _url("sqlite:///", "postgresql+psycopg://", "postgresql://")

SETTINGS: tuple[Setting, ...] = (
    Setting("state_dir", "the folder for everything that is kept on this machine", "var", _any),
    Setting(
        "event_log",
        "sqlite:///FOLDER or kafka://HOST:PORT,HOST:PORT",
        "sqlite:///{state}/events",
        _url("sqlite:///", "kafka://"),
    ),
    Setting("topic_prefix", "what stands before every topic's name", "handslag", _prefix),
    Setting(
        "profiles_database",
        "database of the profiles service",
        "sqlite:///{state}/profiles.sqlite",
        _DATABASE,
    ),
    Setting(
        "matching_database",
        "database of the matching service",
        "sqlite:///{state}/matching.sqlite",
        _DATABASE,
    ),
    Setting(
        "notifications_database",
        "database of the notifications service",
        "sqlite:///{state}/notifications.sqlite",
        _DATABASE,
    ),
    Setting("smtp", "where mail goes: mailbox: keeps it on disk and shows it on a page", "mailbox:", _smtp),
    Setting(
        "mail_from",
        "the organiser's address, which mails come from and answers go to",
        "Handslag <matchmaking@organiser.invalid>",
        _address,
    ),
    Setting(
        "organiser_name",
        "the organiser's name on pages and in mails",
        "Handslag",
        lambda v: None if v.strip() else "must not be empty",
    ),
    Setting("secret_key", "signs staff sessions; no default", "", _secret, secret=True),
    Setting(
        "staff_token", "what staff show to be let in; without it nobody is staff", "", _secret, secret=True
    ),
    Setting(
        "base_url", "the address that visitors see", "http://127.0.0.1:8080", _url("http://", "https://")
    ),
    Setting(
        "host",
        "the address that is listened on",
        "127.0.0.1",
        lambda v: None if v.strip() else "must not be empty",
    ),
    Setting("port", "the port that is listened on", "8080", _port),
    Setting(
        "default_language",
        "the language when a browser asks for neither: sv or en",
        "en",
        _one_of("sv", "en"),
    ),
)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check the settings of an environment.

    Raises SettingsError with a line for every wrong value.
    """
    values, problems = _values(environ)
    if problems:
        raise SettingsError(problems)
    fields: dict[str, object] = {
        **values,
        "state_dir": Path(values["state_dir"]),
        "port": int(values["port"]),
    }
    return Settings(**fields)  # type: ignore[arg-type]  # the table above has the fields of Settings


def describe_settings(environ: Mapping[str, str]) -> tuple[list[tuple[Setting, str]], list[str]]:
    """List every setting with its value (secrets hidden), and what is wrong, a line each."""
    values, problems = _values(environ)
    problems = unknown_settings(environ) + problems
    shown = [
        (
            setting,
            ("(set)" if values[setting.field] else "(not set)")
            if setting.secret
            else hide_password(values[setting.field]),
        )
        for setting in SETTINGS
    ]
    return shown, problems


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """Name the `HANDSLAG_*` variables that no setting has: most likely misspelt, so worth a warning."""
    known = {setting.name for setting in SETTINGS}
    return [
        f"{name} is no setting of ours; `handslag settings` lists them all"
        for name in sorted(environ)
        if name.startswith("HANDSLAG_") and name not in known and not name.startswith("HANDSLAG_TEST_")
    ]


def hide_password(value: str) -> str:
    """Give a URL with its password, if any, as asterisks; any other text as it is."""
    head, at, tail = value.rpartition("@")
    scheme, separator, user = head.partition("://")
    if not (at and separator and ":" in user):
        return value
    return f"{scheme}://{user.split(':', 1)[0]}:***@{tail}"


def for_tests(state_dir: Path, **changes: object) -> Settings:
    """Give settings that need no environment, all state under `state_dir`, with `changes` on top."""
    environ = {
        "HANDSLAG_STATE_DIR": str(state_dir),
        "HANDSLAG_SECRET_KEY": "secret-key-for-tests",
        "HANDSLAG_STAFF_TOKEN": "staff-token-for-tests",
    }
    plain = {**vars(read_settings(environ)), **changes}
    return Settings(**plain)


def _values(environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    problems = []
    state = environ.get("HANDSLAG_STATE_DIR") or "var"
    values = {}
    for setting in SETTINGS:
        value = environ.get(setting.name) or setting.default.replace("{state}", state)
        problem = setting.check(value)
        if problem:
            problems.append(f"{setting.name} {problem}")
        values[setting.field] = value
    return values, problems
