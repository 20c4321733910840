"""Where a request comes from, as a keyed digest: the same sender has the same one, and no address is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from flask import current_app, request

NETWORK_BITS = 64
"""Of an IPv6 address: one sender has all the addresses of such a network."""
_WITH_PORT = re.compile(r"\[([^\[\]]*)\](?::\d+)?|([^:]*):\d+")
"""An address as some proxies write it: 192.0.2.7:4711, [2001:db8::7]:4711."""


def sender_digest() -> str:
    """Return the digest of the address that the current request comes from, under the house's secret key.

    Behind the proxies that the settings name this is the visitor's address, as they say it.
    """
    hops = request.headers.get("X-Forwarded-For", "")
    address = visitor_address(request.remote_addr or "", hops, current_app.config["SETTINGS"].trusted_proxies)
    return keyed_digest("sender", network_of(address))


def visitor_address(peer: str, hops: str, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """Return the address of who asks: the nearest one that is not a trusted proxy's.

    `peer` is who has connected, `hops` the header X-Forwarded-For, to which every proxy adds at the right whom it was
    asked by. What stands left of the first address that is not trusted is the visitor's own claim, and is not read. A
    trusted proxy that adds what is no address is taken for the visitor.
    """
    nearest = peer
    for entry in reversed(hops.split(",")):
        here, before = _read(nearest), _read(entry)
        if here is None or before is None or not any(here in network for network in trusted):
            break
        nearest = str(before)
    return nearest


def keyed_digest(purpose: str, text: str) -> str:
    """Return a text's digest under the house's secret key, apart for each purpose: 64 hexadecimal digits."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def network_of(address: str) -> str:
    """Return an IPv4 address as it is and an IPv6 address's network; a text that is no address stays as it is."""
    read = _read(address)
    if isinstance(read, IPv6Address):
        return str(ip_network((read, NETWORK_BITS), strict=False))
    return address if read is None else str(read)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address, with a port or without; one of IPv4 that is written as one of IPv6 is one of IPv4."""
    text = text.strip()
    with_port = _WITH_PORT.fullmatch(text)
    try:
        read = ip_address(with_port[1] or with_port[2] if with_port else text)
    except ValueError:
        return None
    return read.ipv4_mapped or read if isinstance(read, IPv6Address) else read
