"""Holds what clients were told against what stands in the databases, on the topics and at the mail server."""

from __future__ import annotations

import json
from collections.abc import Mapping

from deploy.operations.databases import Databases
from deploy.services import READS
from services.matching.reports.domain.report import canonical_json
from services.matching.reports.store.due import Claim
from services.matching.reports.worker import Scorer
from shared.clock import system_clock
from shared.event_log.port import Record
from shared.events.envelope import BadEventError, from_record
from shared.storage.engine import Database
from tests.faults import audit
from tests.faults.history import History, Mail, Verdict, Version, check
from tests.scale.clients import Records
from tests.scale.house import ComposeHouse

PROFILES = ("companies", "partners", "requests")
MADE_AGAIN = 50
"""Of how many reports it is checked that they say what their material says now."""


def judged(
    house: ComposeHouse, databases: Databases, records: Records
) -> tuple[Verdict, list[tuple[str, str]], list[str]]:
    """Return the checker's verdict, rows for the table, and the faults that the checker does not look for."""
    on_topics = audit.kafka_records(house.broker.server, house.settings.topic_prefix)
    published = [one for record in on_topics if (one := _version(record)) is not None]
    stores = {
        "profiles": databases["profiles"],
        "matching": databases["matching"],
        "notifications": databases["notifications"],
    }
    history = History(
        submissions=records.submissions,
        stored=audit.stored(databases["profiles"]),
        waiting=[one for database in stores.values() for one in audit.waiting(database)],
        published=published,
        effects={service: audit.effects(stores[service]) for service in READS},
        reads={service: frozenset(topics) - {"visits"} for service, topics in READS.items()},
        approvals=[tuple(records.names[id] for id in told) for told in records.approvals],
        mails=_mails(house),
    )
    verdict = check(history)
    faults = [*_not_in(databases, records), *_wrong_reports(databases), *_dead(stores)]
    faults += [f"{len(on_topics) - len(published)} records that are no events"] * (
        len(on_topics) > len(published)
    )
    counted = verdict.counted
    lost = sum(map(len, verdict.lost.values()))
    doubled = sum(map(len, verdict.duplicated.values()))
    inverted = sum(map(len, verdict.inverted.values()))
    rows = [
        ("acknowledged", f"{counted['acknowledged']} writes; {counted['in doubt']} in doubt"),
        ("lost", f"{lost} of them, of their events, effects and mails"),
        (
            "doubled",
            f"{doubled} of {counted['effects']} effects and {counted['mails']} mails; "
            f"{counted['published again']} of {counted['published']} records stand twice on the topics",
        ),
        ("inverted", f"{inverted}"),
        ("reports", _reports_said(databases)),
    ]
    return verdict, rows, faults


def _not_in(databases: Databases, records: Records) -> list[str]:
    """Name acknowledged aggregates whose last version is not what profiles and matching's projection have."""
    last: dict[tuple[str, str], int] = {}
    for one in records.submissions:
        if one.acknowledged:
            place = (one.topic, one.key)
            last[place] = max(one.version, last.get(place, 0))
    found = []
    for where, database in (("profiles", databases["profiles"]), ("matching", databases["matching"])):
        there = {
            (table, id): version
            for table in PROFILES
            for id, version in audit.rows(database, f"SELECT id, version FROM {table}")
        }
        wrong = [place for place, version in last.items() if there.get(place) != version]
        if wrong:
            found.append(f"{len(wrong)} acknowledged aggregates are not in {where}: {wrong[:5]}")
        if len(there) != len(last):
            found.append(f"{len(there)} aggregates in {where}, {len(last)} acknowledged")
    return found


def _wrong_reports(databases: Databases) -> list[str]:
    """Name requests without exactly one current report, and reports that say otherwise when made again."""
    query = """SELECT s.request_id, s.wanted, s.stale_since, r.content FROM scoring s
        LEFT JOIN reports r ON r.request_id = s.request_id WHERE s.open ORDER BY s.request_id"""
    rows = audit.rows(databases["matching"], query)
    missing = [id for id, _, _, content in rows if content is None]
    stale = [id for id, _, since, _ in rows if since is not None]
    found = [f"{len(missing)} requests without a report: {missing[:5]}"] if missing else []
    found += [f"{len(stale)} stale reports: {stale[:5]}"] if stale else []
    sample = {row[0]: row for row in rows[:: max(1, len(rows) // MADE_AGAIN)] if row[3] is not None}
    scorer = Scorer(databases["matching"], system_clock)
    made = scorer.compute(scorer.read([Claim(id, wanted, "") for id, wanted, _, _ in sample.values()]))
    other = []
    for id, one in made.items():
        kept = json.loads(sample[id][3])
        if isinstance(one, Exception) or canonical_json(one.report) != canonical_json(kept):
            other.append(id)
    found += (
        [f"{len(other)} of {len(made)} reports say otherwise when made again: {other[:5]}"] if other else []
    )
    return found


def _reports_said(databases: Databases) -> str:
    by_verdict = audit.rows(
        databases["matching"],
        "SELECT verdict, count(*), sum(match_count) FROM reports GROUP BY verdict ORDER BY verdict",
    )
    return ", ".join(f"{count} {verdict} ({matches} matches)" for verdict, count, matches in by_verdict)


def _dead(stores: Mapping[str, Database]) -> list[str]:
    found = []
    for name, database in stores.items():
        dead = audit.rows(database, "SELECT count(*) FROM dead_letters")[0][0]
        found += [f"{dead} dead letters in {name}"] if dead else []
    return found


def _mails(house: ComposeHouse) -> list[Mail]:
    lines = [json.loads(line) for line in house.ledger.read_text().splitlines()]
    return [Mail(line["message_id"], line["to"][0].partition("+")[0], line["at"]) for line in lines]


def _version(record: Record) -> Version | None:
    try:
        event = from_record(record)
    except BadEventError:
        return None
    return Version(record.topic, event.aggregate_id, event.version)
