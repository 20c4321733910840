"""The texts that `handslag thesaurus unknown` looks at."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.matching.database import open_store
from services.matching.text.domain.unknown_words import Text
from services.matching.upkeep.thesaurus_texts import texts_of_file, texts_of_state
from shared.clock import SettableClock
from shared.settings.registry import Settings
from shared.sheets.sheet import FileError
from tests.services.matching.conftest import Teller

HEADER, ROW = ("id", "name", "language", "description"), ("C1", "Åby", "sv", "Vi flyger båtar, och åker.")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_file_is_read_as_an_import_reads_it(encoding: str, separator: str, tmp_path: Path) -> None:
    file = tmp_path / "companies.csv"
    file.write_text("\r\n".join(separator.join(cells) for cells in (HEADER, ROW)), encoding=encoding)
    assert texts_of_file(file) == [Text("companies:C1", "Vi flyger båtar, och åker.", "sv")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name,description\nA,b\n", r"companies\.csv lacks the column id"),
        ("id,name\nC1,A\n", r"companies\.csv needs a column description \(companies\) or need \(partners\)"),
        ("", r"companies\.csv is empty"),
        ("id,description\nC1,we fly, and walk\n", r"companies\.csv: line 2 holds 'and walk' in column 3"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_place(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "companies.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(FileError, match=said):
        texts_of_file(file)


def test_of_a_state_the_texts_of_active_organisations_and_open_requests_are_read(
    settings: Settings, clock: SettableClock
) -> None:
    database = open_store(settings.matching_database)
    tell = Teller(database, clock)
    offer = {"id": "1", "title": "Airships", "text": "We build them."}
    tell.company("C1", "A zeppelin.", language="en", capabilities=[offer])
    tell.company("C2", "Withdrawn.", status="withdrawn")
    tell.partner("P1", language="no")
    tell.partner("P2", status="withdrawn")
    tell.request("R1", "P1", "Luftskip.")
    tell.request("R2", "P1", "Closed.", status="closed")
    database.close()
    assert {text for text in texts_of_state(settings) if text.text} == {
        Text("company:C1", "A zeppelin.", "en"),
        Text("company:C1", "Airships", "en"),
        Text("company:C1", "We build them.", "en"),
        Text("partner:P1", "Luftskip.", "no"),
    }
