"""The table of promises that a long run prints: what was counted, the value that is promised, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.faults.outcome import Outcome, Step

KILLS = 200
REBALANCES = 20


class Word(StrEnum):
    """What is said of a promise."""

    HELD = "held"
    BROKEN = "BROKEN"
    NOT_JUDGED = "not judged"
    NONE = ""
    """Nothing is promised: a number beside the promises."""


@dataclass(frozen=True)
class Row:
    """A line: a promise, the value it promises, what was counted, and the verdict."""

    promise: str
    promised: str
    counted: str
    word: Word = Word.NONE


def rows(outcomes: Mapping[str, Outcome], whole: bool) -> list[Row]:
    """Make a row a promise and run; a `whole` run has to deal enough kills and rebalances too."""
    found = [
        Row(f"{name}: {row.promise}", row.promised, row.counted, row.word)
        for name, outcome in outcomes.items()
        for row in _rows(outcome)
    ]
    if whole:
        kills = sum(one.kills.total() for one in outcomes.values())
        turns = int(outcomes["kafka"].notes.get("rebalances", 0))
        ended = next((one.ended for one in outcomes.values() if one.ended), "")
        found.append(_enough("all: kills", KILLS, kills, ended))
        found.append(_enough("all: rebalances of Kafka's group", REBALANCES, turns, ended))
    return found


def table(found: Sequence[Row]) -> str:
    """Write the rows below each other."""
    head = Row("promise", "promised", "counted")
    wide = [max(len(getattr(row, column)) for row in (head, *found)) for column in ("promise", "promised")]
    return "\n".join(
        f"{row.promise:<{wide[0]}}  {row.promised:<{wide[1]}}  {row.word:<{len(Word.NOT_JUDGED)}}  {row.counted}"
        for row in (head, *found)
    )


def _enough(what: str, wanted: int, had: int, ended: str) -> Row:
    word = Word.HELD if had >= wanted else Word.NOT_JUDGED if ended else Word.BROKEN
    return Row(what, f"≥ {wanted}", f"{had}; {ended}" if word is Word.NOT_JUDGED else str(had), word)


def _rows(outcome: Outcome) -> list[Row]:
    """Make the rows of one run. Each promise is judged after the step that tries it hardest."""
    verdict, notes = outcome.verdict, outcome.notes
    counted, kills = verdict.counted, outcome.kills

    def judged(promise: str, promised: str, counted: str, wrong: float, after: Step) -> Row:
        if wrong:
            return Row(promise, promised, counted, Word.BROKEN)
        if after in outcome.done:
            return Row(promise, promised, counted, Word.HELD)
        return Row(promise, promised, f"not judged: {outcome.ended}", Word.NOT_JUDGED)

    mails = (
        len(verdict.lost.get("mails", ()))
        + len(verdict.duplicated.get("mails", ()))
        + len(verdict.duplicated["mails outside of the window"])
    )
    letters = len(verdict.lost.get("bad events", ())) + len(verdict.duplicated["dead letters"])
    lost = _sum(verdict.lost, "mails", "bad events")
    doubled = _sum(verdict.duplicated, "mails", "mails outside of the window", "dead letters")
    inverted = _sum(verdict.inverted)
    found = [
        Row("kills", "", f"{kills.total()}: {_counts(kills)}"),
        Row("hardships", "", _counts(outcome.hardships) or "none"),
        judged(
            "1 acknowledged is never lost",
            "0 lost",
            f"{lost} lost of {counted['acknowledged']} acknowledged writes over {kills.total()} kills, "
            f"{counted['in doubt']} in doubt; settled after {notes.get('settled after, s')} s",
            lost,
            Step.CALM,
        ),
        judged(
            "2 effects once",
            "0 doubled",
            f"{doubled} doubled of {counted['effects']} effects; {notes.get('events delivered three times', 0)} events "
            f"delivered three times, {counted['published again']} repeats on the topics",
            doubled,
            Step.AGAIN,
        ),
        judged(
            "3 order per key",
            "0 inverted",
            f"{inverted} inverted over {counted['published']} records and {notes.get('rebalances', 0)} rebalances; "
            f"{kills['work matching']} consumers killed, "
            f"{outcome.hardships['stopped until others had the partitions']} stopped until others had their partitions",
            inverted,
            Step.CALM,
        ),
        judged(
            "4 the event log may be away",
            "0 failed",
            f"{notes.get('of these failed')} of {notes.get('writes while it was away')} writes failed in "
            f"{notes.get('log away, s')} s, the longest took {notes.get('longest write then, s')} s; "
            f"outbox drained {notes.get('outbox drained after, s')} s after its return",
            notes.get("of these failed", 0),
            Step.AWAY,
        ),
        judged(
            "5 bad events stop nobody",
            "0 wrong",
            f"{letters} wrong: {counted['dead letters']} dead letters of {notes.get('bad events', 0)} bad events in "
            "two services; a failing handler tried four times, replayed",
            letters,
            Step.BAD,
        ),
    ]
    if Step.REBUILD in outcome.steps:
        found.append(
            judged(
                "6 rebuilt the same",
                "0 different",
                f"{notes.get('rebuilt differently')} different; {notes.get('reports rebuilt')} reports "
                f"after {notes.get('rebuilt after, s')} s",
                notes.get("rebuilt differently", 0),
                Step.REBUILD,
            )
        )
    found += [
        judged(
            "7 one mail a recipient",
            "0 wrong",
            f"{mails} wrong of {counted['mails']} mails for {counted['approvals']} approvals; "
            f"{counted['mails repeated in the window']} repeats in the window, with their Message-ID; connections "
            + ", ".join(
                f"{int(count)} dropped {name.removeprefix('dropped ')}"
                for name, count in notes.items()
                if name.startswith("dropped ")
            ),
            mails,
            Step.REST,
        ),
        Row(
            "7 the window, from the 250 to our record",
            "",
            "no mail measured"
            if "median window, s" not in notes
            else "shortest {:.3f} s, median {:.3f} s, longest {:.3f} s".format(
                *(notes[f"{which} window, s"] for which in ("shortest", "median", "longest"))
            ),
        ),
        judged(
            "half requests starve nobody",
            "0 failed",
            f"{notes.get('of those failed')} of {notes.get('writes beside them')} writes failed beside "
            f"{notes.get('half requests')} half requests, "
            f"the longest took {notes.get('longest write beside them, s')} s",
            notes.get("of those failed", 0),
            Step.HALVES,
        ),
    ]
    if Step.DISK in outcome.steps:
        found.append(
            judged(
                "a full disk is said",
                "0 unclear",
                f"{notes.get('answered otherwise')} unclear answers, "
                f"{notes.get('writes refused on a full disk')} refused (503)",
                notes.get("answered otherwise", 0),
                Step.DISK,
            )
        )
    return found + [Row("fault", "none", fault, Word.BROKEN) for fault in outcome.broken()]


def _counts(counter: Mapping[str, int]) -> str:
    return ", ".join(
        f"{count} {name}" for name, count in sorted(counter.items(), key=lambda item: -item[1]) if count
    )


def _sum(found: Mapping[str, Sequence[str]], *but: str) -> int:
    return sum(len(cases) for where, cases in found.items() if where not in but)
