"""Organisations in any number, made of the sample's: their sentences in new mixtures."""

from __future__ import annotations

import csv
import random
import re
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "sample"
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_MARKETS = ("Norway", "Denmark", "Germany", "Finland", "Netherlands", "Saudi Arabia", "Poland")


class Organisations:
    """Draws companies and partners; the same seed gives the same ones. `mark` and `version` stand in each, to be
    found again: the mark as its city and before the plus of its address, the version behind it.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"{seed} organisations")
        self._companies = _rows("companies.csv")
        self._partners = _rows("partners.csv")

    def company(self, mark: str) -> dict[str, Any]:
        row = self._random.choice(self._companies)
        text = self._mixed(row["description"], self._of_language(self._companies, row, "description"))
        return {
            **_organisation(mark, row),
            "description": text,
            "focus_areas": [area for area in row["focus_areas"].split(";") if area],
            "markets": self._random.sample(_MARKETS, 3) if self._random.random() < 0.5 else None,
            "employees": self._random.choice((None, 12, 80, 900)),
        }

    def partner(self, mark: str) -> dict[str, Any]:
        row = self._random.choice(self._partners)
        text = self._mixed(row["need"], self._of_language(self._partners, row, "need"))
        areas = [area for area in row["focus_areas"].split(";") if area]
        return {**_organisation(mark, row), "needs": [{"text": text, "focus_areas": areas}]}

    def _of_language(self, rows: list[dict[str, str]], row: dict[str, str], column: str) -> str:
        return self._random.choice([one[column] for one in rows if one["language"] == row["language"]])

    def _mixed(self, one: str, other: str) -> str:
        sentences = _SENTENCE.split(one)
        if other != one and self._random.random() < 0.6:
            sentences.append(self._random.choice(_SENTENCE.split(other)))
        self._random.shuffle(sentences)
        return " ".join(sentences)


def addressed(body: dict[str, Any], mark: str, name: str, version: int) -> dict[str, Any]:
    """Return the body with the mark of a write, and the address `name` of the version that the write makes."""
    return {**body, "city": mark, "contact": {"email": f"{name}+{version}@example.org"}}


def _organisation(mark: str, row: dict[str, str]) -> dict[str, Any]:
    name = f"{row['name'][:150]} {mark}"
    return {"name": name, "country": row["country"], "kind": row["kind"], "language": row["language"]}


def _rows(name: str) -> list[dict[str, str]]:
    with (SAMPLE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
