"""Organisations of any number for measuring, drawn with a seed from the sentences of the sample."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from services.matching.organisations.domain.model import Company, Need, Partner
from shared.events.event import Event
from shared.events.states import Company as CompanyState

SAMPLE = Path(__file__).parents[2] / "deploy" / "sample"
MOMENT = datetime(2026, 3, 2, 8, tzinfo=UTC)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class _Side:
    rows: tuple[dict[str, str], ...]
    sentences: tuple[str, ...]


@cache
def _side(file: str, column: str) -> _Side:
    with (SAMPLE / file).open(encoding="utf-8", newline="") as lines:
        rows = tuple(csv.DictReader(lines))
    sentences = [one for row in rows for one in _SENTENCE_END.split(row[column]) if one]
    return _Side(rows, tuple(sentences))


def company_posts(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Make companies of about 1 KB as clients post them."""
    chance, side = random.Random(seed), _side("companies.csv", "description")
    for number in range(count):
        row = chance.choice(side.rows)
        yield {
            "name": f"Company {number}",
            "country": row["country"],
            "city": row["city"],
            "website": f"https://company-{number}.example",
            "kind": row["kind"],
            "language": row["language"],
            "description": " ".join(chance.choices(side.sentences, k=3)),
            "capabilities": [
                {
                    "id": "c1",
                    "title": f"Offer {number}",
                    "text": " ".join(chance.choices(side.sentences, k=2)),
                    "focus_areas": [code for code in row["focus_areas"].split(";") if code],
                }
            ],
        }


def partner_posts(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Make partners with one need each, as clients post them."""
    chance, side = random.Random(seed), _side("partners.csv", "need")
    for number in range(count):
        row = chance.choice(side.rows)
        areas = [code for code in row["focus_areas"].split(";") if code]
        need = {"text": row["need"], "focus_areas": areas}
        yield {"name": f"Partner {number}", "country": row["country"], "kind": row["kind"], "needs": [need]}


def company_events(count: int, seed: int) -> Iterator[Event]:
    """Make the first events of companies, each with the whole state that its schema makes of it."""
    for number, fields in enumerate(company_posts(count, seed)):
        given = {
            "id": f"C{number:06}",
            "version": 1,
            "status": "active",
            "updated_at": "2026-03-02T08:00:00Z",
        }
        state = CompanyState().load({**given, **fields})
        yield Event("company.created", given["id"], 1, MOMENT, state)  # type: ignore[arg-type]


def companies(count: int, seed: int) -> list[Company]:
    """Make companies with two to four sentences each, as matching sees them."""
    chance, side = random.Random(seed), _side("companies.csv", "description")
    made = []
    for number in range(count):
        row = chance.choice(side.rows)
        text = " ".join(chance.choices(side.sentences, k=chance.randint(2, 4)))
        made.append(
            Company(
                id=f"C{number:06}",
                version=1,
                name=f"Company {number}",
                kind=row["kind"],
                language=row["language"],
                description=text,
            )
        )
    return made


def needs(count: int, seed: int) -> list[tuple[Partner, Need]]:
    """Make partners with one need of one to three sentences each, as matching sees them."""
    chance, side = random.Random(seed), _side("partners.csv", "need")
    made = []
    for number in range(count):
        row = chance.choice(side.rows)
        need = Need(
            id="n1",
            text=" ".join(chance.choices(side.sentences, k=chance.randint(1, 3))),
            focus_areas=tuple(code for code in row["focus_areas"].split(";") if code),
        )
        name, kind = f"Partner {number}", row["kind"]
        partner = Partner(f"P{number:06}", 1, name, kind=kind, language=row["language"], needs=(need,))
        made.append((partner, need))
    return made
