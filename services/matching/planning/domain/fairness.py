"""Fairness: who among the members is called how often, who never, and which rarely seen small member fits a request.

It only counts and points out: no score and no order of a report knows of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.matching.planning.domain.introducing import TWELVE_MONTHS
from services.matching.scoring.domain.history import PastIntroduction

STEPS = ((0, 0), (1, 1), (2, 2), (3, 5), (6, None))
"""Calls in twelve months, from and to (None: and more), for which members are counted."""

REACH = 8.0
"""A small member that scores this many points under the policy's floor is still worth a look by people."""


@dataclass(frozen=True)
class Member:
    """A company that is a member."""

    id: str
    name: str
    membership: str


@dataclass(frozen=True)
class Met:
    """A session of a visit's programme that a company is in, and its day."""

    company_id: str
    on: date


@dataclass(frozen=True)
class Seen:
    """How often a member was seen in twelve months: `calls` are introductions, `meetings` sessions of programmes.

    `ahead` are sessions still to come; `last` is the last introduction ever, None where there was none; `matched` says
    whether a report of an open request names it.
    """

    member: Member
    calls: int
    meetings: int
    ahead: int
    last: datetime | None
    matched: bool


@dataclass(frozen=True)
class Fairness:
    """The members, those called least first, and how the calls are spread.

    `spread` counts members by `STEPS`; `busiest_share` (0..1) is the part of all calls that went to the tenth of the
    members with the most, 0 where there was no call.
    """

    seen: tuple[Seen, ...]
    spread: tuple[int, ...]
    busiest_share: float

    @property
    def calls(self) -> int:
        """Count how many calls there were."""
        return sum(one.calls for one in self.seen)


@dataclass(frozen=True)
class Near:
    """A company near a request: the need that it serves best, its score (0..100), and whether it is a match."""

    company_id: str
    need_id: str
    score: float
    listed: bool


def fairness(
    members: Iterable[Member],
    introductions: Sequence[PastIntroduction],
    meetings: Iterable[Met],
    never_matched: Collection[str],
    at: datetime,
) -> Fairness:
    """Count the calls and meetings of members in the twelve months up to `at` (aware).

    `introductions` are those that were approved and not cancelled; `never_matched` the members that no report of an
    open request names. Equals stand by their last introduction, those without any first, then by id.
    """
    since, today = at - TWELVE_MONTHS, at.date()
    calls = Counter(one.company_id for one in introductions if since < one.at <= at)
    last: dict[str, datetime] = {}
    for one in introductions:
        last[one.company_id] = max(one.at, last.get(one.company_id, one.at))
    held: Counter[str] = Counter()
    ahead: Counter[str] = Counter()
    for met in meetings:
        if met.on > today:
            ahead[met.company_id] += 1
        elif met.on > since.date():
            held[met.company_id] += 1
    never = set(never_matched)
    seen = [
        Seen(one, calls[one.id], held[one.id], ahead[one.id], last.get(one.id), matched=one.id not in never)
        for one in members
    ]
    seen.sort(key=lambda one: (one.calls, one.last is not None, one.last or at, one.member.id))
    counts = [one.calls for one in seen]
    return Fairness(
        tuple(seen),
        tuple(
            sum(low <= count <= (count if high is None else high) for count in counts) for low, high in STEPS
        ),
        _busiest_share(counts),
    )


def rarely_seen(
    company_ids: Iterable[str], introductions: Iterable[PastIntroduction], at: datetime
) -> list[str]:
    """Return the companies, by id, that were introduced to nobody in the twelve months up to `at`."""
    called = {one.company_id for one in introductions if at - TWELVE_MONTHS < one.at <= at}
    return sorted(set(company_ids) - called)


def also_look_at(near: Iterable[Near]) -> Near | None:
    """Find the best of some rarely seen companies, or None; of equals the one with the earlier id, then need."""
    return min(near, key=lambda one: (-one.score, one.company_id, one.need_id), default=None)


def _busiest_share(counts: Sequence[int]) -> float:
    tenth = -(-len(counts) // 10)
    total = sum(counts)
    return round(sum(sorted(counts, reverse=True)[:tenth]) / total, 4) if total else 0.0
