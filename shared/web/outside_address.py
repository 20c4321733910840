"""The address that visitors see (`HANDSLAG_BASE_URL`), whatever a proxy in front makes of it on the way in.

Nothing that a proxy adds or changes is believed here: no Host, no X-Forwarded header. So every proxy will do as its
guide sets it up. Where a visitor comes from is read in `shared.web.sender`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import idna

from shared.words.hosts import is_loopback

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origin:
    """Where a page comes from, as browsers compare it; `host` in the letters that browsers send."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """Return it as a browser writes it: without the port that is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    def shares_cookies_with(self, other: Origin) -> bool:
        """Say whether two origins are one site to a browser's cookies, which know schemes and hosts, and no ports.

        All names of this very machine are one host.
        """
        own = self.host == other.host or (is_loopback(self.host) and is_loopback(other.host))
        return own and self.scheme == other.scheme


def origin_of(address: str) -> Origin | None:
    """Read the origin of an http or https address; None of anything else, `null` included."""
    try:
        parts = urlsplit(address)
        scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return None
    if scheme not in DEFAULT_PORTS or not host:
        return None
    return Origin(scheme, _as_browsers_send(host), port or DEFAULT_PORTS[scheme])


def path_of(address: str) -> str:
    """Return the path of an address, as a proxy passes it on: `/matchmaking`; empty where it has none."""
    return urlsplit(address).path.rstrip("/")


class AtOutsideAddress:
    """A WSGI application that is asked as visitors ask: under the scheme, host and path of the base address.

    A path that the proxy passes on is taken off, and one that it took off already is not missed. `keep_host` leaves
    the Host that came, for an application that checks it itself.
    """

    def __init__(self, application: WSGIApplication, base_url: str, keep_host: bool = False) -> None:
        self._application = application
        self._scheme = urlsplit(base_url).scheme
        self._host = "" if keep_host else _netloc(base_url)
        self._path = path_of(base_url)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        environ["wsgi.url_scheme"] = self._scheme
        if self._host:
            environ["HTTP_HOST"] = self._host
        inside = environ.get("PATH_INFO", "")
        if inside == self._path or inside.startswith(f"{self._path}/"):
            environ["PATH_INFO"] = inside[len(self._path) :] or "/"
        environ["SCRIPT_NAME"] = self._path
        return self._application(environ, start_response)


def _netloc(base_url: str) -> str:
    origin = origin_of(base_url)
    return "" if origin is None else str(origin).partition("://")[2]


def _as_browsers_send(host: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return quote(host)
