"""Whatever is refused on a page is said in the reader's language: every text of a refusal has a translation."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from marshmallow import ValidationError

from services.profiles.organisations.schemas.profiles import WHOLE
from shared.web.problems import CORRECT, FIXES, faults_in

ROOT = Path(__file__).parents[3]
PROFILES = ROOT / "services" / "profiles"
REFUSING = {
    "TextError",
    "AddressError",
    "RefusedError",
    "Fault",
    "invalid",
    "message",
    "wrong",
    "messages",
    "part",
}
SAYING = [
    ROOT / "shared" / "words" / "addresses.py",
    PROFILES / "organisations" / "actions.py",
    *(PROFILES / "organisations" / "domain" / f"{name}.py" for name in ("belonging", "offers", "plain_text")),
    PROFILES / "organisations" / "schemas" / "fields.py",
    *(PROFILES / "submissions" / f"{name}.py" for name in ("actions", "forms", "pages", "sent")),
]
FIELD = "mail address"
"""What the sentence of a refused address is about: no text of its own."""


def refused_texts(path: Path) -> Iterator[str]:
    """Read the literal texts that a module refuses with."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REFUSING:
            for argument in node.args:
                marked = argument.args[0] if isinstance(argument, ast.Call) and argument.args else argument
                if isinstance(marked, ast.Constant) and isinstance(marked.value, str) and " " in marked.value:
                    yield marked.value


@pytest.mark.parametrize("path", SAYING, ids=lambda path: path.stem)
def test_every_text_of_a_refusal_has_its_swedish(path: Path) -> None:
    with (PROFILES / "translations" / "sv" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog = read_po(file, "sv")
    said = {text for text in refused_texts(path) if text != FIELD}
    assert said
    assert sorted(text for text in said if text not in catalog or not catalog[text].string) == []


def catalog_of(folder: Path) -> Catalog:
    with (folder / "translations" / "sv" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, "sv")


def test_what_the_library_says_of_a_field_has_its_swedish() -> None:
    catalog = catalog_of(ROOT / "shared" / "web")
    said = {*FIXES, *FIXES.values(), CORRECT}
    assert sorted(text for text in said if text not in catalog or not catalog[text].string) == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "services").rglob("pages.py")), ids=lambda path: path.parts[-2]
)
def test_a_page_that_is_refused_says_why_in_swedish(path: Path) -> None:
    service = path.relative_to(ROOT / "services").parts[0]
    catalog = catalog_of(ROOT / "services" / service)
    said = [
        argument.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem"
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    assert [text for text in said if text not in catalog or not catalog[text].string] == []


def test_a_number_or_word_that_cannot_be_is_refused_in_words_that_are_translated() -> None:
    catalog = catalog_of(PROFILES)
    body = {
        "name": "A",
        "country": "Norway",
        "kind": "x",
        "description": "b",
        "employees": -1,
        "membership": "?!",
    }
    with pytest.raises(ValidationError) as refused:
        WHOLE["companies"]().load(body)
    faults = faults_in(refused.value.messages)
    assert {fault.field for fault in faults} == {"employees", "membership"}
    for fault in faults:
        assert [text for text in (fault.problem, fault.fix) if text and text not in catalog] == []
