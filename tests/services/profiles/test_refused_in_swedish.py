"""Whatever is refused on a page is said in the reader's language: every text of a refusal has a translation."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

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
