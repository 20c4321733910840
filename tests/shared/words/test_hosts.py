"""Whose a host is."""

from __future__ import annotations

import pytest

from shared.words.hosts import MAIL_PROVIDERS, SHARED_HOSTS, is_loopback


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True),
        ("app.localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("192.0.2.1", False),
        ("localhost.example.org", False),
        ("notlocalhost", False),
        ("", False),
    ],
)
def test_only_names_and_addresses_of_this_machine_are_its_own(host: str, own: bool) -> None:
    assert is_loopback(host) is own


def test_hosts_that_strangers_share_are_written_as_they_are_compared() -> None:
    for host in MAIL_PROVIDERS | SHARED_HOSTS:
        assert host == host.strip().lower().removeprefix("www.")
        assert "." in host
    assert {"gmail.com", "hotmail.se", "mail.com"} <= MAIL_PROVIDERS
    assert "linkedin.com" in SHARED_HOSTS
