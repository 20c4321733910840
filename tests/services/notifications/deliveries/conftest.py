"""Staff's client, and a mailbox with mails."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from services.notifications.deliveries.store.introductions import list_introductions
from services.notifications.mail.mailbox import Mailbox
from services.notifications.web import create_app
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.settings.registry import Settings
from tests.services.notifications.world import HOSTILE, World


@pytest.fixture
def client(settings: Settings, clock: SettableClock, ids: IdSource) -> FlaskClient:
    return create_app(settings, clock, ids).test_client()


@pytest.fixture
def mailbox(world: World, state_dir: Path) -> Mailbox:
    """A mailbox with a mail to each side of one introduction; the second company has no contact."""
    world.organisation("partner", "P1", "kari@sykehus.example", contact_name="Kari")
    world.organisation("company", "C1", "asa@firm.example", contact_name=HOSTILE)
    partner = {"id": "P1", "version": 1, "name": f"Sykehus {HOSTILE}", "country": "Norway", "website": ""}
    world.introduction("C1", size=2, partner="P1")
    world.introduction("C2", size=2, partner="P1")
    world.hear("introductions", "R-P1.C1", _with_partner(world, partner))
    world.compose()
    mails = Mailbox(state_dir / "mailbox")
    world.send(mails)
    return mails


def _with_partner(world: World, partner: dict[str, object]) -> dict[str, object]:
    with world.database.reading() as connection:
        assert list_introductions(connection, "A1")
    return {
        "status": "approved",
        "updated_at": "2026-03-02T08:00:00.000000Z",
        "request_id": "R-P1",
        "company": {"id": "C1", "version": 1, "name": "Företaget C1", "country": "Sweden", "website": ""},
        "partner": partner,
        "reasons": {"sv": [HOSTILE]},
        "approval": {"id": "A1", "size": 2, "at": "2026-03-02T08:00:00.000000Z", "note": ""},
    }
