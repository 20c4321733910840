"""Which sessions a visit's introductions or matches ask for, and what each is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.matching.introductions.domain.introductions import introduction_id
from services.matching.organisations.domain.languages import common_language
from services.matching.organisations.domain.procurement import TENDER_OPEN
from services.matching.organisations.domain.roles import KNOWLEDGE_PARTNER, STUDY_VISIT_HOST
from services.matching.programmes.domain.problem import (
    GRID,
    HOST,
    ONE_TO_ONE,
    PRESENTATION,
    ROUND_TABLE,
    STUDY_VISIT,
    Track,
    Wanted,
)
from shared.words.folding import fold

TOO_MANY = "too_many"
"""Why a session is not planned at all, beside an open tender: there are better ones enough."""
MOST_WANTED = 120
MOST_AT_A_TABLE = 6


def is_anothers(request: Mapping[str, Any], visit: Mapping[str, Any]) -> bool:
    """Say whether a match request is of another partner than the visit that it names.

    A visit without a partner takes the requests of all, as a trip abroad does.
    """
    return visit.get("partner_id") not in (None, request["partner_id"])


@dataclass(frozen=True)
class Meeting:
    """A company that a visit could meet for a request; `score` from 0 to 100, `needs` the asked needs' texts."""

    request_id: str
    company_id: str
    role: str
    score: float
    needs: tuple[str, ...] = ()
    tender_open: bool = False
    company_languages: tuple[str, ...] = ()
    partner_languages: tuple[str, ...] = ()

    def speaks_with_interpreter(self) -> bool:
        """Say whether the two are known to share no language."""
        if not self.company_languages or not self.partner_languages:
            return False
        return common_language(self.company_languages, self.partner_languages) == 0.0


def wanted_sessions(
    meetings: Sequence[Meeting], visit: Mapping[str, Any], tracks: Sequence[Track], minutes: Mapping[str, int]
) -> tuple[Wanted, ...]:
    """Make the sessions that meetings ask for, by id; the order of the meetings changes nothing.

    A study-visit host is visited, all tracks together; a supplier has a one-to-one with a track whose delegates asked
    for it, or with any; knowledge partners of a request sit at round tables, one alone presents. Priority is the
    score, times a hundred, a half-hour: long sessions are not pushed out for being long.
    """
    ordered = sorted(meetings, key=lambda one: (one.request_id, one.company_id))
    ids = tuple(track.id for track in tracks)
    sessions = []
    for one in ordered:
        id = introduction_id(one.request_id, one.company_id)
        if one.role == STUDY_VISIT_HOST:
            sessions.append(_session(id, STUDY_VISIT, [one], ids, minutes, place=f"{HOST}{one.company_id}"))
        elif one.role != KNOWLEDGE_PARTNER:
            session = _session(id, ONE_TO_ONE, [one], _asking(one, visit, tracks), minutes)
            sessions.append(replace(session, barred=TENDER_OPEN if one.tender_open else ""))
    for request_id in sorted({one.request_id for one in ordered}):
        knowing = [one for one in ordered if (one.request_id, one.role) == (request_id, KNOWLEDGE_PARTNER)]
        for number, group in enumerate(_tables(knowing), 1):
            alone = len(group) == 1
            id = introduction_id(request_id, group[0].company_id) if alone else f"{request_id}:table:{number}"
            sessions.append(_session(id, PRESENTATION if alone else ROUND_TABLE, group, ids, minutes))
    best = {one.id for one in sorted(sessions, key=lambda one: (-one.priority, one.id))[:MOST_WANTED]}
    made = [one if one.id in best else replace(one, barred=one.barred or TOO_MANY) for one in sessions]
    return tuple(sorted(made, key=lambda one: one.id))


def _session(
    id: str,
    kind: str,
    meetings: Sequence[Meeting],
    tracks: tuple[str, ...],
    minutes: Mapping[str, int],
    place: str | None = None,
) -> Wanted:
    length = minutes[kind]
    score = max(one.score for one in meetings)
    return Wanted(
        id=id,
        kind=kind,
        companies=tuple(one.company_id for one in meetings),
        minutes=length,
        priority=round(score * 100) * length // (2 * GRID),
        tracks=tracks,
        together=kind != ONE_TO_ONE,
        place=place,
        interpreter=any(one.speaks_with_interpreter() for one in meetings),
        least=2 if kind == ROUND_TABLE else 1,
    )


def _tables(meetings: Sequence[Meeting]) -> list[list[Meeting]]:
    """Share out companies over as few tables as hold them, alike in number."""
    count = -(-len(meetings) // MOST_AT_A_TABLE)
    return [list(meetings[number::count]) for number in range(count)]


def _asking(one: Meeting, visit: Mapping[str, Any], tracks: Sequence[Track]) -> tuple[str, ...]:
    """Return the tracks whose delegates have one of the needs as their own; all where nobody has."""
    asked = {fold(text).text.strip() for text in one.needs} - {""}
    own = {
        f"d{number}"
        for number, delegate in enumerate(visit.get("delegates") or (), 1)
        for need in delegate.get("needs") or ()
        if asked & {fold(need.get(name, "")).text.strip() for name in ("text", "title")}
    }
    asking = tuple(track.id for track in tracks if own & set(track.delegates))
    return asking or tuple(track.id for track in tracks)
