"""What headings mean, and where they stand."""

from __future__ import annotations

import pytest

from shared.sheets.csv_file import read_csv
from shared.sheets.headings import Headings
from shared.sheets.sheet import FileError, Sheet

HEADINGS = Headings(
    {
        "name": "name",
        "namn": "name",
        "foretag": "name",
        "epost": "email",
        "text": "text",
        "mobil": "phone",
        "telefon": "phone",
    },
    ("name", "text"),
    frozenset({"mobil"}),
)


def read(text: str) -> Sheet:
    return read_csv(text.encode(), HEADINGS)


@pytest.mark.parametrize(
    "heading",
    [
        "Företag", "FÖRETAG *", "Fo\u0308retag", "\N{ZERO WIDTH SPACE}företag\N{NO-BREAK SPACE}",
        "Före\N{SOFT HYPHEN}tag", "Företag:", "Företag (obligatoriskt)", "Name / Namn", "Namn|Name",
        "Namn\nName", "_name_",
    ],
)  # fmt: skip
def test_case_accents_remarks_and_invisible_characters_make_no_difference(heading: str) -> None:
    assert HEADINGS.field_of(heading) == "name"


@pytest.mark.parametrize("heading", ["", "Företagsform", "Namn / E-post", "*"])
def test_what_means_nothing_known_is_not_guessed(heading: str) -> None:
    assert HEADINGS.field_of(heading) is None


def test_headings_are_found_below_titles_which_are_named() -> None:
    sheet = read("Medlemsregister 2026;;\nSenast ändrat;2026-03-01;\n\nNamn;E-post;Text\nA;a@b.se;x\n")
    assert (sheet.names, [row.cells[0] for row in sheet.rows]) == (("name", "email", "text"), ["A"])
    assert sheet.reading.line == 4
    assert "'Medlemsregister 2026' (line 1)" in sheet.reading.notes[0]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_seen_below_titles(separator: str) -> None:
    sheet = read(f"Register, för 2026; utkast\n\n{separator.join(('Namn', 'Text', 'Färg'))}\n")
    assert (sheet.separator, sheet.names) == (separator, ("name", "text", "färg"))


def test_columns_that_mean_the_same_are_refused_by_name() -> None:
    with pytest.raises(FileError, match="'Namn' and 'Företag' are both name; keep one"):
        read("Namn;Företag;Text\n")


def test_a_weaker_heading_gives_way() -> None:
    assert read("Namn;Text;Telefon;Mobil\n").names == ("name", "text", "phone", "mobil")
    assert read("Namn;Text;Mobil\n").names == ("name", "text", "phone")


def test_columns_that_are_not_read_may_have_one_name() -> None:
    assert read("Namn;Text;Kommentar;Kommentar\nA;b;c;d\n").rows[0].problem == ""


def test_notes_repeated_headings_and_a_second_table_are_named() -> None:
    sheet = read(
        "Namn;Text\nA;x\nNamn;Text\nB;y\n\nUppdaterad i mars;\nKälla: registret;\n\nText;Namn\nz;C\n"
    )
    assert [(row.cells[0], row.problem[:30]) for row in sheet.rows] == [
        ("A", ""),
        ("B", ""),
        ("Text", "stands in a second table, whos"),
        ("z", "stands in a second table, whos"),
    ]
    notes = " ".join(sheet.reading.notes)
    assert "line 3 repeats the headings" in notes
    assert "'Uppdaterad i mars' (line 6), 'Källa: registret' (line 7)" in notes


def test_rows_after_a_blank_one_are_rows() -> None:
    assert [row.cells[0] for row in read("Namn;Text\nA;x\n\n\nB;y\n").rows] == ["A", "B"]


def test_headings_that_lack_a_column_are_those_that_name_most() -> None:
    assert read("Register\nNamn;E-post\nA;b\n").names == ("name", "email")
