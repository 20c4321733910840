"""A mail is well formed whatever names and texts it is made of."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.mail.building import (
    build_mail,
    delivery_id_of,
    read_sender,
)
from services.notifications.mail.domain.safe_text import name_line, one_line
from shared.words.addresses import AddressError
from tests.services.notifications.post_office import read_back

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SENDER = read_sender("match@organiser.example", "Svensk hälsoexport")
HEADERS = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language"]
OF_THE_FORM = ["MIME-Version", "Content-Type"]


def mail(**changes: Any) -> EmailMessage:
    return build_mail(
        **{
            "delivery_id": "d1",
            "sender": SENDER,
            "to_name": "Kari Nordmann",
            "to_address": "kari@sykehus.example",
            "language": "sv",
            "subject": "Introduktion",
            "text": "Hej\n",
            "html": "<p>Hej</p>\n",
            "at": AT,
            **changes,
        }
    )


def test_a_mail_has_its_headers_once_and_two_alternatives_in_utf_8() -> None:
    back = read_back(mail(text="Räksmörgås\n", html="<p>Räksmörgås</p>\n"))
    assert sorted(back.keys()) == sorted(HEADERS + OF_THE_FORM)
    assert back["From"].addresses[0].display_name == "Svensk hälsoexport"
    assert back["Reply-To"].addresses[0].addr_spec == "match@organiser.example"
    assert back["Date"].datetime == AT
    assert back["Message-ID"] == "<d1@organiser.example>"
    assert back["Auto-Submitted"] == "auto-generated"
    assert back.get_content_type() == "multipart/alternative"
    parts = [part for part in back.iter_parts() if isinstance(part, EmailMessage)]
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert [part.get_content_charset() for part in parts] == ["utf-8", "utf-8"]
    assert [part.get_content().strip() for part in parts] == ["Räksmörgås", "<p>Räksmörgås</p>"]
    assert back.defects == []


def test_every_line_is_short_enough_and_ascii_for_any_server() -> None:
    content = mail(text="å" * 5000 + "\n", html="<p>" + "ö" * 5000 + "</p>", to_name="Åsa " * 60).as_bytes()
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998


anything = st.text(st.characters(), max_size=60)
headerish = st.lists(
    st.sampled_from(["\r\n", "\n", "\r", "Bcc: x@y.example", "\x00", "\u2028", "\u202e", ",", '"', "\\", "<", ">", "@",
                     "=?utf-8?q?x?=", "å", "م", "a", " ", ";", ":", "(", ")", "[", "\ud800", "\x85", "\x0b", "\x1b"]),
    max_size=30,
).map("".join)  # fmt: skip


@given(anything | headerish, anything | headerish, anything | headerish)
def test_no_name_and_no_subject_breaks_the_headers(to_name: str, subject: str, organiser: str) -> None:
    sender = read_sender("match@organiser.example", organiser)
    message = mail(to_name=to_name, subject=subject, sender=sender)
    back = message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(back, EmailMessage)
    assert sorted(back.keys()) == sorted(HEADERS + OF_THE_FORM)
    assert [one.addr_spec for one in back["To"].addresses] == ["kari@sykehus.example"]
    assert [one.addr_spec for one in back["From"].addresses] == ["match@organiser.example"]
    assert back["Message-ID"] == "<d1@organiser.example>"
    assert "Hej" in back.get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "name",
    [
        "Kari Nordmann",
        'Kari "K" Nordmann',
        "Nordmann, Kari",
        "Åsa Öberg, överläkare",
        "محمد",
        "Міністерство",
        "a" * 119,
    ],
)
def test_names_arrive_as_they_were_written(name: str) -> None:
    assert read_back(mail(to_name=name))["To"].addresses[0].display_name == name_line(name)


@given(st.text(st.characters(categories=["L", "N"]), max_size=200))
def test_subjects_in_any_script_arrive_as_they_were_written(subject: str) -> None:
    back = message_from_bytes(mail(subject=subject).as_bytes(), policy=default)
    assert back["Subject"] == one_line(subject, 200)


BAD_ADDRESSES = [
    "", "kari", "@sykehus.no", "kari@", "kari@sykehus", "kari@@sykehus.no", "kari sykehus@a.no", "kari@a..no",
    "kari@-a.no", "kari@a.no\r\nBcc: x@y.no", "kari@a.no\n", "a.@b.no", ".a@b.no", '"a b"@c.no', "a@[127.0.0.1]",
    "kari@a.no, eve@b.no", "<kari@a.no>", "kari@" + "a" * 64 + ".no", "a" * 65 + "@b.no", "kari@a\u202e.no",
    "k\x00@a.no",
]  # fmt: skip


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_what_is_no_address_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(AddressError) as refused:
        mail(to_address=address)
    assert not address or address not in str(refused.value)


@given(anything | headerish, anything | headerish)
def test_any_text_as_address_is_refused_or_is_the_only_recipient(local: str, domain: str) -> None:
    try:
        message = mail(to_address=f"{local}@{domain}.example")
    except AddressError:
        return
    back = message_from_bytes(message.as_bytes(), policy=default)
    assert len(back["To"].addresses) == 1
    assert sorted(back.keys()) == sorted(HEADERS + OF_THE_FORM)


def test_the_organisers_own_name_in_its_address_counts_first() -> None:
    assert read_sender("Match <m@o.example>", "Organiser").name == "Match"
    assert read_sender("m@o.example", "Organiser").name == "Organiser"


def test_a_mail_tells_which_delivery_it_is() -> None:
    assert delivery_id_of(mail(delivery_id="abc")) == "abc"
