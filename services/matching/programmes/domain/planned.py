"""A programme as it is kept: canonical JSON of ids, codes and times, none of an organisation's words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from services.matching.programmes.domain.making import Programme, Unplaced
from services.matching.programmes.domain.mend import COMPANY, DELEGATE, PLACE, SESSION, Cancellation, without
from services.matching.programmes.domain.occasions import Given, Occasion
from services.matching.programmes.domain.problem import (
    HOST,
    OWN,
    Busy,
    Day,
    Placement,
    Problem,
    Track,
    Wanted,
)
from services.matching.programmes.domain.settings import Settings
from services.matching.programmes.domain.wanted_sessions import Meeting
from services.matching.reports.domain.report import canonical_json
from shared.ids import may_be_joined_with

Json = dict[str, Any]

VISIT, MEETINGS, CANCELLED = "visit", "meetings", "cancelled"
OUTDATED = (VISIT, MEETINGS, CANCELLED)
"""What a programme may no longer fit: the visit, the meetings that it would have, who and what has cancelled."""


@dataclass(frozen=True)
class Planned:
    """A visit's programme with what it was made from.

    `made_of` is the digest of the meetings; `problem` is what is left after what was `cancelled`. `delegates` and
    `places` are digests of the visit's, whom cancellations name by position; empty: not known. `given` is what stood in
    calendars that were given out.
    """

    visit_version: int
    made_of: str
    settings: Settings
    cancelled: tuple[Cancellation, ...]
    problem: Problem
    programme: Programme
    pinned: tuple[str, ...]
    delegates: str = ""
    places: str = ""
    given: tuple[Given, ...] = ()

    def outdated(self, visit_version: int, visit: Mapping[str, Any]) -> tuple[Cancellation, ...]:
        """List the cancellations of delegates and places that may be others in this version of the visit."""
        if visit_version == self.visit_version:
            return ()
        return tuple(
            one
            for one in self.cancelled
            if (one.kind == DELEGATE and self.delegates != digest_of_list(visit.get("delegates")))
            or (
                one.kind == PLACE
                and one.id.startswith(OWN)
                and self.places != digest_of_list(visit.get("places"))
            )
        )

    def to_json(self) -> Json:
        """Return it as plain dicts, lists, texts and numbers."""
        transfers = [[*ends, minutes] for ends, minutes in sorted(self.problem.transfers.items())]
        return {
            "visit_version": self.visit_version,
            "made_of": self.made_of,
            "settings": asdict(self.settings),
            "cancelled": [asdict(one) for one in self.cancelled],
            "problem": {**asdict(replace(self.problem, transfers={})), "transfers": transfers},
            "placements": {id: asdict(at) for id, at in self.programme.placements.items()},
            "unplaced": [asdict(one) for one in self.programme.unplaced],
            "reserve": list(self.programme.reserve),
            "proved": self.programme.proved,
            "pinned": sorted(self.pinned),
            "delegates": self.delegates,
            "places": self.places,
            "given": [asdict(one) for one in self.given],
        }


def planned_from(content: Mapping[str, Any]) -> Planned:
    """Read what `Planned.to_json` returned; fields that are unknown are ignored."""
    problem = content["problem"]
    return Planned(
        visit_version=content["visit_version"],
        made_of=content["made_of"],
        settings=_read(Settings, content["settings"]),
        cancelled=tuple(_read(Cancellation, one) for one in content["cancelled"]),
        problem=replace(
            _read(Problem, problem),
            days=tuple(
                replace(_read(Day, one), breaks=tuple((start, end) for start, end in one["breaks"]))
                for one in problem["days"]
            ),
            tracks=tuple(_read(Track, one) for one in problem["tracks"]),
            wanted=tuple(_read(Wanted, one) for one in problem["wanted"]),
            busy=tuple(_read(Busy, one) for one in problem["busy"]),
            transfers={(one, other): minutes for one, other, minutes in problem["transfers"]},
        ),
        programme=Programme(
            placements={id: _read(Placement, at) for id, at in sorted(content["placements"].items())},
            unplaced=tuple(_read(Unplaced, one) for one in content["unplaced"]),
            reserve=tuple(content["reserve"]),
            proved=content["proved"],
        ),
        pinned=tuple(content["pinned"]),
        delegates=content.get("delegates", ""),
        places=content.get("places", ""),
        given=tuple(
            replace(_read(Given, one), occasion=_read(Occasion, one["occasion"]))
            for one in content.get("given", ())
        ),
    )


def digest_of(meetings: Sequence[Meeting]) -> str:
    """Return the SHA-256 of meetings, in whatever order they come: another when any of them differs."""
    ordered = sorted(
        (asdict(one) for one in meetings), key=lambda one: (one["request_id"], one["company_id"])
    )
    return hashlib.sha256(canonical_json({"meetings": ordered}).encode()).hexdigest()


def digest_of_list(items: Sequence[Any] | None) -> str:
    """Return the SHA-256 of a visit's delegates or places: another when one of them or their order differs."""
    return hashlib.sha256(canonical_json({"items": list(items or ())}).encode()).hexdigest()


def without_company(planned: Planned, company_id: str) -> Planned:
    """Take an erased company out: its sessions, its place, its hours, its id. The rest stays where it is.

    With its sessions go earlier cancellations of them; of two companies whose ids begin alike, those of sessions whose
    ids are digests go for both.
    """
    place = f"{HOST}{company_id}"
    left = without(planned.problem, [Cancellation(COMPANY, company_id), Cancellation(PLACE, place)])
    members = {one.id: one.companies for one in planned.problem.wanted}
    kept = tuple(
        one
        for one in left.wanted
        if one.companies and (members[one.id] == one.companies or len(one.companies) >= one.least)
    )
    ids = {one.id for one in kept}
    problem = replace(
        left,
        wanted=kept,
        busy=tuple(one for one in left.busy if one.who != company_id),
        transfers={ends: minutes for ends, minutes in left.transfers.items() if place not in ends},
    )
    old = planned.settings
    settings = replace(
        old,
        transfers=[one for one in old.transfers if place not in (one["from"], one["to"])],
        unavailable=[one for one in old.unavailable if one["who"] != company_id],
    )
    was = planned.programme
    programme = Programme(
        placements={id: at for id, at in was.placements.items() if id in ids},
        unplaced=tuple(one for one in was.unplaced if one.id in ids),
        reserve=tuple(id for id in was.reserve if id in ids),
        proved=was.proved,
    )
    gone = {one.id for one in planned.problem.wanted} - ids
    return replace(
        planned,
        problem=problem,
        programme=programme,
        settings=settings,
        pinned=tuple(id for id in planned.pinned if id in ids),
        cancelled=tuple(
            one
            for one in planned.cancelled
            if one not in {Cancellation(COMPANY, company_id), Cancellation(PLACE, place)}
            and not (one.kind == SESSION and (one.id in gone or may_be_joined_with(one.id, company_id)))
        ),
        given=tuple(
            replace(one, occasion=one.occasion.without_company(company_id, place))
            for one in planned.given
            if not may_be_joined_with(one.occasion.session, company_id)
        ),
    )


def _read(kind: Any, values: Mapping[str, Any]) -> Any:
    """Make a dataclass of its fields among the values, lists as tuples."""
    known = {one.name for one in fields(kind)}
    return kind(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
            if name in known
        }
    )
