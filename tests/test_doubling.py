"""Every reader of strangers' texts does work that grows with their length: twice the text, at most 2.5 times the time.

Bodies have their own such tests beside `read_json`, files theirs beside their readers.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_accept_header, parse_cookie, parse_etags, parse_options_header

from services.matching.duplicates.domain.blocks import Named, candidate_pairs
from services.matching.duplicates.domain.naming import name_words, website_place
from services.matching.organisations.domain.languages import language_code
from services.matching.organisations.domain.model import Capability
from services.matching.organisations.domain.regulatory import regulatory_answer
from services.matching.reports.domain.phrases import alike_words, phrase_around
from services.matching.review.marked_text import marked
from services.matching.text.domain.concept_engine import ConceptEngine, standard_engine
from services.matching.text.domain.passages import closely_read, pieces, sentences, units
from services.matching.text.domain.unknown_words import Text, unknown_words
from services.matching.text.domain.word_pieces import text_vector
from services.notifications.mail.building import Sender, build_mail
from services.notifications.mail.domain.safe_text import name_line, one_line, reason_line
from services.profiles.importing.ods_file import read_ods
from services.profiles.importing.xlsx_file import read_xlsx
from services.profiles.organisations.domain.plain_text import (
    TextError,
    clean_language,
    clean_text,
    clean_website,
    clean_word,
)
from shared.sheets.csv_file import read_csv
from shared.sheets.headings import Headings
from shared.sheets.sheet import FileError
from shared.telemetry.logs import without_persons
from shared.web.api import VERSION_TAG
from shared.web.outside_address import origin_of
from shared.web.strict_request import MOST_FIELDS, StrictForms
from shared.words.addresses import AddressError, read_address, read_named_address
from shared.words.countries import country_name, covers, read_areas, same_country
from shared.words.finding import findable, sought
from shared.words.folding import fold, folded_words, without_accents
from shared.words.languages import read_languages
from tests.doubling import assert_linear
from tests.services.profiles.importing.workbooks import ods, rewritten, workbook

HEADINGS = Headings.named(["name", "need"])
TEXT = 10_000
"""Twice as long as the longest text that is taken: what is quadratic shows above the machine's noise."""

FILE = 200_000

SHAPES: Sequence[str] = (
    "a",
    " ",
    "\n",
    "\n \t",
    ".",
    "a.",
    "A. ",
    "a b ",
    "@",
    "(",
    "(a",
    '"(',
    "a@",
    "-",
    "A/B ",
    "\u0301\u0316",
    "\ufdfa",
    "ß",
    "9",
    "'\"",
    "cancer ",
    "kol plastma ",  # the second rules the first out
    "KOL ",
    "dialys x dialys ",
    "Alpha ",
    "https://a.",
    "sp. z oo ",
    "DETAIL:a@",
    ",",
    ";",
    '"a" ',
    '"x\n',
    "&amp;",
    "&#38;",
    "&\u00adlt;b>",
    "<b></",
)
"""What is written over and over."""


def _mail(text: str) -> None:
    sender = Sender(text, "staff@organiser.invalid")
    at = datetime(2026, 3, 2, tzinfo=UTC)
    build_mail("d1", sender, text, "a@sample.invalid", "sv", text, text, f"<p>{one_line(text)}</p>", at)


def _form(content: bytes, kind: str, **options: str) -> None:
    StrictForms().parse(io.BytesIO(content), kind, len(content), options)


def _named(text: str) -> None:
    names = {f"C{number}": Named(("alpha",) * number, "", "", ()) for number in range(1, 40)}
    candidate_pairs({**names, "text": Named(("other",), "", "", (text,))})


