"""Where a request comes from, as a keyed digest: the same sender has the same one, and no address is kept."""

from __future__ import annotations

import hashlib
import hmac
from ipaddress import IPv6Address, ip_address, ip_network

from flask import current_app, request

NETWORK_BITS = 64
"""Of an IPv6 address: one sender has all the addresses of such a network."""


def sender_digest() -> str:
    """Return the digest of the current request's address as the app sees it, under the house's secret key."""
    return keyed_digest("sender", network_of(request.remote_addr or ""))


def keyed_digest(purpose: str, text: str) -> str:
    """Return a text's digest under the house's secret key, apart for each purpose: 64 hexadecimal digits."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


def network_of(address: str) -> str:
    """Return an IPv4 address as it is and an IPv6 address's network; a text that is no address stays as it is."""
    try:
        read = ip_address(address)
    except ValueError:
        return address
    if isinstance(read, IPv6Address):
        if read.ipv4_mapped is not None:
            return str(read.ipv4_mapped)
        return str(ip_network((read, NETWORK_BITS), strict=False))
    return str(read)
