"""A notifications service to talk to: events that the test sends, workers that do what is due."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from services.notifications.deliveries.domain.delivery import Delivery
from services.notifications.deliveries.store import deliveries as store
from services.notifications.deliveries.worker.composer import Composer
from services.notifications.deliveries.worker.sender import MailWorker
from services.notifications.events import make_handlers
from services.notifications.mail.building import MailServer, read_sender
from services.notifications.tables import messaging
from shared.clock import SettableClock
from shared.events.catalogue import TOPICS
from shared.events.event import Event
from shared.ids import IdSource
from shared.storage.engine import Database

STAFF = {"Authorization": "Bearer staff-token-for-tests"}
HOSTILE = "<script>alert(1)</script>"


@dataclass
class World:
    """The service with a clock that the test moves, and events that the test sends."""

    database: Database
    clock: SettableClock
    ids: IdSource
    versions: dict[str, int] = field(default_factory=dict)

    def hear(self, topic: str, aggregate_id: str, state: dict[str, Any] | None) -> None:
        """Handle an event as the consumer does: in a transaction of its own."""
        version = self.versions[aggregate_id] = self.versions.get(aggregate_id, 0) + 1
        whole = None if state is None else {"id": aggregate_id, "version": version, **state}
        kind = f"{TOPICS[topic].aggregate}.{'erased' if state is None else 'replaced'}"
        event = Event(kind, aggregate_id, version, self.clock(), whole)
        with self.database.writing() as connection:
            make_handlers(self.clock)[topic](connection, event)

    def organisation(
        self, side: str, organisation_id: str, email: str | None = None, language: str = "sv", **fields: Any
    ) -> None:
        """Hear of a company or partner, with a contact if an address is given."""
        contact = None if email is None else {"name": fields.pop("contact_name", None), "email": email}
        state = {
            "status": "active",
            "name": organisation_id,
            "language": language,
            "contact": contact,
            **fields,
        }
        self.hear("companies" if side == "company" else "partners", organisation_id, state)

    def introduction(
        self, company: str, partner: str = "P1", approval: str = "A1", size: int = 1, **fields: Any
    ) -> None:
        """Hear of an introduction."""
        self.hear(
            "introductions",
            f"R-{partner}.{company}",
            introduction_state(company, partner, approval, size, **fields),
        )

    def compose(self) -> None:
        """Let the composer do all that is due."""
        worker = Composer(self.database, self.clock)
        while worker.step():
            pass

    def worker(self, server: MailServer) -> MailWorker:
        """Make a mail worker, as a new process would."""
        sender = read_sender("Mötesplatsen <match@organiser.example>", "The organiser")
        return MailWorker(self.database, server, sender, self.clock, self.ids)

    def send(self, server: MailServer) -> None:
        """Let a mail worker do all that is due."""
        worker = self.worker(server)
        while worker.step():
            pass

    def deliveries(self) -> list[Delivery]:
        """Return all deliveries, companies' first."""
        with self.database.reading() as connection:
            return sorted(
                store.list_all_deliveries(connection),
                key=lambda one: (one.side, one.organisation_id, one.template),
            )

    def statuses(self) -> dict[str, str]:
        """Return the status of each recipient's delivery."""
        return {one.organisation_id: one.status for one in self.deliveries()}

    def events(self) -> list[tuple[str, str, int]]:
        """Return the recorded events: type, aggregate and version."""
        outbox = messaging.outbox
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(outbox).order_by(outbox.c.position)).all()
        return [(row.type, row.aggregateid, int(row.id.rpartition(":")[2])) for row in rows]


def introduction_state(company: str, partner: str, approval: str, size: int, **fields: Any) -> dict[str, Any]:
    """Return an introduction's state as matching publishes it."""
    return {
        "status": "approved",
        "updated_at": "2026-03-02T08:00:00.000000Z",
        "request_id": f"R-{partner}",
        "report_id": f"R-{partner}",
        "report_version": 1,
        "role": "supplier",
        "company": {
            "id": company,
            "version": 1,
            "name": f"Företaget {company}",
            "country": "Sweden",
            "website": "",
        },
        "partner": {
            "id": partner,
            "version": 1,
            "name": f"Sykehus {partner}",
            "country": "Norway",
            "website": "",
        },
        "need_ids": ["n1"],
        "reasons": {"sv": ["Ni gör det som de söker."], "en": ["You make what they look for."]},
        "questions": {"sv": ["Har ni en återförsäljare där?"], "en": ["Do you have a distributor there?"]},
        "approval": {"id": approval, "size": size, "at": "2026-03-02T08:00:00.000000Z", "note": ""},
        **fields,
    }
