"""Kinds of organisation as people write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.matching.organisations.domain.kinds import STANDARD_FILE, read_kinds, standard_kinds


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("manufacturer", "manufacturer"),
        ("Tillverkare", "manufacturer"),
        ("Medical device company", "manufacturer"),
        ("Arkitektkontor", "architect"),
        ("care provider", "care provider"),
        ("Universitet", "academia"),
        ("circus", ""),
        ("", ""),
    ],
)
def test_a_company_kind_is_read_from_free_words(written: str, kind: str) -> None:
    assert standard_kinds().company_kind(written) == kind


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("hospital", "hospital"),
        ("Sykehus", "hospital"),
        ("hospital building programme", "builder"),
        ("Ministry of Health", "ministry"),
        ("procurement body", "procurement"),
        ("laboratory chain", "laboratory"),
        ("circus", "other"),
    ],
)
def test_a_partner_kind_is_read_from_free_words(written: str, kind: str) -> None:
    assert standard_kinds().partner_kind(written) == kind


def test_an_unknown_company_kind_is_neither_favoured_nor_shut_out() -> None:
    assert set(standard_kinds().company_affinity("circus")) == {0.5}


def test_a_table_with_a_gap_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kinds.json"
    raw = json.loads(STANDARD_FILE.read_text(encoding="utf-8"))
    del raw["affinity"]["hospital"]["digital"]
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(ValueError, match="affinity of 'hospital'"):
        read_kinds(path)
