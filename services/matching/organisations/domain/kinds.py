"""Kinds of organisation: free words read as known kinds, and how likely each company kind serves each partner kind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from services.matching.text.domain.stems import StemMatcher, read_stem
from shared.words.folding import fold

STANDARD_FILE = Path(__file__).with_name("kinds.json")
OTHER = "other"


@dataclass(frozen=True)
class Kinds:
    """The table. `partners` are the partner kinds in the order of the affinity vector, `other` the last.

    Of several kinds that a text names the one that stands first counts: the file lists the telling ones first.
    """

    companies: tuple[str, ...]
    partners: tuple[str, ...]
    affinity: Mapping[str, Mapping[str, float]]
    unknown_company: float
    _companies: StemMatcher
    _partners: StemMatcher

    def company_kind(self, written: str) -> str:
        """Read a company's kind as written; empty when it is none of the known ones."""
        return _first(self._companies, self.companies, written)

    def partner_kind(self, written: str) -> str:
        """Read a partner's kind as written; `other` when it is none of the known ones."""
        return _first(self._partners, self.partners, written) or OTHER

    def company_affinity(self, written: str) -> list[float]:
        """Return how well the kind serves each partner kind, 0..1, in the order of `partners`."""
        kind = self.company_kind(written)
        return [self.affinity[partner].get(kind, self.unknown_company) for partner in self.partners]


def _first(matcher: StemMatcher, order: Sequence[str], written: str) -> str:
    found = {one.key for one in matcher.find(fold(written).text, "")}
    return next((kind for kind in order if kind in found), "")


@cache
def standard_kinds() -> Kinds:
    """Return the table that comes with the service, read once. Raises ValueError when it names unknown kinds."""
    return read_kinds()


@lru_cache(maxsize=8)
def read_kinds(path: Path = STANDARD_FILE) -> Kinds:
    """Read a table of kinds. Raises ValueError when a kind or a share in it is not as it should be."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    affinity: dict[str, dict[str, float]] = raw["affinity"]
    if set(affinity) != {*raw["partner_kinds"], OTHER}:
        raise ValueError(
            f"{path.name}: affinity needs one row for each of partner_kinds and one for {OTHER!r}"
        )
    for partner, row in affinity.items():
        if set(row) != set(raw["company_kinds"]) or not all(0.0 <= share <= 1.0 for share in row.values()):
            raise ValueError(
                f"{path.name}: affinity of {partner!r} needs a share 0..1 for each of company_kinds"
            )
    return Kinds(
        tuple(raw["company_kinds"]),
        (*raw["partner_kinds"], OTHER),
        affinity,
        float(raw["unknown_company"]),
        _matcher(raw["company_kinds"]),
        _matcher(raw["partner_kinds"]),
    )


def _matcher(kinds: Mapping[str, list[str]]) -> StemMatcher:
    return StemMatcher(
        (kind, "", read_stem(stem.replace("-", " "))) for kind, stems in kinds.items() for stem in stems
    )
