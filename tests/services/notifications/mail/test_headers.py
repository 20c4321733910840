"""Subjects and names come back whole from a strict reader that shares no code with what writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.notifications.mail.building import Sender, build_mail
from services.notifications.mail.domain.safe_text import one_line
from services.notifications.mail.headers import shown_header
from tests.services.notifications.mail.strict_reader import header_lines, read_mailbox, read_text

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

LOST_SPACES = [
    "Introduktion: Region Exempelhärad Öst – Väst (Norge)",
    "Introduktion: Exempelsjukhuset i Örstad Östra – Årets partner (Sverige)",
    "Introduktion: Hôpital général d’Exemple & Söner AB (Österrike)",
    "Introduktion: Exempel Medicin och Teknik for Hosp i Örebro (Sverige)",
    "& Süd Öst – (Sverige) inköp; enhet äldre É",
]
ODD = [
    "", "a", "Ö", " ", "=?utf-8?q?a?=", "Hej =?utf-8?q?=C3=B6?= då", "å =?", '"Citat" AB', 'Norr\\söder "x"',
    "a_b=c?d Ö", "?= ö =?", "Exempel, Kari", "Exempel (Kari) <x>", "kari@sykehus.example", "AB.", "x" * 200,
    "ö" * 200, "𝒳" * 200,
    "ö " * 100, " ö" * 100, "x" * 60 + " ö " + "y" * 61, "Универзитетска болница " * 8, "病院" * 100, "e\u0301" * 100,
    "Ж" * 22 + " " + "Ж" * 22, 'Exempel, "x" ' * 15, "Exempel " * 20,
]  # fmt: skip
WORDS = st.sampled_from([
    "Region", "Sykehus", "Örebro", "Ærø", "Århus", "Øst–Väst", "–", "&", "AB", "d’Exemple", "(Norge)", "(Österrike)",
    "för", "äldre", "och", "inköp;", "É", "Hôpital", "général", "=", "?", "_", "=?", "?=", "=?utf-8?q?",
    "Introduktion:", "„Süd“", "12", "%", "a,b", '"citat"', "\\", "<x>", "@", "Łódź", "Београд", "東京",
])  # fmt: skip
PLAUSIBLE = st.lists(WORDS, max_size=30).map(" ".join)
RANDOM = st.text(st.sampled_from('abcåäöæøÅÄÖÆØ –&,.()’=?_ "\\<>@'), max_size=200)
ANYTHING = PLAUSIBLE | RANDOM | st.text(max_size=200)


def written(subject: str = "Hej", to_name: str = "Kari", from_name: str = "Organiser") -> bytes:
    sender = Sender(from_name, "match@organiser.example")
    args = ("kari@sykehus.example", "sv", subject, "Hej\n", "<p>Hej</p>", AT)
    return build_mail("d1", sender, to_name, *args).as_bytes()


@pytest.mark.parametrize("subject", LOST_SPACES + ODD)
def test_a_subject_is_read_as_it_was_written(subject: str) -> None:
    assert read_text(header_lines(written(subject), "Subject")) == one_line(subject, 200)


@pytest.mark.parametrize("name", LOST_SPACES + ODD)
@pytest.mark.parametrize("header", ["From", "To", "Reply-To"])
def test_a_name_is_read_as_it_was_written(name: str, header: str) -> None:
    mail = written(to_name=name, from_name=name)
    address = "kari@sykehus.example" if header == "To" else "match@organiser.example"
    assert read_mailbox(header_lines(mail, header)) == (one_line(name, 200), address)


@given(ANYTHING)
@example("Introduktion: Å")
def test_any_subject_and_name_come_back(text: str) -> None:
    mail, line = written(text, to_name=text, from_name=text), one_line(text, 200)
    assert read_text(header_lines(mail, "Subject")) == line
    assert read_mailbox(header_lines(mail, "To"))[0] == line
    assert read_mailbox(header_lines(mail, "From"))[0] == line
    kept = BytesParser(policy=default).parsebytes(mail)
    assert shown_header(kept, "Subject") == line
    if not line.isascii():
        assert shown_header(kept, "To") == f"{line} <kari@sykehus.example>"


def test_words_that_stand_for_themselves_are_written_plain() -> None:
    lines = header_lines(written("Introduktion: Örebro lasarett (Sverige)"), "Subject")
    assert "".join(lines) == "Introduktion: =?utf-8?q?=C3=96rebro?= lasarett (Sverige)"


@pytest.mark.parametrize(
    "address",
    ["a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".no", "jürgen@klinik.example", "o'brien+x@a-b.example"],
)
def test_an_address_is_never_divided(address: str) -> None:
    sender = Sender("Å" * 60, address)
    mail = build_mail("d1", sender, "Ö" * 60, address, "sv", "Hej", "Hej\n", "<p>Hej</p>", AT).as_bytes()
    for name, shown in (("From", "Å"), ("To", "Ö"), ("Reply-To", "Å")):
        assert read_mailbox(header_lines(mail, name)) == (shown * 60, address)
    [message_id] = header_lines(mail, "Message-ID")
    assert message_id == f"<d1@{address.partition('@')[2]}>"
