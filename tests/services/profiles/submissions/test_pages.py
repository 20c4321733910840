"""The pages of submissions: the stranger's form and link, the staff's queue."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from services.profiles.tables import submissions
from shared.clock import SettableClock
from shared.storage.engine import Database
from tests.browser import STAFF_TOKEN, Browser
from tests.services.profiles.caller import Caller, Profile

WRITTEN = {
    "name": "Fjord Hospital",
    "country": "Norway",
    "email": "ola@fjord.example",
    "text_1": "Fewer infections in the wards.",
}


@pytest.fixture
def stranger(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def desk(app: Flask) -> Browser:
    opened = Browser(app.test_client())
    opened.open("/sign-in?next=/submissions")
    opened.fill(token=STAFF_TOKEN).press("Sign in")
    return opened


def submitted(stranger: Browser, door: str = "request", **written: str) -> str:
    """Fill in a form, and return the address of the page that follows it."""
    stranger.open(f"/submit/{door}")
    answer = stranger.fill(**{**WRITTEN, **written}).press("Send it to Handslag")
    assert answer.status_code == 303, stranger.said
    return str(answer.headers["Location"])


@pytest.mark.parametrize("door", ["request", "company", "partner"])
def test_a_form_leads_to_a_page_that_shows_what_was_sent_and_withdraws_it(
    stranger: Browser, door: str
) -> None:
    link = submitted(stranger, door, text_2="And better beds.")
    page = stranger.open(link)
    assert "We have it" in page
    assert "And better beds." in page
    assert stranger.answer is not None
    headers = stranger.answer.headers
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "noindex" in headers["X-Robots-Tag"]
    stranger.press("Withdraw what I sent")
    assert "It is withdrawn" in stranger.open(link)


def test_what_is_missing_or_wrong_is_said_beside_its_field_and_what_was_written_stays(
    stranger: Browser,
) -> None:
    stranger.open("/submit/request")
    wrong = {**WRITTEN, "country": "", "email": "nobody"}
    assert stranger.fill(**wrong).press("Send it to Handslag").status_code == 422
    assert 'id="country-problem">is missing; write it here' in stranger.said
    assert '<a href="#country">Country</a> is missing; write it here' in stranger.said
    assert "Fewer infections in the wards." in stranger.said
    wrong = {**WRITTEN, "email": "nobody", "visit_from": "2026-05-02", "visit_to": "2026-05-01"}
    stranger.fill(**wrong).press("Send it to Handslag")
    assert 'id="email-problem">is no mail address' in stranger.said
    assert stranger.fill(email="a@fjord.example").press("Send it to Handslag").status_code == 422
    assert 'id="visit_to-problem">is before visit_from' in stranger.said
    stranger.open("/submit/request?lang=sv")
    stranger.fill(**{**WRITTEN, "country": ""}).press("Skicka det till Handslag")
    assert 'id="country-problem">saknas; skriv det här' in stranger.said


def test_a_character_that_stands_for_an_unreadable_one_is_taken_as_any_other(stranger: Browser) -> None:
    assert "Hemv\ufffdrd" in stranger.open(submitted(stranger, text_1="Hemv\ufffdrd"))


def test_a_nul_character_is_told_beside_its_field_and_what_was_written_stays(stranger: Browser) -> None:
    stranger.open("/submit/request?lang=sv")
    wrong = {**WRITTEN, "name": "Fjord\0 Hospital", "text_2": "And better beds."}
    answer = stranger.fill(**wrong).press("Skicka det till Handslag")
    assert answer.status_code == 422
    assert "innehöll ett NUL-tecken, som är borttaget här; titta på det och skicka igen" in stranger.said
    page = answer.get_data(as_text=True)
    assert 'value="Fjord Hospital"' in page
    assert all(text in page for text in ("ola@fjord.example", "Fewer infections", "And better beds."))
    assert stranger.press("Skicka det till Handslag").status_code == 303


def test_a_nul_character_in_staffs_form_loses_nothing_that_was_written(
    stranger: Browser, desk: Browser, staff: Caller
) -> None:
    submitted(stranger)
    (waiting,) = staff.get("submissions").json["items"]
    desk.open(f"/submissions/{waiting['id']}")
    answer = desk.fill(reason="Too\0 little is said.").press("Do not take it")
    assert answer.status_code == 422
    assert "NUL" in desk.said
    assert "Too little is said." in desk.said
    assert desk.press("Send it again").status_code == 303


@pytest.mark.parametrize(
    ("field", "written", "told"),
    [
        (
            "language",
            "xx",
            "är ingen språkkod enligt ISO 639; skriv två bokstäver, till exempel sv, en eller de",
        ),
        ("language", "Klingon", "skriv tlh, två bokstäver för ett språk"),
        ("text_2", "-", "saknas: '-' säger att det inte är känt; ange det"),
        ("text_2", "<br>", "är tomt; skriv något eller utelämna fältet"),
        ("text_1", "a\x01b", "innehåller styrtecknet U+0001 på plats 2; radbrytningar och tabbar är de enda"),
        ("city", "a\x01b", "innehåller styrtecknet U+0001 på plats 2; det ska vara en rad"),
        ("email", "a@b", "är ingen e-postadress: domänen efter @ är inte giltig; skriv till exempel"),
        ("email", "a@b.se, c@d.se", "innehåller mer än en adress; skriv den som mejl ska gå till"),
        ("email", "Anna <a@b.se>", "är inte bara en adress; skriv bara adressen"),
    ],
)
def test_what_is_wrong_is_said_in_the_readers_language(
    stranger: Browser, field: str, written: str, told: str
) -> None:
    stranger.open("/submit/company?lang=sv")
    answer = stranger.fill(**{**WRITTEN, field: written}).press("Skicka det till Handslag")
    assert answer.status_code == 422
    assert told in stranger.said


def test_a_stranger_sees_no_queue_and_no_menu(stranger: Browser) -> None:
    stranger.open("/submissions", status=302)
    assert "nav-link" not in stranger.open("/submit/request").replace('nav-link" lang', "")
    stranger.open("/submissions/follow/nothing", status=404)
    stranger.open("/submit/visit", status=404)


def test_staff_see_who_it_may_be_and_let_it_in(
    stranger: Browser, desk: Browser, staff: Caller, partner: Profile
) -> None:
    staff.post("partners", partner)
    link = submitted(stranger)
    page = desk.open("/submissions")
    assert "1 waits." in page
    assert "the same name" in page
    desk.open(page.split('fw-semibold"><a href="')[1].split('"')[0])
    assert "Fewer infections in the wards." in desk.said
    answer = desk.fill(partner_id="P1").press("Let in as new")
    assert answer.status_code == 303, desk.said
    desk.open(answer.headers["Location"])
    assert "It made match request" in desk.said
    assert staff.get("requests").json["items"][0]["partner_id"] == "P1"
    assert "It is let in" in stranger.open(link)
    answer = desk.press("Take back")
    assert "waits again" in desk.open(answer.headers["Location"])


def test_who_asks_is_chosen_where_somebody_known_looks_like_it(
    stranger: Browser, desk: Browser, staff: Caller, partner: Profile
) -> None:
    staff.post("partners", partner)
    submitted(stranger)
    id = staff.get("submissions").json["items"][0]["id"]
    desk.open(f"/submissions/{id}")
    assert desk.fill(partner_id="").press("Let in as new").status_code == 422
    assert "is not chosen" in desk.said


def test_a_change_is_shown_before_it_is_made_and_a_contact_is_not_ticked(
    stranger: Browser, desk: Browser, staff: Caller, partner: Profile
) -> None:
    staff.post("partners", {**partner, "contact": {"email": "real@fjord.example"}})
    submitted(stranger, "partner", city="Bergen")
    id = staff.get("submissions").json["items"][0]["id"]
    page = desk.open(f"/submissions/{id}?record_id=P1")
    assert "introductions go there" in page
    assert 'name="fields" value="contact">' in page
    assert 'name="fields" value="city" checked>' in page
    answer = desk.press("Change Fjord Hospital")
    assert answer.status_code == 303, desk.said
    after = staff.get("partners/P1").json
    assert (after["city"], after["contact"]["email"]) == ("Bergen", "real@fjord.example")


def test_what_could_not_be_put_back_is_said(
    stranger: Browser, desk: Browser, staff: Caller, partner: Profile
) -> None:
    staff.post("partners", partner)
    submitted(stranger, "partner", city="Bergen")
    id = staff.get("submissions").json["items"][0]["id"]
    desk.open(f"/submissions/{id}?record_id=P1")
    desk.press("Change Fjord Hospital")
    state = staff.get("partners/P1").json
    staff.put("partners/P1", {**state, "city": "Molde"}, If_Match='"2"')
    desk.open(f"/submissions/{id}")
    answer = desk.press("Take back")
    assert "Not put back, because it was changed since: City of P1." in desk.open(answer.headers["Location"])
    desk.open("/submissions")
    desk.fill(id=id).press("Withdraw the chosen ones…")
    answer = desk.press("Withdraw 1 submission")
    assert "Not put back, because it was changed since: City of P1." in desk.open(answer.headers["Location"])


def test_a_flood_from_one_source_is_withdrawn_after_one_more_question(
    stranger: Browser, desk: Browser, staff: Caller
) -> None:
    for number in range(3):
        submitted(stranger, "company", name=f"Flood {number}")
    id = staff.get("submissions").json["items"][0]["id"]
    page = desk.open(f"/submissions?source_of={id}")
    assert "3 from the same source" in page
    desk.press("Withdraw all from this source…")
    assert "3 submissions would be withdrawn." in desk.said
    assert staff.get("submissions?status=waiting").json["total"] == 3
    answer = desk.press("Withdraw 3 submissions")
    assert "3 submissions are withdrawn." in desk.open(answer.headers["Location"])
    assert "Nothing waits." in desk.open("/submissions")


def test_records_that_staff_have_written_in_are_named_before_they_are_withdrawn(
    stranger: Browser, desk: Browser, staff: Caller, clock: SettableClock
) -> None:
    made = []
    for name in ("First", "Second"):
        submitted(stranger, "partner", name=name)
        id = staff.get("submissions?status=waiting").json["items"][0]["id"]
        made += staff.post(f"submissions/{id}/let-in", {}).json["records"]
    clock.advance(timedelta(minutes=1))
    state = staff.get(f"partners/{made[0]['id']}").json
    staff.put(f"partners/{made[0]['id']}", {**state, "city": "Molde"}, If_Match='"1"')
    desk.open("/submissions")
    desk.send("/submissions/withdraw", source_of=id)
    assert "written in these since" in desk.said
    assert f"all the same: {made[0]['id']}." in desk.said
    assert made[1]["id"] not in desk.said


def test_of_many_that_are_chosen_none_is_left_out(
    stranger: Browser, desk: Browser, database: Database
) -> None:
    submitted(stranger, "company")
    with database.writing() as connection:
        row = dict(connection.execute(sa.select(submissions)).mappings().one())
        rows = [{**row, "id": f"s{number:04}", "token_digest": f"t{number}"} for number in range(300)]
        connection.execute(sa.insert(submissions), rows)
    desk.open("/submissions")
    desk.fill(id=[one["id"] for one in rows]).press("Withdraw the chosen ones…")
    assert "300 submissions would be withdrawn." in desk.said
    answer = desk.press("Withdraw 300 submissions")
    assert "300 submissions are withdrawn." in desk.open(answer.headers["Location"])
    assert "1 waits." in desk.open("/submissions")


@pytest.mark.parametrize(
    ("page", "written", "named"),
    [
        ("let-in", {"membership": "king"}, "Membership"),
        ("let-in", {"record_id": "no id", "record_version": "1", "fields": ["name"]}, "Record"),
        ("refuse", {"reason": "Too \x01 little is said."}, "Reason"),
        ("refuse", {"reason": "Too little is said. " * 101}, "Reason"),
    ],
)
def test_staffs_forms_are_held_to_what_the_api_takes(
    stranger: Browser, desk: Browser, staff: Caller, page: str, written: dict[str, str], named: str
) -> None:
    submitted(stranger, "company")
    id = staff.get("submissions").json["items"][0]["id"]
    desk.open(f"/submissions/{id}")
    assert desk.send(f"/submissions/{id}/{page}", **written).status_code == 422
    assert f'<p class="mb-0">{named} ' in desk.said
    assert staff.get(f"submissions/{id}").json["status"] == "waiting"


def test_a_reason_that_is_refused_still_stands_there(stranger: Browser, desk: Browser, staff: Caller) -> None:
    submitted(stranger)
    desk.open(f"/submissions/{staff.get('submissions').json['items'][0]['id']}")
    reason = "Too little is said & <more>. " * 80
    assert desk.fill(reason=reason).press("Do not take it").status_code == 422
    assert "write at most 2000 characters" in desk.said
    assert reason.strip() in desk.said


def test_what_was_chosen_still_stands_where_letting_in_is_refused(
    stranger: Browser, desk: Browser, staff: Caller, company: Profile
) -> None:
    staff.post("companies", company)
    submitted(stranger, "company", city="Bergen", website="fjord.example")
    id = staff.get("submissions").json["items"][0]["id"]
    page = desk.open(f"/submissions/{id}?record_id={company['id']}")
    assert 'value="city" checked' in page
    assert 'value="contact" checked' not in page
    stale = {"record_id": company["id"], "record_version": "9", "fields": ["contact", "website"]}
    assert desk.send(f"/submissions/{id}/let-in", **stale).status_code == 409
    assert {name: f'value="{name}" checked' in desk.said for name in ("city", "contact", "website")} == {
        "city": False, "contact": True, "website": True,
    }  # fmt: skip
    desk.send(f"/submissions/{id}/let-in", **{**stale, "fields": []})
    assert 'name="fields" value="website">' in desk.said
    assert " checked" not in desk.said
    desk.send(f"/submissions/{id}/refuse", reason="", membership="member")
    assert '<option value="member" selected>' in desk.said


def test_who_was_chosen_to_ask_still_stands_where_letting_in_is_refused(
    stranger: Browser, desk: Browser, staff: Caller, partner: Profile
) -> None:
    staff.post("partners", {**partner, "name": WRITTEN["name"], "country": WRITTEN["country"]})
    submitted(stranger)
    id = staff.get("submissions").json["items"][0]["id"]
    desk.open(f"/submissions/{id}")
    desk.send(f"/submissions/{id}/let-in", partner_id=partner["id"], membership="king")
    assert f'<option value="{partner["id"]}" selected>' in desk.said
    desk.send(f"/submissions/{id}/let-in", partner_id="new", membership="king")
    assert '<option value="new" selected>' in desk.said


def test_refusing_needs_a_reason(stranger: Browser, desk: Browser, staff: Caller) -> None:
    link = submitted(stranger)
    id = staff.get("submissions").json["items"][0]["id"]
    desk.open(f"/submissions/{id}")
    assert desk.press("Do not take it").status_code == 422
    assert desk.fill(reason="Nobody offers this.").press("Do not take it").status_code == 303
    assert "Nobody offers this." in stranger.open(link)


def test_what_strangers_write_is_text_on_every_page(stranger: Browser, desk: Browser, staff: Caller) -> None:
    mark = "<x-mark onclick=alert(1)>a</x-mark>"
    link = submitted(stranger, name=mark, text_1=mark)
    id = staff.get("submissions").json["items"][0]["id"]
    stranger.open(link)
    assert mark not in stranger.page
    assert "&lt;x-mark" in stranger.page
    for address in ("/submissions", f"/submissions/{id}"):
        desk.open(address)
        assert mark not in desk.page
        assert "&lt;x-mark" in desk.page


def test_staff_read_codes_and_refusals_in_their_language(
    desk: Browser, anyone: Caller, staff: Caller, partner: Profile
) -> None:
    staff.post("partners", partner)
    request = {"partner_id": partner["id"], "needs": [{"text": "Beds."}], "procurement_stage": "tender open"}
    staff.post("requests", {"id": "R1", "partner_id": partner["id"]})
    id = anyone.post("requests", request).json["id"]
    page = desk.open(f"/submissions/{id}?lang=sv&record_id=R1")
    assert "tender_open" not in page
    assert "Öppen upphandling" in page
    assert "Ingen upphandling" in page
    desk.send(f"/submissions/{id}/let-in", record_id="R1")
    assert "Postens version saknas; titta på ändringarna igen." in desk.said
    desk.send(f"/submissions/{id}/let-in", partner_id="NOPE")
    assert "Organisation som den nämner anger inget som finns här: NOPE; skapa det först." in desk.said


def test_no_page_number_breaks_the_queue(desk: Browser) -> None:
    for number in ("9223372036854775807", "-1", "x", "0"):
        assert "Nothing waits." in desk.open(f"/submissions?page={number}")
