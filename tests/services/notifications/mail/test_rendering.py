"""The written mails, in both languages and both forms."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.mail.domain.composing import Counterpart, MailText
from services.notifications.mail.rendering import Rendered, render

TEMPLATES = ["introduction_to_company", "introduction_to_partner"]
EVERY = pytest.mark.parametrize(
    ("template", "language"), [(t, lang) for t in TEMPLATES for lang in ("sv", "en")]
)


def other(name: str = "Sykehus", **changes: object) -> Counterpart:
    fields = {
        "country": "Norway",
        "website": "https://sykehus.example",
        "text": "In its own words.",
        "role": "supplier",
        "reasons": ("Reason one.", "Reason two."),
        "questions": ("Question one?",),
        **changes,
    }
    return Counterpart(name=name, **fields)  # type: ignore[arg-type]


def rendered(template: str, language: str, *others: Counterpart, **changes: Any) -> Rendered:
    fields: dict[str, Any] = {
        "organisation": "Vårdbolaget",
        "contact": "Kari",
        "organiser": "Organisatören",
        "answer_to": "match@organiser.example",
        "reference": "R1",
        **changes,
    }
    return render(MailText(template=template, language=language, counterparts=others or (other(),), **fields))


class Elements(HTMLParser):
    """Collects what elements an HTML text has, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.balanced = True
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.balanced &= bool(self.open) and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@EVERY
def test_a_mail_says_who_why_what_is_open_what_next_and_how_to_reach_the_organiser(
    template: str, language: str
) -> None:
    mail = rendered(template, language)
    country = "Norge" if language == "sv" else "Norway"
    for form in (mail.text, Elements(mail.html).words):
        words = " ".join(form.split())
        for said in (
            "Sykehus", country, "https://sykehus.example", "In its own words.",
            "Reason one.", "Reason two.", "Question one?", "Vårdbolaget",
            "Kari", "Organisatören", "match@organiser.example", "R1",
        ):  # fmt: skip
            assert said in words
    assert "1. " in mail.text
    assert "<ol>" in mail.html


@EVERY
def test_the_html_is_whole_and_says_its_language(template: str, language: str) -> None:
    mail = rendered(template, language, other(), other("B"))
    elements = Elements(mail.html)
    assert elements.balanced
    assert elements.open == []
    assert f'<html lang="{language}">' in mail.html
    assert mail.html.count("<h1") == 1


@EVERY
def test_no_mail_speaks_of_scores_or_ranks(template: str, language: str) -> None:
    mail = rendered(template, language, other(), other("B"))
    words = Elements(mail.html).words + mail.text + mail.subject
    assert not re.search(r"score|rank|points|poäng|rankning|%", words, re.IGNORECASE)


@EVERY
def test_headings_without_anything_under_them_are_left_out(template: str, language: str) -> None:
    full = rendered(template, language)
    bare = rendered(template, language, other(reasons=(), questions=(), website=""))
    assert len(bare.text) < len(full.text)
    for said in ("Reason", "Question", "Website", "Webbplats", "Why we believe", "Varför vi tror"):
        assert said not in bare.text


@EVERY
def test_lines_of_the_text_fit_a_narrow_window(template: str, language: str) -> None:
    mail = rendered(template, language, other(reasons=("word " * 100,)))
    assert max(map(len, mail.text.splitlines())) <= 76
    assert "\n\n\n" not in mail.text


def test_a_partner_reads_of_every_company_in_one_mail() -> None:
    mail = rendered("introduction_to_partner", "en", other("Alfa"), other("Beta"), other("Gamma"))
    assert mail.subject == "Introduction: 3 companies for your request"
    assert [name in mail.text for name in ("Alfa", "Beta", "Gamma")] == [True] * 3


def test_a_further_mail_of_an_approval_uses_the_same_wording() -> None:
    one, further = (rendered(name, "sv") for name in ("introduction_to_partner", "introduction_to_partner.2"))
    assert one == further


WRITTEN_TO = {"en": "We are writing to", "sv": "Vi skriver till"}
ALONE = re.compile(
    r"video|half an hour|halvtimme|would like to meet|vill träffa|first meeting|första mötet|should talk|på ett samtal"
)


def words(mail: Rendered) -> str:
    """Return what a mail says, in both forms."""
    return " ".join(f"{mail.text} {Elements(mail.html).words}".split())


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("number", [1, 2])
def test_a_partner_is_told_that_the_others_are_written_to_only_where_they_can_be(
    language: str, number: int
) -> None:
    others = [other(f"Company {place}") for place in range(number)]
    assert WRITTEN_TO[language] in words(rendered("introduction_to_partner", language, *others))
    kept = rendered("introduction_to_partner", language, *others, others_written_to=False)
    assert WRITTEN_TO[language] not in words(kept)