READERS: dict[str, Callable[[str], object]] = {
    "sentences": sentences,
    "pieces": pieces,
    "units": units,
    "concepts": lambda text: standard_engine().read(text, "sv"),
    "unknown words": lambda text: unknown_words([Text("C1", text, "sv")]),
    "vector of words": lambda text: text_vector([text]),
    "folding": fold,
    "folded words": folded_words,
    "accents": without_accents,
    "phrase": lambda text: phrase_around(text, text[len(text) // 2 :][:5]),
    "words alike": lambda text: alike_words(text, text[::-1]),
    "marking": lambda text: marked(text, {text[place : place + 3] for place in range(0, len(text), 50)}),
    "clean text": clean_text,
    "clean word": clean_word,
    "language code": clean_language,
    "website": clean_website,
    "name": name_words,
    "website's place": website_place,
    "mentions": _named,
    "country": lambda text: same_country(text, "Sweden"),
    "countries": lambda text: covers(text.split(), "Sweden"),
    "language": language_code,
    "status": lambda text: regulatory_answer([text], [Capability("c1", "", regulatory_status=(text,))]),
    "lists of areas": lambda text: read_areas([text]),
    "lists of languages": lambda text: read_languages([text]),
    "finding": lambda text: (findable(text), sought(text)),
    "read closely": lambda text: closely_read([text]),
    "one line": one_line,
    "name in a mail": name_line,
    "server's answer": reason_line,
    "log line": without_persons,
    "address": read_address,
    "address with a name": read_named_address,
    "country in a mail": lambda text: country_name(text, "sv"),
    "mail": _mail,
    "languages of a browser": lambda text: parse_accept_header(text, LanguageAccept).best_match(["sv"]),
    "cookies": parse_cookie,
    "ETags": parse_etags,
    "version": VERSION_TAG.fullmatch,
    "origin": origin_of,
    "content type": lambda text: parse_options_header(f"multipart/form-data; {text}"),
    "form": lambda text: _form(text.encode(), "application/x-www-form-urlencoded"),
    "parts": lambda text: _form(text.encode(), "multipart/form-data", boundary="a"),
    "CSV": lambda text: read_csv(f"name,need\n{text}".encode(), HEADINGS),
    "CSV header": lambda text: read_csv(text.encode(), HEADINGS),
}
"""Everything that takes a text from outside apart."""


@pytest.mark.parametrize("reader", READERS)
def test_twice_the_text_takes_at_most_two_and_a_half_times_as_long(reader: str) -> None:
    def read(text: str) -> None:
        with contextlib.suppress(TextError, AddressError, FileError, HTTPException, ValueError):
            READERS[reader](text)

    assert isinstance(standard_engine(), ConceptEngine)  # made before anything is timed
    for shape in SHAPES:
        assert_linear(read, lambda size, shape=shape: (shape * size)[:size], TEXT)  # type: ignore[misc]


@pytest.mark.parametrize("shape", [",", ";", "\n", "a\n", '"', '"x\n', '"x"y\n', "a,b\n", "\x00", "é"])
def test_twice_the_file_takes_at_most_two_and_a_half_times_as_long(shape: str) -> None:
    def read(content: bytes) -> None:
        with contextlib.suppress(FileError):
            read_csv(content, HEADINGS)

    assert_linear(read, lambda size: (shape * size).encode()[:size], FILE)


@pytest.mark.parametrize("shape", ["a=1&", "&", "=", "%", "%C3%A5", "+", "å", ";"])
def test_twice_the_query_takes_at_most_two_and_a_half_times_as_long(shape: str) -> None:
    def read(content: bytes) -> None:
        with contextlib.suppress(HTTPException):
            _form(content, "application/x-www-form-urlencoded")

    assert_linear(read, lambda size: (shape * size).encode()[:size], 4 * MOST_FIELDS)


PART = b'--a\r\nContent-Disposition: form-data; name="b"\r\n\r\nc\r\n'


@pytest.mark.parametrize("shape", [PART, b"--a\r\n", b"--a", b"\r\n", b"\r", b"-", b"x: y\r\n", b"a"])
@pytest.mark.parametrize("before", [b"", PART[:-3]])
def test_twice_the_parts_take_at_most_two_and_a_half_times_as_long(before: bytes, shape: bytes) -> None:
    def read(content: bytes) -> None:
        with contextlib.suppress(HTTPException):
            _form(content, "multipart/form-data", boundary="a")

    assert_linear(read, lambda size: before + (shape * size)[:size], FILE)


@pytest.mark.parametrize("shape", [b"a", b"\r\n", b"\r\n--", b"-", b"\xc3\xa5"])
def test_twice_the_field_of_a_form_takes_at_most_two_and_a_half_times_as_long(shape: bytes) -> None:
    def read(content: bytes) -> None:
        with contextlib.suppress(HTTPException):
            _form(content, "multipart/form-data", boundary="a")

    assert_linear(read, lambda size: PART[:-3] + shape * (size // len(shape)) + b"\r\n--a--\r\n", FILE)


BOOK = workbook({"Sheet": [["name", "need"]]})
SHEET_SHAPES = [
    '<row><c t="inlineStr"><is><t>a</t></is></c></row>',
    "<row/>",
    '<row><c t="inlineStr"><is><t>a</t></is></c><c><f>A1</f></c></row>',
    "<row><c><v>1</v></c></row>",
    "<row>" + "<c/>" * 300 + "</row>",
    '<row><c t="inlineStr"><is>' + "<r><t>a</t></r>" * 50 + "</is></c></row>",
]


@pytest.mark.parametrize("shape", SHEET_SHAPES)
def test_twice_the_sheet_takes_at_most_two_and_a_half_times_as_long(shape: str) -> None:
    def make(size: int) -> bytes:
        rows = shape.encode() * (size // len(shape))

        def change(name: str, member: bytes) -> bytes:
            is_sheet = name.endswith("sheet1.xml")
            return member.replace(b"</sheetData>", rows + b"</sheetData>") if is_sheet else member

        return rewritten(BOOK, change)

    def read(content: bytes) -> None:
        with contextlib.suppress(FileError):
            read_xlsx(content, HEADINGS)

    assert_linear(read, make, FILE)


ODS_HEADER = "<table:table-row><table:table-cell><text:p>name</text:p></table:table-cell>"
ODS_HEADER += "<table:table-cell><text:p>need</text:p></table:table-cell></table:table-row>"
CELL = '<table:table-cell office:value-type="string">{}</table:table-cell>'
ODS_SHAPES = [
    f"<table:table-row>{CELL.format('<text:p>a</text:p>')}</table:table-row>",
    "<table:table-row/>",
    f"<table:table-row>{CELL.format('<text:p>a</text:p>' * 50)}</table:table-row>",
    f"<table:table-row>{CELL.format('<text:p>' + '<text:span>a</text:span>' * 50 + '</text:p>')}</table:table-row>",
    f"<table:table-row>{'<table:table-cell/>' * 300}</table:table-row>",
]


@pytest.mark.parametrize("shape", ODS_SHAPES)
def test_twice_the_table_takes_at_most_two_and_a_half_times_as_long(shape: str) -> None:
    def read(content: bytes) -> None:
        with contextlib.suppress(FileError):
            read_ods(content, HEADINGS)

    assert_linear(read, lambda size: ods({"Sheet": ODS_HEADER + shape * (size // len(shape))}), FILE)
