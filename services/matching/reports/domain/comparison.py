"""Two rankings of one request beside each other: who enters, who leaves, whose place or score moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.matching.reports.domain.report import Report, match_id

if TYPE_CHECKING:
    from services.matching.scoring.domain.selection import Chosen


@dataclass(frozen=True)
class Placed:
    """A match by its place, from 1, among those of its need and role."""

    company_id: str
    need_id: str
    role: str
    place: int
    score: float

    @property
    def id(self) -> str:
        """Return the match's id."""
        return match_id(self.company_id, self.need_id)


@dataclass(frozen=True)
class Moved:
    """A match that both rankings have, with another place or role, or another score."""

    before: Placed
    after: Placed

    @property
    def changed_place(self) -> bool:
        """Say whether it stands elsewhere, and not only with another score."""
        return (self.before.role, self.before.place) != (self.after.role, self.after.place)


@dataclass(frozen=True)
class Differences:
    """What the second ranking has that the first has not, the other way round, and what both have otherwise."""

    entered: tuple[Placed, ...]
    left: tuple[Placed, ...]
    moved: tuple[Moved, ...]
    rescored: tuple[Moved, ...]

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return bool(self.entered or self.left or self.moved or self.rescored)


def placed_in_report(report: Report) -> tuple[Placed, ...]:
    """Return the places of a report's matches, which stand in order."""
    return _placed((match.company.id, match.need_id, match.role, match.score) for match in report.matches)


def placed_chosen(
    chosen: Sequence[Chosen], company_ids: Sequence[str], need_ids: Sequence[str]
) -> tuple[Placed, ...]:
    """Return the places of what `selection.choose` chose, in its order."""
    return _placed((company_ids[one.column], need_ids[one.row], one.role, one.score) for one in chosen)


def compare(before: Iterable[Placed], after: Iterable[Placed]) -> Differences:
    """Compare two rankings; each list in the order of the ranking that has the match."""
    old = {one.id: one for one in before}
    new = {one.id: one for one in after}
    both = [Moved(old[id], one) for id, one in new.items() if id in old and old[id] != one]
    return Differences(
        entered=tuple(one for id, one in new.items() if id not in old),
        left=tuple(one for id, one in old.items() if id not in new),
        moved=tuple(one for one in both if one.changed_place),
        rescored=tuple(one for one in both if not one.changed_place),
    )


@dataclass(frozen=True)
class Agreement:
    """How many of the matches that staff decided on a ranking names: `named` of `of`."""

    named: int
    of: int

    @property
    def share(self) -> float | None:
        """Return the share 0..1, None when there was nothing to decide on."""
        return round(self.named / self.of, 4) if self.of else None


def agreement(decided: Collection[str], named: Iterable[Placed]) -> Agreement:
    """Count how many match ids of `decided` a ranking names."""
    ids = {one.id for one in named}
    return Agreement(sum(one in ids for one in decided), len(decided))


TOP = 3
"""Places of a need and role that count as its top."""


def disagreements(decisions: Mapping[str, str], named: Sequence[Placed]) -> tuple[list[Placed], list[str]]:
    """Return where staff and policy disagree, from the last decision (approved or rejected) by match id.

    First the matches that staff rejected and that stand among the `TOP`, then the ids of approved ones that are not
    named.
    """
    rejected = [one for one in named if decisions.get(one.id) == "rejected" and one.place <= TOP]
    ids = {one.id for one in named}
    missing = sorted(id for id, decision in decisions.items() if decision == "approved" and id not in ids)
    return rejected, missing


def _placed(matches: Iterable[tuple[str, str, str, float]]) -> tuple[Placed, ...]:
    taken: Counter[tuple[str, str]] = Counter()
    found = []
    for company_id, need_id, role, score in matches:
        taken[need_id, role] += 1
        found.append(Placed(company_id, need_id, role, taken[need_id, role], score))
    return tuple(found)
