"""Gaps: needs of open requests that no company covers, by focus area and concept, and how often they are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.matching.reports.domain.graph import uncovered_needs
from services.matching.reports.domain.report import Report, ReportedNeed
from services.matching.text.domain.concept_engine import TextEngine

LEAST_WEIGHT = 0.5
"""A concept that tells less (software, municipality: it stands in every profile) makes no group."""


@dataclass(frozen=True)
class Gap:
    """A need that no company covers, with its focus areas and the concepts that its words mention."""

    request_id: str
    need_id: str
    partner_id: str
    partner_name: str
    country: str
    title: str
    text: str
    areas: tuple[str, ...]
    concepts: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Gaps that have a focus area or a concept in common; the empty `code`: those that have none.

    `asked` is how many needs of open requests have it, covered or not; None where that is not counted.
    """

    code: str
    gaps: tuple[Gap, ...]
    asked: int | None = None

    @property
    def partners(self) -> int:
        """Count how many partners ask."""
        return len({gap.partner_id for gap in self.gaps})


@dataclass(frozen=True)
class Gaps:
    """All gaps by request and need; the groups with the most gaps first, those without a code last."""

    needs: int
    gaps: tuple[Gap, ...]
    by_area: tuple[Group, ...]
    by_concept: tuple[Group, ...]


def find_gaps(reports: Iterable[Report], engine: TextEngine) -> Gaps:
    """Find the needs that nobody covers in reports of open requests; the same reports in any order say the same.

    A need's concepts are those that `engine` finds in its title, text and requirements, the telling ones.
    """
    listed = {report.request_id: report for report in reports}
    needs = {(one, need.id): need for one, report in listed.items() for need in report.needs}
    gaps = [
        _gap(listed[request_id], needs[request_id, need_id], engine)
        for request_id, need_id in uncovered_needs(listed.values())
    ]
    asked: dict[str, int] = {}
    for need in needs.values():
        for code in _areas(need) or ("",):
            asked[code] = asked.get(code, 0) + 1
    return Gaps(
        len(needs),
        tuple(gaps),
        _groups(gaps, lambda gap: gap.areas, asked),
        _groups(gaps, lambda gap: gap.concepts),
    )


def _gap(report: Report, need: ReportedNeed, engine: TextEngine) -> Gap:
    partner = report.partner
    words = "\n\n".join(text for text in (need.title, need.text, need.requirements) if text)
    mentioned = engine.read(words, partner.language).strongest()
    known = engine.thesaurus.concepts
    return Gap(
        request_id=report.request_id,
        need_id=need.id,
        partner_id=partner.id,
        partner_name=partner.name,
        country=partner.country,
        title=need.title,
        text=need.text,
        areas=_areas(need),
        concepts=tuple(sorted(one for one in mentioned if known[one].weight >= LEAST_WEIGHT)),
    )


def _areas(need: ReportedNeed) -> tuple[str, ...]:
    return tuple(sorted({area.code for area in need.focus_areas}))


def _groups(
    gaps: Sequence[Gap], codes: Callable[[Gap], Sequence[str]], asked: Mapping[str, int] | None = None
) -> tuple[Group, ...]:
    found: dict[str, list[Gap]] = {}
    for gap in gaps:
        for code in codes(gap) or ("",):
            found.setdefault(code, []).append(gap)
    made = [Group(code, tuple(some), asked[code] if asked else None) for code, some in found.items()]
    return tuple(sorted(made, key=lambda one: (not one.code, -len(one.gaps), one.code)))
