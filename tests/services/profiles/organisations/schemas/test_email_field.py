"""The mail address of a contact, as it is taken in."""

from __future__ import annotations

import pytest

from services.profiles.organisations.schemas.profiles import Contact


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("\u200bkari@example.org\u00a0\n", "kari@example.org"),
        ("kari@gro\u00dfstadt.example", "kari@gro\u00dfstadt.example"),
    ],
)
def test_a_mail_address_is_kept_as_it_was_written_without_what_cannot_be_seen(
    written: str, kept: str
) -> None:
    assert Contact().load({"email": written})["email"] == kept
