"""The table of promises that a long run prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.faults.fault_run import Outcome

Row = tuple[str, str, str]


def table(outcomes: Mapping[str, Outcome | str]) -> str:
    """Write a row a promise and log: what was counted, and whether it held."""
    rows: list[Row] = []
    for log, outcome in outcomes.items():
        if isinstance(outcome, str):
            rows.append((log, outcome, "BROKEN"))
        else:
            rows += [(f"{log}: {promise}", counted, held) for promise, counted, held in _rows(outcome)]
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"{name:<{width}}  {held:<6}  {counted}" for name, counted, held in rows)


def _rows(outcome: Outcome) -> list[Row]:
    verdict, notes = outcome.verdict, outcome.notes
    counted, kills = verdict.counted, outcome.kills
    lost = _sum(verdict.lost, "mails", "bad events")
    doubled = _sum(verdict.duplicated, "mails", "mails outside of the window", "dead letters")
    mails = (
        len(verdict.lost["mails"])
        + len(verdict.duplicated["mails"])
        + len(verdict.duplicated["mails outside of the window"])
    )
    letters = len(verdict.lost["bad events"]) + len(verdict.duplicated["dead letters"])
    rows = [
        ("kills", ", ".join(f"{count} {name}" for name, count in kills.most_common()), f"{kills.total()}"),
        _row(
            "1 acknowledged is never lost",
            lost,
            f"{lost} lost of {counted['acknowledged']} acknowledged writes, {counted['in doubt']} in doubt; "
            f"settled after {notes.get('settled after, s')} s",
        ),
        _row(
            "2 effects once",
            doubled,
            f"{doubled} doubled of {counted['effects']} effects; {notes.get('events delivered three times', 0)} events "
            f"delivered three times, {counted['published again']} repeats on the topics",
        ),
        _row(
            "3 order per key",
            inverted := _sum(verdict.inverted),
            f"{inverted} inverted over {counted['published']} records, "
            f"{kills['work matching']} consumers killed, {kills['paused']} stopped for a while",
        ),
    ]
    if "broker away, s" in notes:
        rows.append(
            _row(
                "4 the broker may be away",
                int(notes["of these failed"]),
                f"{notes['of these failed']} of {notes['writes while it was away']} writes failed in "
                f"{notes['broker away, s']} s, the longest took {notes['longest write then, s']} s; "
                f"outbox drained {notes.get('outbox drained after, s')} s after its return",
            )
        )
    rows.append(
        _row(
            "5 bad events stop nobody",
            letters,
            f"{counted['dead letters']} dead letters of {notes.get('bad events', 0)} bad events in two services, "
            f"{letters} wrong; a failing handler tried four times, replayed",
        )
    )
    if "reports rebuilt" in notes:
        rows.append(
            _row(
                "6 rebuilt the same",
                int(notes["rebuilt differently"]),
                f"{notes['rebuilt differently']} different; {notes['reports rebuilt']} reports "
                f"after {notes['rebuilt after, s']} s",
            )
        )
    rows.append(
        _row(
            "7 one mail a recipient",
            mails,
            f"{mails} wrong of {counted['mails']} mails for {counted['approvals']} approvals; "
            f"{counted['mails repeated in the window']} repeats in the window, with their Message-ID",
        )
    )
    return rows + [("fault", fault, "BROKEN") for fault in outcome.broken()]


def _row(promise: str, wrong: int, counted: str) -> Row:
    return promise, counted, "BROKEN" if wrong else "held"


def _sum(found: Mapping[str, Sequence[str]], *but: str) -> int:
    return sum(len(cases) for where, cases in found.items() if where not in but)
