"""The API of deliveries, and the mailbox's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient

from services.notifications.mail.mailbox import Mailbox
from services.notifications.web import create_app
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.settings.registry import Settings, for_tests

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.notifications.conftest import World

STAFF = {"Authorization": "Bearer staff-token-for-tests"}
HOSTILE = "<script>alert(1)</script>"


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
    from services.notifications.deliveries.store import records as store

    with world.database.reading() as connection:
        assert store.introductions_of(connection, "A1")
    return {
        "status": "approved",
        "updated_at": "2026-03-02T08:00:00.000000Z",
        "request_id": "R-P1",
        "company": {"id": "C1", "version": 1, "name": "Företaget C1", "country": "Sweden", "website": ""},
        "partner": partner,
        "reasons": {"sv": [HOSTILE]},
        "approval": {"id": "A1", "size": 2, "at": "2026-03-02T08:00:00.000000Z", "note": ""},
    }


@pytest.mark.usefixtures("mailbox")
def test_deliveries_are_listed_filtered_and_paged(client: FlaskClient) -> None:
    whole = client.get("/api/v1/deliveries", headers=STAFF).get_json()
    assert (whole["total"], whole["page"], len(whole["items"])) == (3, 1, 3)
    waiting = client.get("/api/v1/deliveries?status=waiting&request_id=R-P1", headers=STAFF).get_json()
    assert [(one["organisation_id"], one["status"]) for one in waiting["items"]] == [("C2", "waiting")]
    assert client.get("/api/v1/deliveries?request_id=other", headers=STAFF).get_json()["items"] == []
    second = client.get("/api/v1/deliveries?page=2&page_size=2", headers=STAFF).get_json()
    assert (second["total"], len(second["items"])) == (3, 1)


@pytest.mark.parametrize("query", ["status=lost", "page=0", "page_size=101", "page=x"])
def test_a_wrong_filter_is_named(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/v1/deliveries?{query}", headers=STAFF)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.usefixtures("mailbox")
def test_a_delivery_is_read_with_its_version(client: FlaskClient, world: World) -> None:
    delivery = world.deliveries()[0]
    answer = client.get(f"/api/v1/deliveries/{delivery.id}", headers=STAFF)
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    assert answer.get_json()["introduction_ids"] == ["R-P1.C1"]


@pytest.mark.parametrize("path", ["/api/v1/deliveries/none", "/mailbox/none", "/mailbox/none.eml"])
def test_what_is_not_there_is_404(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers=STAFF).status_code == 404


def test_retrying_an_unknown_delivery_is_404(client: FlaskClient) -> None:
    assert client.post("/api/v1/deliveries/none/retry", headers=STAFF).status_code == 404


@pytest.mark.usefixtures("mailbox")
def test_staff_retry_what_failed_and_nothing_that_is_sent_or_without_a_contact(
    client: FlaskClient, world: World
) -> None:
    company, waiting, _partner = world.deliveries()
    sent = client.post(f"/api/v1/deliveries/{company.id}/retry", headers=STAFF)
    assert (sent.status_code, sent.get_json()["detail"]) == (
        409, "A delivery that is sent is not tried again.",
    )  # fmt: skip
    still = client.post(f"/api/v1/deliveries/{waiting.id}/retry", headers=STAFF)
    assert still.status_code == 409
    assert "No contact is known" in still.get_json()["detail"]

    world.organisation("company", "C2", "not an address")
    world.compose()
    world.send(Mailbox(client.application.config["SETTINGS"].state_dir / "mailbox"))
    assert world.statuses()["C2"] == "failed"
    world.organisation("company", "C2", "good@firm.example")
    retried = client.post(f"/api/v1/deliveries/{waiting.id}/retry", headers=STAFF)
    assert (retried.status_code, retried.get_json()["status"]) == (200, "queued")
    again = client.post(f"/api/v1/deliveries/{waiting.id}/retry", headers=STAFF)
    assert again.get_json()["version"] == retried.get_json()["version"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v1/deliveries"), ("GET", "/api/v1/deliveries/x"), ("POST", "/api/v1/deliveries/x/retry")],
)
def test_the_api_is_for_staff(client: FlaskClient, method: str, path: str) -> None:
    assert client.open(path, method=method).status_code == 401


@pytest.mark.parametrize("path", ["/mailbox", "/mailbox/x", "/mailbox/x/html", "/mailbox/x.eml"])
def test_the_mailbox_is_for_staff(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in")


def test_an_empty_mailbox_says_what_to_do_next(client: FlaskClient) -> None:
    english = client.get("/mailbox?lang=en", headers=STAFF).get_data(as_text=True)
    assert "There are no mails yet." in english
    assert 'href="/reports"' in english
    swedish = client.get("/mailbox?lang=sv", headers=STAFF).get_data(as_text=True)
    assert "Det finns inga mejl än." in swedish


@pytest.mark.usefixtures("mailbox")
def test_the_mailbox_lists_its_mails_and_what_waits(client: FlaskClient) -> None:
    page = client.get("/mailbox?lang=en", headers=STAFF).get_data(as_text=True)
    assert "2 mails" in page
    assert "kari@sykehus.example" in page
    assert "1 mail waits for a contact" in page
    assert HOSTILE not in page


def test_a_long_mailbox_has_pages(client: FlaskClient, mailbox: Mailbox) -> None:
    content = mailbox.read_bytes(mailbox.mails()[0].id)
    assert content is not None
    for number in range(60):
        (mailbox.folder / f"copy{number}.eml").write_bytes(content)
    first = client.get("/mailbox?lang=en", headers=STAFF).get_data(as_text=True)
    last = client.get("/mailbox?lang=en&page=99", headers=STAFF).get_data(as_text=True)
    assert (first.count("<tr>"), last.count("<tr>")) == (51, 13)
    assert "Page 2 of 2" in last


def test_a_mail_is_shown_with_headers_and_text_and_its_html_only_in_a_sandbox(
    client: FlaskClient, mailbox: Mailbox, world: World
) -> None:
    mail_id = world.deliveries()[0].id
    page = client.get(f"/mailbox/{mail_id}", headers=STAFF).get_data(as_text=True)
    assert f"&lt;{mail_id}@organiser.example&gt;" in page
    assert "\n\n1. " in page
    assert HOSTILE not in page
    assert " sandbox " in page
    framed = client.get(f"/mailbox/{mail_id}/html", headers=STAFF)
    assert HOSTILE not in framed.get_data(as_text=True)
    policy = framed.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_a_mail_can_be_taken_away_as_a_file(client: FlaskClient, mailbox: Mailbox) -> None:
    mail_id = mailbox.mails()[0].id
    answer = client.get(f"/mailbox/{mail_id}.eml", headers=STAFF)
    assert answer.get_data() == mailbox.read_bytes(mail_id)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{mail_id}.eml"'


@pytest.mark.usefixtures("mailbox")
def test_with_a_mail_server_there_is_no_mailbox(state_dir: Path, clock: SettableClock, ids: IdSource) -> None:
    settings = for_tests(state_dir, smtp="smtp://user:secret@mail.example:25")
    client = create_app(settings, clock, ids).test_client()
    page = client.get("/mailbox?lang=en", headers=STAFF).get_data(as_text=True)
    assert "smtp://user:***@mail.example:25" in page
    assert "kari@sykehus.example" not in page
    assert client.get("/mailbox/x", headers=STAFF).status_code == 404
