"""docs/security.md says where each kind of weakness is held, and which test keeps each promise of the documents."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "security.md"
DOCUMENTS = [ROOT / "README.md", *(path for path in (ROOT / "docs").glob("*.md") if path != GUIDE)]
WORDS = (
    r"\bnever\b",
    r"\bnothing (?:that was )?(?:is|accepted is) lost\b",
    r"owner's alone",
    r"\bnobody else\b",
    r"\bin no (?:report|event|mail)\b",
    r"\b(?:changes|stores|starts) nothing\b",
    r"\bnothing else\.",
    r"\bnone is\b",
    r"\bnothing serves\b",
    r"\bcannot (?:write|read|be guessed)\b",
    r"\bno (?:names|secrets?|personal)\b",
)
PROMISE = re.compile("|".join(WORDS), re.IGNORECASE)


def rows(heading: str) -> list[list[str]]:
    """Read the table under a heading, without its head."""
    text = GUIDE.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return lines[2:]


def test_all_thirteen_kinds_have_a_place_and_a_test() -> None:
    assert sorted({int(row[0]) for row in rows("The kinds")}) == list(range(1, 14))
    for row in rows("The kinds"):
        assert re.search(r"`[a-z]+/", row[2]) or "this page" in row[2], row
        assert "::test_" in row[3], row


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`([a-z]+/[^`]*)`", GUIDE.read_text("utf-8")))))
def test_what_the_page_names_is_there(named: str) -> None:
    path, _, test = named.partition("::")
    assert (ROOT / path).exists(), path
    if test:
        assert re.search(rf"^def {test}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), named


def test_every_promise_of_the_documents_has_its_test() -> None:
    said = [row[0] for row in rows("The promises")]
    without = []
    for path in DOCUMENTS:
        text = " ".join(path.read_text("utf-8").split())
        for found in PROMISE.finditer(text):
            around = text[max(0, found.start() - 200) : found.end() + 200]
            at = found.start() - max(0, found.start() - 200)
            held = any(0 <= at - around.find(one) < len(one) for one in said if one in around)
            if not held:
                without.append(f"{path.name}: …{text[max(0, found.start() - 60) : found.end() + 60]}…")
    assert without == [], "these sentences need a row in docs/security.md, or go"


def test_every_row_of_the_promises_is_said_somewhere() -> None:
    texts = [" ".join(path.read_text("utf-8").split()) for path in DOCUMENTS]
    assert [row[0] for row in rows("The promises") if not any(row[0] in text for text in texts)] == []


def test_the_walls_are_checked() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    assert "Services never import each other" in [one["name"] for one in contracts]
    assert "lint-imports" in (ROOT / "Makefile").read_text("utf-8")
