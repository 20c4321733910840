"""What no company covers, as API and pages show it, and as a CSV file."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy.engine import Connection

from services.matching.planning import store as plans
from services.matching.planning.domain.gaps import Gap, Group, find_gaps
from services.matching.text.domain.concept_engine import TextEngine, engine_by_words
from services.matching.text.domain.thesaurus import thesaurus_with
from shared.clock import to_text
from shared.focus_areas import read_focus_areas
from shared.sheets.written_cells import csv_file, separator_for

Json = dict[str, Any]

COLUMNS = (
    "request_id", "need_id", "partner_id", "partner_name", "country", "title", "text", "areas", "concepts",
)  # fmt: skip
"""The columns of the CSV file; focus areas and concepts are separated by `;`."""


def gaps_of(connection: Connection, at: datetime, thesaurus: str) -> Json:
    """Find the needs of open requests that nobody covers, grouped; `thesaurus` as the setting names it.

    Raises BadThesaurusError or OSError when that file cannot be used.
    """
    engine = _engine(thesaurus)
    found = find_gaps((one.content for one in plans.list_open_reports(connection)), engine)
    areas = read_focus_areas()
    names = {code: dict(area.names) for code, area in areas.items()}
    concepts = {code: dict(one.names) for code, one in engine.thesaurus.concepts.items()}
    return {
        "as_of": to_text(at),
        "needs": found.needs,
        "uncovered": len(found.gaps),
        "gaps": [_gap(one) for one in found.gaps],
        "by_area": [_group(one, names) for one in found.by_area],
        "by_concept": [_group(one, concepts) for one in found.by_concept],
    }


def as_csv(gaps: Json, language: str = "en") -> bytes:
    """Write what `gaps_of` returned as CSV, a row a need, separated as spreadsheets of the reader's language expect."""
    rows = [
        [";".join(value) if isinstance(value, list) else value for value in (gap[name] for name in COLUMNS)]
        for gap in gaps["gaps"]
    ]
    return csv_file([COLUMNS, *rows], separator_for(language))


@cache
def _engine(thesaurus: str) -> TextEngine:
    return engine_by_words(thesaurus_with(thesaurus))


def _gap(gap: Gap) -> Json:
    values = {name: getattr(gap, name) for name in COLUMNS}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _group(group: Group, names: dict[str, dict[str, str]]) -> Json:
    return {
        "code": group.code,
        "names": names.get(group.code, {}),
        "uncovered": len(group.gaps),
        "asked": group.asked,
        "partners": group.partners,
        "gaps": [{"request_id": gap.request_id, "need_id": gap.need_id} for gap in group.gaps],
    }
