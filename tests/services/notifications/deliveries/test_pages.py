"""The mailbox's pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from services.notifications.mail.mailbox import Mailbox
from services.notifications.mail.smtp import smtp_server
from services.notifications.web import create_app
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.settings.registry import for_tests
from tests.services.notifications.post_office import PostOffice
from tests.services.notifications.world import HOSTILE, STAFF, World


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


def test_the_mailbox_names_the_setting_at_fault_and_one_press_has_all_tried_again(
    client: FlaskClient, world: World, open_office: PostOffice
) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    open_office.at_mail = "553 5.7.1 Sender address rejected"
    world.organisation("partner", "P1", "kari@sykehus.example")
    for company in ("C1", "C2"):
        world.organisation("company", company, f"{company}@firm.example")
        world.introduction(company, size=2)
    world.compose()
    world.send(smtp_server(open_office.url))
    page = client.get("/mailbox?lang=en", headers=STAFF).get_data(as_text=True)
    assert "3 mails wait until the setting HANDSLAG_MAIL_FROM is mended." in page
    assert "553 5.7.1 Sender address rejected" in page
    assert "since 2026-03-02 08:00 UTC" in page
    swedish = client.get("/mailbox?lang=sv", headers=STAFF).get_data(as_text=True)
    assert "3 mejl väntar tills inställningen HANDSLAG_MAIL_FROM är åtgärdad." in swedish

    open_office.at_mail = "250 ok"
    pressed = client.post("/mailbox/retry?lang=en", headers=STAFF, follow_redirects=True)
    assert "3 mails are tried again now." in pressed.get_data(as_text=True)
    world.send(smtp_server(open_office.url))
    assert set(world.statuses().values()) == {"sent"}
