"""Reading the state of a machine: its databases, its event log and its disk."""

from __future__ import annotations

import sqlalchemy as sa

from deploy.operations.databases import Databases
from deploy.operations.machine_state import read_machine_state
from deploy.services import SERVICES
from services.notifications.deliveries.views import Mails
from services.notifications.tables import approvals, deliveries, mail_queue
from services.notifications.upkeep.mail_status import MailState
from services.profiles.organisations import actions
from services.profiles.tables import messaging
from shared.clock import SettableClock, to_text
from shared.event_log import open_event_log
from shared.events.catalogue import TOPICS
from shared.ids import IdSource
from shared.messaging.outbox import mark_refused
from shared.messaging.relay_lock import relay_lock
from shared.settings.registry import Settings, for_tests
from shared.status import Waiting
from tests.deploy.operations.conftest import Command, wait_for, working

COMPANY = {"id": "C1", "name": "Acme", "country": "Sweden", "description": "Autoclaves for hospitals."}


def add_company(databases: Databases, clock: SettableClock, ids: IdSource, **changes: str) -> None:
    with databases["profiles"].writing() as connection:
        actions.create(connection, "companies", {**COMPANY, **changes}, clock(), ids)


def apply_topics(settings: Settings) -> None:
    with open_event_log(settings.event_log, settings.topic_prefix) as log:
        log.apply_topics(list(TOPICS))


def test_on_an_empty_machine_everything_is_away_and_nothing_is_made(settings: Settings) -> None:
    stock = read_machine_state(settings)
    assert set(stock.away) == {
        "profiles database", "matching database", "notifications database", "event log",
    }  # fmt: skip
    assert not list(settings.state_dir.iterdir())


def test_an_outbox_is_counted_with_the_age_of_its_oldest_and_apart_from_what_is_refused(
    settings: Settings, databases: Databases, clock: SettableClock, ids: IdSource
) -> None:
    first = to_text(clock())
    for id in ("C1", "C2", "C3"):
        add_company(databases, clock, ids, id=id)
    with databases["profiles"].writing() as connection:
        last = connection.scalar(sa.select(sa.func.max(messaging.outbox.c.position)))
        assert last is not None
        mark_refused(connection, messaging, last, "too large")
    found = read_machine_state(settings).services["profiles"]
    assert (found.outbox, found.refused, found.working) == (Waiting(2, first), 1, False)


def test_an_active_work_process_is_seen_by_its_lock_and_not_disturbed(
    settings: Settings, databases: Databases
) -> None:
    lock = relay_lock(databases["profiles"])
    assert lock.take()
    stock = read_machine_state(settings)
    assert [name for name, service in stock.services.items() if service.working] == ["profiles"]
    lock.release()
    assert not any(service.working for service in read_machine_state(settings).services.values())


def test_deliveries_are_counted_by_status_and_reason_whoever_they_go_to(
    settings: Settings, databases: Databases, clock: SettableClock
) -> None:
    now = to_text(clock())
    with databases["notifications"].writing() as connection:
        for number, (status, reason) in enumerate(
            [("sent", ""), ("sent", ""), ("waiting", "No contact for C2."), ("waiting", "No contact for C3.")]
        ):
            connection.execute(
                sa.insert(deliveries).values(
                    id=f"D{number}", version=1, status=status, created_at=now, updated_at=now, approval_id="A",
                    request_id="R", introduction_ids="[]", side="company", organisation_id=f"C{number}",
                    template="introduction", attempts=0, reason=reason,
                )
            )  # fmt: skip
        connection.execute(sa.insert(mail_queue).values(delivery_id="D0", due_at=now))
        connection.execute(sa.insert(approvals).values(id="A", size=2, first_seen_at=now, to_compose=True))
    stock = read_machine_state(settings)
    mails = (Mails("sent", "", 2), Mails("waiting", "No contact for ….", 2))
    assert stock.work["notifications"] == MailState(Waiting(1, now), Waiting(1, now), mails)


def test_a_group_that_lags_while_its_process_stands_still_is_said_to(
    settings: Settings, databases: Databases, clock: SettableClock, ids: IdSource
) -> None:
    apply_topics(settings)
    add_company(databases, clock, ids)
    with working(settings, "profiles"):
        wait_for("the company on the log", lambda: read_machine_state(settings, 0).lag["matching"] == 1)
    assert read_machine_state(settings).still == frozenset()  # nobody works: nobody is waited for
    lock = relay_lock(databases["matching"])
    assert lock.take()
    stock = read_machine_state(settings, patience=0.3)
    lock.release()
    assert stock.still == {"matching"}
    with working(settings):
        wait_for(
            "all is read", lambda: read_machine_state(settings).lag == {"matching": 0, "notifications": 0}
        )


def test_one_database_that_is_away_hides_no_other(settings: Settings, databases: Databases) -> None:
    apply_topics(settings)
    away = for_tests(settings.state_dir, profiles_database="postgresql+psycopg://u:geheim@127.0.0.1:1/none")
    stock = read_machine_state(away)
    assert set(stock.away) == {"profiles database"}
    assert "geheim" not in stock.away["profiles database"]
    assert set(stock.services) == {"matching", "notifications"}
    assert stock.lag == {"matching": 0, "notifications": 0}


def test_the_disk_is_the_one_under_the_state_directory(settings: Settings, databases: Databases) -> None:
    assert (read_machine_state(settings).disk_free or 0) > 0


def test_the_command_exits_with_1_when_something_needs_attention_and_with_0_otherwise(
    settings: Settings, databases: Databases, clock: SettableClock, ids: IdSource, handslag: Command
) -> None:
    apply_topics(settings)
    well = handslag("status")
    assert (well.exit_code, well.stdout.splitlines()[-1]) == (0, "All is well.")
    assert handslag.json("status")["well"] is True
    add_company(databases, clock, ids)
    result = handslag("status")
    assert result.exit_code == 1
    assert "handslag work profiles" in result.stdout
    assert handslag.json("status")["attention"] == 1


def test_every_service_has_a_store() -> None:
    assert list(SERVICES) == ["profiles", "matching", "notifications"]
