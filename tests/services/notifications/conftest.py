"""A notifications service of its own for each test: real database, real handlers and workers, real SMTP servers."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notifications.deliveries.composer import Composer
from services.notifications.deliveries.domain.delivery import Delivery
from services.notifications.deliveries.sender import MailWorker
from services.notifications.deliveries.store import records as store
from services.notifications.events import make_handlers
from services.notifications.mail.building import MailServer, read_sender
from services.notifications.tables import backbone, metadata
from shared.clock import SettableClock
from shared.events.catalogue import TOPICS
from shared.events.event import Event
from shared.ids import IdSource
from shared.settings.registry import Settings, for_tests
from shared.storage.engine import Database, open_database


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
        """All deliveries, companies' first."""
        with self.database.reading() as connection:
            found, _total = store.list_deliveries(connection, None, None, 1000, 0)
        return sorted(found, key=lambda one: (one.side, one.organisation_id, one.template))

    def statuses(self) -> dict[str, str]:
        """Each recipient's status."""
        return {one.organisation_id: one.status for one in self.deliveries()}

    def events(self) -> list[tuple[str, str, int]]:
        """The recorded events: type, aggregate and version."""
        outbox = backbone.outbox
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(outbox).order_by(outbox.c.position)).all()
        return [(row.type, row.aggregateid, int(row.id.rpartition(":")[2])) for row in rows]


def plain_text(mail: EmailMessage) -> str:
    """Give a mail's plain text."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def introduction_state(company: str, partner: str, approval: str, size: int, **fields: Any) -> dict[str, Any]:
    """Give an introduction's state as matching publishes it."""
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


@pytest.fixture
def service_tables() -> sa.MetaData:
    return metadata


@pytest.fixture
def settings(state_dir: Path, database_url: str) -> Settings:
    return for_tests(state_dir, notifications_database=database_url)


@pytest.fixture
def world(settings: Settings, clock: SettableClock, ids: IdSource) -> Iterator[World]:
    database = open_database(settings.notifications_database, metadata)
    yield World(database, clock, ids)
    database.close()


@dataclass
class PostOffice:
    """A real SMTP server's memory: what it took, and what it answers to whom."""

    port: int
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    at_data: str = "250 taken"
    controller: Any = None

    @property
    def url(self) -> str:
        """The URL of the server."""
        return f"smtp://127.0.0.1:{self.port}"

    def to(self) -> list[str]:
        """Whom the taken mails went to."""
        return sorted(recipient for _sender, recipients in self.envelopes for recipient in recipients)

    def texts(self) -> list[str]:
        """The plain texts of the taken mails."""
        return [plain_text(mail) for mail in self.taken]

    async def handle_RCPT(  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.answers.get(address, "250 ok")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.at_data.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            message = message_from_bytes(content, policy=default)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
            self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
        return self.at_data

    def open(self, **options: Any) -> None:
        """Start to listen."""
        self.controller = _Counter(
            self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True, **options
        )
        self.controller.start()

    def shut(self) -> None:
        """Stop listening, when all connections have ended."""
        if self.controller is not None:
            wait_until(lambda: all(session.transport is None for session in self.controller.sessions))
            self.controller.stop()
            self.controller = None


class _Counter(Controller):
    """A controller that knows the connections it has had: one that is cut off would be left unclosed."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sessions: list[SMTP] = []

    def factory(self) -> SMTP:
        session: SMTP = super().factory()  # type: ignore[no-untyped-call]  # aiosmtpd is untyped
        self.sessions.append(session)
        return session


def wait_until(condition: Callable[[], bool], seconds: float = 200.0) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture(name="wait_until")
def _wait_until() -> Callable[[Callable[[], bool]], None]:
    return wait_until


@pytest.fixture(name="introduction_state")
def _introduction_state() -> Callable[..., dict[str, Any]]:
    return introduction_state


@pytest.fixture
def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@pytest.fixture
def post_office(free_port: int) -> Iterator[PostOffice]:
    """A real SMTP server that is not open yet."""
    office = PostOffice(free_port)
    yield office
    office.shut()


@pytest.fixture
def open_office(post_office: PostOffice) -> PostOffice:
    """A real SMTP server, listening on a free loopback port."""
    post_office.open()
    return post_office


@pytest.fixture
def parsed() -> Callable[[EmailMessage], EmailMessage]:
    """Write a mail out and read it back as a recipient's program does."""

    def again(message: EmailMessage) -> EmailMessage:
        back = message_from_bytes(message.as_bytes(), policy=default)
        assert isinstance(back, EmailMessage)
        return back

    return again
