"""The table of promises that a long run prints: what was counted, and the value that is promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.faults.fault_run import Outcome

KILLS = 200
REBALANCES = 20


@dataclass(frozen=True)
class Row:
    """A line: a promise, the value it promises, what was counted, and whether it held (None: nothing is promised)."""

    promise: str
    promised: str
    counted: str
    held: bool | None = None


def rows(outcomes: Mapping[str, Outcome | str], whole: bool) -> list[Row]:
    """Make a row a promise and run; a `whole` run has to deal enough kills and rebalances too."""
    found: list[Row] = []
    for name, outcome in outcomes.items():
        if isinstance(outcome, str):
            found.append(Row(f"{name}: the run", "settles", outcome, False))
        else:
            found += [
                Row(f"{name}: {row.promise}", row.promised, row.counted, row.held) for row in _rows(outcome)
            ]
    done = [one for one in outcomes.values() if isinstance(one, Outcome)]
    if whole:
        kills = sum(one.kills.total() for one in done)
        over_kafka = outcomes.get("kafka")
        turns = int(over_kafka.notes.get("rebalances", 0)) if isinstance(over_kafka, Outcome) else 0
        found.append(Row("all: kills", f"≥ {KILLS}", str(kills), kills >= KILLS))
        found.append(
            Row("all: rebalances of Kafka's group", f"≥ {REBALANCES}", str(turns), turns >= REBALANCES)
        )
    return found


def table(found: Sequence[Row]) -> str:
    """Write the rows below each other."""
    head = Row("promise", "promised", "counted")
    wide = [max(len(getattr(row, column)) for row in (head, *found)) for column in ("promise", "promised")]
    words = {None: "", True: "held", False: "BROKEN"}
    return "\n".join(
        f"{row.promise:<{wide[0]}}  {row.promised:<{wide[1]}}  {words[row.held]:<6}  {row.counted}"
        for row in (head, *found)
    )


def _rows(outcome: Outcome) -> list[Row]:
    verdict, notes = outcome.verdict, outcome.notes
    counted, kills = verdict.counted, outcome.kills
    lost = _sum(verdict.lost, "mails", "bad events")
    doubled = _sum(verdict.duplicated, "mails", "mails outside of the window", "dead letters")
    inverted = _sum(verdict.inverted)
    mails = (
        len(verdict.lost["mails"])
        + len(verdict.duplicated["mails"])
        + len(verdict.duplicated["mails outside of the window"])
    )
    letters = len(verdict.lost["bad events"]) + len(verdict.duplicated["dead letters"])
    found = [
        Row("kills", "", f"{kills.total()}: {_counts(kills)}"),
        Row("hardships", "", _counts(outcome.hardships) or "none"),
        Row(
            "1 acknowledged is never lost",
            "0 lost",
            f"{lost} lost of {counted['acknowledged']} acknowledged writes over {kills.total()} kills, "
            f"{counted['in doubt']} in doubt; settled after {notes.get('settled after, s')} s",
            not lost,
        ),
        Row(
            "2 effects once",
            "0 doubled",
            f"{doubled} doubled of {counted['effects']} effects; {notes.get('events delivered three times', 0)} events "
            f"delivered three times, {counted['published again']} repeats on the topics",
            not doubled,
        ),
        Row(
            "3 order per key",
            "0 inverted",
            f"{inverted} inverted over {counted['published']} records and {notes.get('rebalances', 0)} rebalances; "
            f"{kills['work matching']} consumers killed, "
            f"{outcome.hardships['stopped until others had the partitions']} stopped until others had their partitions",
            not inverted,
        ),
    ]
    if "log away, s" in notes:
        found.append(
            Row(
                "4 the event log may be away",
                "0 failed",
                f"{notes['of these failed']} of {notes['writes while it was away']} writes failed in "
                f"{notes['log away, s']} s, the longest took {notes['longest write then, s']} s; "
                f"outbox drained {notes.get('outbox drained after, s')} s after its return",
                not notes["of these failed"],
            )
        )
    found.append(
        Row(
            "5 bad events stop nobody",
            "0 wrong",
            f"{letters} wrong: {counted['dead letters']} dead letters of {notes.get('bad events', 0)} bad events in "
            "two services; a failing handler tried four times, replayed",
            not letters,
        )
    )
    if "reports rebuilt" in notes:
        found.append(
            Row(
                "6 rebuilt the same",
                "0 different",
                f"{notes['rebuilt differently']} different; {notes['reports rebuilt']} reports "
                f"after {notes['rebuilt after, s']} s",
                not notes["rebuilt differently"],
            )
        )
    found += [
        Row(
            "7 one mail a recipient",
            "0 wrong",
            f"{mails} wrong of {counted['mails']} mails for {counted['approvals']} approvals; "
            f"{counted['mails repeated in the window']} repeats in the window, with their Message-ID; connections "
            + ", ".join(
                f"{int(count)} dropped {name.removeprefix('dropped ')}"
                for name, count in notes.items()
                if name.startswith("dropped ")
            ),
            not mails,
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
    ]
    if "half requests" in notes:
        found.append(
            Row(
                "half requests starve nobody",
                "0 failed",
                f"{notes['of those failed']} of {notes['writes beside them']} writes failed beside "
                f"{notes['half requests']} half requests, the longest took {notes['longest write beside them, s']} s",
                not notes["of those failed"],
            )
        )
    if "writes refused on a full disk" in notes:
        found.append(
            Row(
                "a full disk is said",
                "0 unclear",
                f"{notes['answered otherwise']} unclear answers, "
                f"{notes['writes refused on a full disk']} refused (503)",
                not notes["answered otherwise"],
            )
        )
    return found + [Row("fault", "none", fault, False) for fault in outcome.broken()]


def _counts(counter: Mapping[str, int]) -> str:
    return ", ".join(
        f"{count} {name}" for name, count in sorted(counter.items(), key=lambda item: -item[1]) if count
    )


def _sum(found: Mapping[str, Sequence[str]], *but: str) -> int:
    return sum(len(cases) for where, cases in found.items() if where not in but)
