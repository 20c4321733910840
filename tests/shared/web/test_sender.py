"""Whom a request comes from: a visitor's address is believed from the proxies that the settings name alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.clock import Clock
from shared.ids import IdSource
from shared.settings.checks import read_networks
from shared.settings.registry import for_tests
from shared.web.sender import network_of, visitor_address
from shared.web.wrong_tokens import MOST
from tests.shared.web.test_shell import make_app


@pytest.mark.parametrize(
    ("peer", "hops", "visitor"),
    [
        ("192.0.2.1", "203.0.113.7", "192.0.2.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.9, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.9,203.0.113.7 , 10.1.2.3", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.9, 10.1.2.3, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "10.1.2.4, 10.1.2.3", "10.1.2.4"),
        ("127.0.0.1", "203.0.113.7:4711", "203.0.113.7"),
        ("127.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "203.0.113.7, unknown", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.7, ", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.7, 10.1.2.3.4", "127.0.0.1"),
        ("", "203.0.113.7", ""),
        ("unix:", "203.0.113.7", "unix:"),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxys_is_the_visitors(
    peer: str, hops: str, visitor: str
) -> None:
    assert visitor_address(peer, hops, read_networks("127.0.0.1, 10.0.0.0/8 fd00::/8")) == visitor
    assert visitor_address(peer, hops, ()) == peer


def test_a_network_of_ipv6_is_one_sender() -> None:
    assert network_of("2001:db8::7") == network_of("2001:db8::ffff:8") != network_of("2001:db8:0:1::7")
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7")


@pytest.mark.parametrize(("proxies", "apart"), [("127.0.0.1", True), ("10.0.0.0/8", False), ("", False)])
def test_visitors_behind_a_trusted_proxy_are_told_apart(
    state_dir: Path, clock: Clock, ids: IdSource, proxies: str, apart: bool
) -> None:
    client = make_app(for_tests(state_dir, trusted_proxies=read_networks(proxies)), clock, ids).test_client()

    def guess(hops: str) -> int:
        return client.get(
            "/api/v1/things/1", headers={"Authorization": "Bearer wrong", "X-Forwarded-For": hops}
        ).status_code

    assert {guess(f"198.51.100.{number}, 203.0.113.7") for number in range(MOST)} == {401}
    assert guess("203.0.113.7") == 429
    assert guess("203.0.113.8") == (401 if apart else 429)
