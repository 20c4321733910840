"""What of a programme stands in calendars: sessions and transfers, each under an id that it keeps when it moves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from services.matching.programmes.domain.problem import Placements, Problem, by_id
from services.matching.programmes.domain.timetable import SESSION, TRANSFER, timetable
from services.matching.reports.domain.report import canonical_json

ALL_TRACKS = ""
"""The file that has every track's occasions."""
_WAY = "transfer."


@dataclass(frozen=True)
class Occasion:
    """One event of a calendar: ids, codes and times; `start` and `end` in minutes since midnight.

    `id` is the session's, or names the session and track that a transfer leads to. `place` of a transfer is the one it
    goes to.
    """

    id: str
    kind: str
    date: str
    start: int
    end: int
    tracks: tuple[str, ...]
    place: str
    companies: tuple[str, ...] = ()

    @property
    def session(self) -> str:
        """The id of the session that it is, or leads to."""
        return self.id.removeprefix(_WAY).rpartition(".")[0] if self.kind == TRANSFER else self.id

    def without_company(self, company_id: str, place: str) -> Occasion:
        """Take an erased company and its place out of it."""
        left = tuple(id for id in self.companies if id != company_id)
        return replace(self, companies=left, place="" if self.place == place else self.place)

    def is_in(self, track: str) -> bool:
        """Say whether it stands in a track's file, or in that of all."""
        return track in (ALL_TRACKS, *self.tracks)


@dataclass(frozen=True)
class Given:
    """An occasion as it was given out last, so that what moves or falls away can be told to whom has it.

    `sequence` rises with each change (RFC 5546, 2.1.4); `digest` is of all that a reader sees; `changed_at` is when a
    change was first given out; `files` are the tracks whose file had it.
    """

    occasion: Occasion
    time_zone: str
    digest: str
    sequence: int
    changed_at: str
    cancelled: bool
    files: tuple[str, ...]


def occasions_of(problem: Problem, placements: Placements) -> list[Occasion]:
    """List the sessions and transfers of a programme by time."""
    wanted = by_id(problem)
    found = []
    for entry in timetable(problem, placements):
        if entry.what == SESSION:
            session = wanted[entry.session]
            hours = entry.date, entry.start, entry.end
            found.append(
                Occasion(session.id, session.kind, *hours, entry.tracks, entry.place, session.companies)
            )
        elif entry.what == TRANSFER:
            for led_to in dict.fromkeys(entry.toward):
                tracks = tuple(
                    track
                    for track, session_id in zip(entry.tracks, entry.toward, strict=True)
                    if session_id == led_to
                )
                id = f"{_WAY}{led_to}.{tracks[0]}"
                found.append(Occasion(id, TRANSFER, entry.date, entry.start, entry.end, tracks, entry.place))
    return found


def give_out(
    given: Sequence[Given],
    occasions: Sequence[Occasion],
    seen: Mapping[str, Sequence[str]],
    track: str,
    time_zone: str,
    version: int,
    at: str,
) -> tuple[tuple[Given, ...], tuple[Given, ...]]:
    """Hand out the file of a track, or of all; return what stands in it, and what is given out from now on.

    `seen` has for an occasion's id the words that a reader sees of it. An occasion that a file had and that is no
    longer in it stands in it as cancelled. No sequence is below the programme's `version`.
    """
    before = {one.occasion.id: one for one in given}
    after = dict(before)
    for one in occasions:
        old = before.get(one.id)
        if old is None and not one.is_in(track):
            continue
        digest = _digest(one, time_zone, seen.get(one.id, ()))
        new = _renewed(old, one, time_zone, digest, version, at)
        files = {*(old.files if old else ()), *((track,) if one.is_in(track) else ())}
        after[one.id] = replace(new, files=tuple(sorted(files)))
    stand = {one.id for one in occasions}
    for id, old in before.items():
        if id not in stand and not old.cancelled:
            sequence = max(version, old.sequence + 1)
            after[id] = replace(old, cancelled=True, sequence=sequence, changed_at=at, digest="")
    kept = tuple(sorted(after.values(), key=lambda one: one.occasion.id))
    shown = tuple(
        one if one.occasion.is_in(track) else replace(one, cancelled=True)
        for one in sorted(kept, key=lambda one: (one.occasion.date, one.occasion.start, one.occasion.id))
        if track in one.files
    )
    return shown, kept


def _renewed(old: Given | None, one: Occasion, time_zone: str, digest: str, version: int, at: str) -> Given:
    if old is None:
        return Given(one, time_zone, digest, version, at, False, ())
    if old.digest == digest and not old.cancelled:
        return old
    sequence = max(version, old.sequence + 1)
    return Given(one, time_zone, digest, sequence, at, False, old.files)


def _digest(one: Occasion, time_zone: str, words: Sequence[str]) -> str:
    # Words of organisations are not kept, only whether they are others now.
    content = {"occasion": asdict(one), "time_zone": time_zone, "words": list(words)}
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()