@EVERY
@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("tender_open", {"en": "tender is open", "sv": "upphandling är öppen"}),
        ("market_dialogue", {"en": "open to all suppliers", "sv": "öppen för alla leverantörer"}),
    ],
)
@pytest.mark.parametrize("role", ["supplier", "study_visit_host", "knowledge_partner"])
def test_no_meeting_of_one_with_one_is_proposed_while_all_must_get_the_same(
    template: str, language: str, stage: str, said: dict[str, str], role: str
) -> None:
    mail = rendered(template, language, other(role=role), stage=stage)
    assert not ALONE.search(words(mail) + mail.subject)
    assert said[language] in words(mail)
    assert not mail.subject.startswith("Intro")
    assert ALONE.search(words(rendered(template, language, other())))


@EVERY
@pytest.mark.parametrize("stage", ["", "tender_open"])
def test_an_exclusive_distributor_is_named_as_the_way(template: str, language: str, stage: str) -> None:
    way = other(distributors=("Medisinsk Salg AS",), market="NO")
    said = words(rendered(template, language, way, stage=stage))
    assert "Medisinsk Salg AS" in said
    assert ("in Norway" if language == "en" else "i Norge") in said
    unnamed = words(rendered(template, language, other(distributors=("",), market="NO"), stage=stage))
    assert ("an exclusive distributor" if language == "en" else "en ensamåterförsäljare") in unnamed
    none = words(rendered(template, language))
    assert not re.search("distributor|återförsäljare", none)


@EVERY
def test_a_study_visit_host_is_not_addressed_as_a_supplier(template: str, language: str) -> None:
    said = words(rendered(template, language, other(role="study_visit_host", distributors=("X",))))
    assert not re.search(
        r"supplier|leverantör|distributor|återförsäljare|offers?\b|erbjuder|compan|företag|video|halvtimme",
        said,
    )
    assert ("study visit" if language == "en" else "studiebesök") in said
    mixed = rendered("introduction_to_partner", language, other("A"), other("B", role="study_visit_host"))
    assert ("2 organisations" if language == "en" else "2 organisationer") in words(mixed)


hostile = st.text(st.sampled_from("<>&\"'{}%#/ aå\u0645") , max_size=40) | st.sampled_from(
    ["<script>alert(1)</script>", "{{ 7*7 }}", "</li></ul><img src=x onerror=alert(1)>", "'\"><a href=javascript:x>"]
)  # fmt: skip


@given(st.sampled_from(TEMPLATES), st.sampled_from(["sv", "en"]), hostile, hostile, hostile)
def test_names_and_sentences_are_never_markup(
    template: str, language: str, name: str, sentence: str, website: str
) -> None:
    said = other(name, reasons=(sentence,), questions=(sentence,), website=f"https://{website}")
    mail = rendered(template, language, said, contact=name, organisation=name, organiser=name)
    plain = Elements(rendered(template, language).html)
    elements = Elements(mail.html)
    assert elements.balanced
    assert sentence in elements.words.replace("\u200c", "")
    assert {name for name, _value in elements.attributes} <= {name for name, _value in plain.attributes}


LOOKS_LIKE_LINKS = (
    "https://evil.example/pay",
    "http://10.0.0.1/pay",
    "www.evil.example",
    "Evil.example AB",
    "pay@evil.example",
    "mailto:pay@evil.example",
    "javascript:alert(1)",
    "//evil.example",
    "evil。example",
)
LINK = re.compile(r"[\w-]+[.。．｡][a-z]+|[\w.]+@[\w.]+|\w:(?://)?\w")


@EVERY
@pytest.mark.parametrize("words", LOOKS_LIKE_LINKS)
def test_only_the_website_becomes_a_link_however_names_and_texts_look(
    template: str, language: str, words: str
) -> None:
    said = other(
        words, text=words, reasons=(words,), questions=(words,), country=words, distributors=(words, "A")
    )
    mail = rendered(template, language, said, organisation=words, contact=words, organiser=words)
    elements = Elements(mail.html)
    links = {value for name, value in elements.attributes if name in ("href", "src")}
    assert links == {"https://sykehus.example", "mailto:match@organiser.example"}
    assert words in elements.words.replace("\u200c", ""), "it is read as it was written"
    rest = re.sub(r"<a .*?</a>|<[^>]*>", " ", mail.html)
    assert LINK.findall(rest) == []
    assert 'format-detection" content="telephone=no' in mail.html


@pytest.mark.parametrize(
    ("country", "language", "name"),
    [
        ("Norway", "sv", "Norge"),
        ("NO", "en", "Norway"),
        ("norway", "en", "Norway"),
        ("Norge", "en", "Norway"),
        ("Absurdistan", "sv", "Absurdistan"),
    ],
)
def test_countries_are_named_in_the_mails_language(country: str, language: str, name: str) -> None:
    mail = rendered("introduction_to_company", language, other(country=country))
    assert name in mail.text
    assert f"({name})" in mail.subject
