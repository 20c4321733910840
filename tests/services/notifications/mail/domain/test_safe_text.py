"""Names and other people's sentences, made safe to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.mail.domain.safe_text import name_line, one_line, reason_line


@given(st.text(st.characters()))
def test_a_line_has_no_line_end_no_control_and_nothing_that_turns_text_around(text: str) -> None:
    line = one_line(text)
    allowed = {"\u200c", "\u200d"}
    assert not [
        c for c in line if c not in allowed and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ]
    assert one_line(line) == line


@pytest.mark.parametrize(
    "name", ["Région d'Île-de-France", "Міністерство охорони здоров'я", "مستشفى الملك", "क्‍ष"]
)
def test_names_in_any_script_stay_as_they_are(name: str) -> None:
    assert name_line(name) == name


def test_a_long_name_ends_in_an_ellipsis() -> None:
    assert name_line("a" * 500) == "a" * 199 + "…"


@pytest.mark.parametrize(
    "said", ["550 <kari@sykehus.no>: unknown", "550 kari@sykehus.no unknown", "to=kari@sykehus.no"]
)
def test_a_reason_never_holds_a_mail_address(said: str) -> None:
    assert "kari" not in reason_line(said)
    assert "(address)" in reason_line(said)
