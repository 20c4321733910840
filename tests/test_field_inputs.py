"""What people really send, kind by kind, at the entrance where it comes: each is read as it is meant, or named."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import example, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from services.matching.web import create_app as matching_app
from services.notifications.mail.building import Sender, build_mail
from services.notifications.mail.domain.safe_text import one_line
from services.notifications.mail.smtp import smtp_server
from services.notifications.tables import metadata
from services.profiles.importing.cells import read_address_cell
from services.profiles.importing.commands import import_group
from services.profiles.organisations.domain.plain_text import TextError
from services.profiles.organisations.schemas.profiles import Contact
from services.profiles.tables import messaging
from services.profiles.tables import metadata as profiles_tables
from services.profiles.web import create_app as profiles_app
from shared.clock import SettableClock, from_text
from shared.events.event import Event
from shared.ids import IdSource
from shared.settings.registry import for_tests, read_settings
from shared.storage.engine import open_database
from shared.words.addresses import read_address
from tests.browser import Browser
from tests.free_ports import free_port
from tests.services.matching.matching_world import STAFF, MatchingWorld
from tests.services.matching.programmes.calendar_reader import check_rules, moment_of
from tests.services.notifications.mail.strict_reader import header_lines, read_mailbox, read_text
from tests.services.notifications.post_office import PostOffice
from tests.services.notifications.world import World, introduction_state
from tests.services.profiles.caller import Caller
from tests.services.profiles.importing.workbooks import archive, ods, ods_row, rewritten, strict, workbook

NEW = {"id": "N1", "name": "Exempel AB", "description": "Beds."}
TEXT = "Dressings that prevent pressure ulcers, for elderly care"
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


@dataclass
class Office:
    """An organiser's desk: files go in by the command, the rest by the API; matching hears of what was stored."""

    folder: Path
    profiles: Flask
    clock: SettableClock
    matching: Flask | None = None
    said: str = ""
    heard: set[str] = field(default_factory=set)

    @property
    def api(self) -> Caller:
        return Caller(self.profiles.test_client(), STAFF)

    def take(self, content: bytes, name: str = "register.csv", *options: str) -> dict[str, Any]:
        """Import a file of companies, and return the states of all companies by id."""
        path = self.folder / name
        path.write_bytes(content)
        where = {"HANDSLAG_STATE_DIR": str(self.folder)}
        result = CliRunner().invoke(import_group, ["companies", str(path), *options], env=where)
        assert result.exit_code in (0, 1), result.output
        self.said = result.output
        ids = [one["id"] for one in self.api.get("companies").json["items"]]
        return {id: self.api.get(f"companies/{id}").json for id in ids}

    def take_rows(self, head: str, *rows: str) -> dict[str, Any]:
        return self.take("\r\n".join([head, *rows, ""]).encode("utf-8-sig"))

    def tell_matching(self) -> MatchingWorld:
        """Bring what was stored to matching, as the log does."""
        assert self.matching is not None
        world = MatchingWorld(self.matching.extensions["handslag-database"], self.clock)
        database = self.profiles.extensions["handslag-database"]
        with database.reading() as connection:
            rows = connection.execute(sa.select(messaging.outbox).order_by(sa.text("position"))).all()
        for row in rows:
            if row.id not in self.heard:
                self.heard.add(row.id)
                id, _, version = row.id.rpartition(":")
                state = json.loads(row.payload)
                topic = row.aggregatetype.removeprefix("handslag.")
                world.hear(topic, Event(row.type, id, int(version), from_text(row.time), state))
        return world

    def report(self) -> dict[str, Any]:
        """Make the report of the match request R1, and return it."""
        self.tell_matching().make_reports()
        assert self.matching is not None
        answer = Caller(self.matching.test_client(), STAFF).get("reports/R1")
        report: dict[str, Any] = answer.json
        return report


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of profiles with nothing in it, to be copied."""
    file = tmp_path_factory.mktemp("empty") / "profiles.sqlite"
    open_database(f"sqlite:///{file}", profiles_tables).close()
    return file


@pytest.fixture
def office(state_dir: Path, clock: SettableClock, ids: IdSource, empty: Path) -> Iterator[Office]:
    shutil.copyfile(empty, state_dir / "profiles.sqlite")
    made = Office(state_dir, profiles_app(for_tests(state_dir), clock, ids), clock)
    yield made
    made.profiles.extensions["handslag-database"].close()


@pytest.fixture
def matching(office: Office, state_dir: Path, clock: SettableClock, ids: IdSource) -> Iterator[FlaskClient]:
    office.matching = matching_app(for_tests(state_dir), clock, ids)
    yield office.matching.test_client()
    office.matching.extensions["handslag-database"].close()


@pytest.fixture
def mails(state_dir: Path, clock: SettableClock, ids: IdSource) -> Iterator[World]:
    database = open_database(f"sqlite:///{state_dir / 'mails.sqlite'}", metadata)
    yield World(database, clock, ids)
    database.close()


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    opened = PostOffice(free_port())
    opened.open()
    yield opened
    opened.shut()


# 01, 02: several values in a cell, and no value
LISTS: Mapping[str, tuple[str, str, str, str | None]] = {
    # id: markets, excluded markets, regulatory status, and what excludes the company
    "A1": ("", "Norway, Finland", "CE", "excluded_market"),
    "A2": ("", "Norge och Finland", "CE", "excluded_market"),
    "A3": ("", '"Norwegen & Finnland"', "CE", "excluded_market"),
    "A4": ("", "Norja-Suomi", "CE", "excluded_market"),
    "A5": ("Island / Tyskland", "", "CE", "outside_markets"),
    "A6": ("Island, Norge", "inga", "CE", None),
    "A7": ("N/A", "", "CE", None),
    "A8": ("okänt", "k.A.", "ikke kjent", None),
    "A9": ("Norge, TBD", "?", "MDR, N/A, CE", None),
    "B1": ("Namibia", "", "CE", "outside_markets"),
    "B2": ("NA, SE", "", "CE", "outside_markets"),
    "B3": ("", "", "FDA", "regulatory_status_missing"),
}


def test_01_02_what_cells_name_excludes_and_what_says_nothing_excludes_nobody(
    office: Office, matching: FlaskClient
) -> None:
    head = "id|name|country|description|markets|excluded_markets|regulatory_status"
    rows = [f"{id}|Exempel {id} AB|Sweden|{TEXT}|{'|'.join(cells[:3])}" for id, cells in LISTS.items()]
    office.take_rows(head, *rows)
    assert "12 added, 0 changed, 0 unchanged, 0 rejected" in office.said
    for cell in ("markets 'N/A'", "markets 'okänt'", "regulatory_status 'ikke kjent'", "markets 'TBD'"):
        assert f"{cell} is taken for empty" in office.said
    need = [{"text": TEXT}]
    office.api.post("partners", {"id": "P1", "name": "Sykehuset", "country": "Norway", "needs": need})
    must = {"regulatory_status": ["CE"]}
    office.api.post("requests", {"id": "R1", "partner_id": "P1", "must_haves": must})
    report = office.report()
    excluded = {one["company"]["id"]: one["code"] for one in report["excluded"]}
    assert excluded == {id: code for id, (*_, code) in LISTS.items() if code}
    assert {one["company"]["id"] for one in report["matches"]} == set(LISTS) - set(excluded)


API: tuple[tuple[str, Any, Any], ...] = (
    ("markets", ["Norway, Denmark"], ["Norway", "Denmark"]),
    ("markets", ["Norge\nDanmark & Island"], ["Norge", "Danmark", "Island"]),
    ("markets", ["N/A"], None),
    ("markets", ["Norge, okänt"], ["Norge"]),
    ("excluded_markets", ["none yet"], []),
    ("languages", ["svenska och English"], ["sv", "en"]),
    ("not_to_meet", ["P1, P2"], ["P1", "P2"]),
    ("country", "k.A.", ""),
    ("markets", ["Norway, Atlantis"], "refused: markets.0"),
    ("country", "Sweden/Norway", "refused: country"),
    ("name", "TBD", "refused: name"),
)


def test_01_02_the_api_reads_lists_as_files_are_read(office: Office) -> None:
    for number, (name, sent, kept) in enumerate(API):
        answer = office.api.post("companies", {**NEW, "id": f"C{number}", name: sent})
        if answer.status_code == 422:
            [error] = answer.json["errors"]
            assert f"refused: {error['field']}" == kept
        else:
            assert (answer.status_code, answer.json[name]) == (201, kept), sent


def test_01_02_a_form_is_not_filled_by_what_says_nothing(office: Office) -> None:
    browser = Browser(office.profiles.test_client())
    browser.open("/submit/company")
    browser.fill(name="Exempel AB", country="N/A", email="a@exempel.example", text_1="Beds.")
    assert browser.press("Send it to Handslag").status_code == 422
    assert "is missing" in browser.said


# 03, 09: addresses
ADDRESSES: Mapping[str, str] = {
    # what stands in the cell: where mails are sent, or what is said of the cell
    "post@großstadt.example": "post@xn--grostadt-sya.example",
    "info@exämpel.example": "info@xn--exmpel-cua.example",
    "a@exempel.example\u200b": "a@exempel.example",
    "\u2060a@exempel.example\u00a0": "a@exempel.example",
    "Anna Ek <anna@exempel.example>": "anna@exempel.example",
    "Anna Ek, anna@exempel.example": "anna@exempel.example",
    "mailto:anna@exempel.example": "anna@exempel.example",
    "an\u200bna@exempel.example": "U+200B ZERO WIDTH SPACE at position 3",
    "a@exempel.example, b@exempel.example": "holds more than one address",
    "a@exempel.example/b@exempel.example": "holds more than one address",
    "anna@\uff45xempel.example": "has letters after the @ that stand for others",
    "anna(at)exempel.example": "is no mail address",
}


def test_03_09_what_the_door_takes_the_sender_can_send(office: Office) -> None:
    rows = [f"C{number:02};Exempel AB;Beds.;{cell}" for number, cell in enumerate(ADDRESSES)]
    found = office.take_rows("id;name;description;contact_email", *rows)
    assert len(found) == len(rows)
    for number, (cell, sent) in enumerate(ADDRESSES.items()):
        contact = found[f"C{number:02}"]["contact"]
        if contact is None:
            assert f"line {number + 2}: contact_email {cell!r} {sent}" in office.said.replace(
                "holds a character that cannot be seen, ", ""
            )
            continue
        args = ("sv", "Hej", "Hej\n", "<p>Hej</p>", AT)
        mail = build_mail("d1", Sender("", "m@example.org"), "", contact["email"], *args)
        assert mail["To"].addresses[0].addr_spec == read_address(contact["email"]).sent == sent


LOCAL = st.text(st.sampled_from("abz09.+-_'Åß~&\u200b\u00a0 "), min_size=1, max_size=70)
LABEL = st.text(st.sampled_from("abzåßς09-\u0308\u200d\uff41"), min_size=1, max_size=64)
AROUND = st.sampled_from(
    ["{}", "\u200b{}\u00a0", "Anna Ek <{}>", '"Ek, Anna" <{}>', "mailto:{}", "Anna Ek, {}", "{} (Anna)"]
)


@settings(max_examples=60)
@given(LOCAL, st.lists(LABEL, min_size=1, max_size=4), AROUND)
@example("jürgen", ["klinik"], "{}")
@example("kontakt", ["großstadt"], "Anna Ek <{}>")
def test_03_09_any_address_that_a_door_takes_is_one_to_the_sender_and_to_a_mail_server(
    local: str, labels: list[str], around: str
) -> None:
    written = around.format(f"{local}@{'.'.join([*labels, 'example'])}")
    taken = []
    with suppress(TextError):
        taken.append(read_address_cell(written).value)
    with suppress(ValidationError):
        taken.append(Contact().load({"email": written})["email"])
    for address in taken:
        mail = build_mail(
            "d1", Sender("", "m@example.org"), "", address, "sv", "Hej", "Hej\n", "<p>Hej</p>", AT
        )
        sent = mail["To"].addresses[0].addr_spec
        server = SMTP(Sink(), enable_SMTPUTF8=True)
        assert server._getaddr(f"<{sent}>") == (sent, "")
        assert sent == read_address(address).sent


# 04: subjects and names
@pytest.mark.parametrize(
    "text",
    [
        "Introduktion: Region Exempelbygd Öst – Väst (Norge)",
        "Introduktion: Östra – Ålands vårdcentral (Åland)",
        "Hôpital d’Exemple & Söner AB (Österrike)",
        "Introduktion: Exempel Vård och Teknik for Hosp i Örebro (Sverige)",
        "Sykehuset i Ærøskøbing, enhet äldre É",
        "Łódź – Kraków",
        "Лікарня № 5 (Україна)",
    ],
)
def test_04_a_subject_and_a_name_are_read_whole_by_a_strict_reader(text: str) -> None:
    sender = Sender(text, "m@example.org")
    mail = build_mail("d1", sender, text, "a@example.org", "sv", text, "Hej\n", "<p>Hej</p>", AT).as_bytes()
    assert read_text(header_lines(mail, "Subject")) == one_line(text, 200)
    for header in ("To", "From"):
        assert read_mailbox(header_lines(mail, header))[0] == one_line(text, 200)


# 05, 06: calendars
def test_05_06_a_calendar_names_its_zone_and_calls_off_what_it_had(
    office: Office, matching: FlaskClient
) -> None:
    head = "id;name;country;description;focus_areas"
    office.take_rows(head, *(f"C{number};Exempel {number} AB;Sweden;{TEXT};ageing" for number in range(1, 9)))
    need = [{"text": TEXT, "focus_areas": ["ageing"]}]
    office.api.post("partners", {"id": "P1", "name": "Sykehuset", "country": "Norway", "needs": need})
    visit = {
        "id": "V1",
        "title": "Study visit",
        "direction": "incoming",
        "partner_id": "P1",
        "places": ["Umeå"],
    }
    days = {"starts_on": "2027-03-25", "ends_on": "2027-03-30"}
    office.api.post("visits", {**visit, **days, "delegates": [{"role": "Director", "needs": []}]})
    office.api.post("requests", {"id": "R1", "partner_id": "P1", "visit_id": "V1"})
    assert office.report()["matches"]
    client = matching
    programme = "/api/v1/programmes/V1"
    wanted = {"source": "matches", "day_end": "10:30", "minutes": {"one_to_one": 45}}
    assert client.put(programme, json=wanted, headers=STAFF).status_code == 200

    first = client.get(f"{programme}/calendar", headers=STAFF).data
    events = {one["UID"].value: one for one in check_rules(first)}
    hours = set()
    for event in events.values():
        assert event["DTSTART"].parameters["TZID"] == "Europe/Stockholm"
        day = date.fromisoformat(event["DTSTART"].value[:8])
        written = datetime.strptime(event["DTSTART"].value, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        hours.add(
            (day < date(2027, 3, 28), (written - moment_of(event["DTSTART"], first)) / timedelta(hours=1))
        )
    assert hours == {(True, 1.0), (False, 2.0)}, "the clocks change on 28 March"

    gone = min(events)
    company = gone.removeprefix("V1.R1.").removesuffix("@handslag")
    off = {"cancelled": [{"kind": "company", "id": company}], "accept": True}
    mended = client.post(f"{programme}/mends", json=off, headers={**STAFF, "If-Match": 'W/"1"'})
    assert mended.status_code == 200, mended.json
    after = {
        one["UID"].value: one for one in check_rules(client.get(f"{programme}/calendar", headers=STAFF).data)
    }
    assert after[gone]["STATUS"].value == "CANCELLED"
    assert int(after[gone]["SEQUENCE"].value) > int(events[gone]["SEQUENCE"].value)


# 07: a refused sender, and a refused recipient
@pytest.mark.parametrize(
    ("at_mail", "at_recipient", "statuses"),
    [
        ("553 5.7.1 Sender address rejected: not owned by user", "", {"queued"}),
        ("530 5.7.0 Must issue a STARTTLS command first", "", {"queued"}),
        ("550 5.1.8 Sender domain unknown", "", {"queued"}),
        ("451 4.3.0 come back later", "", {"queued"}),
        ("250 ok", "450 greylisted", {"queued", "sent"}),
        ("250 ok", "452 mailbox full", {"queued", "sent"}),
        ("250 ok", "554 5.7.1 Relay access denied", {"queued", "sent"}),
        ("250 ok", "550 no such user", {"failed", "sent"}),
    ],
)
def test_07_only_a_refused_recipient_fails(
    mails: World, post_office: PostOffice, at_mail: str, at_recipient: str, statuses: set[str]
) -> None:
    mails.organisation("partner", "P1", "p@sykehus.example")
    for company in ("C1", "C2", "C3"):
        mails.organisation("company", company, f"{company}@firm.example")
        mails.introduction(company, size=3)
    mails.compose()
    post_office.at_mail = at_mail
    if at_recipient:
        post_office.answers["C2@firm.example"] = at_recipient
    mails.send(smtp_server(post_office.url))
    assert set(mails.statuses().values()) == statuses
    post_office.at_mail = "250 ok"
    post_office.answers.clear()
    mails.clock.advance(timedelta(minutes=5))
    mails.send(smtp_server(post_office.url))
    assert set(mails.statuses().values()) == {"failed", "sent"} & statuses | {"sent"}


# 08, 12, 20: workbooks
TABLE = [["id", "name", "description"], ["C1", "Exempel AB", "Beds."]]
LISTED = [["id", "name", "description"], ["L1", "Norge", "A list."]]
ESCAPED = [
    ["id", "name", "description"],
    ["C1", "Exempel AB", "Beds.@000D@\nChairs.@000B@Lamps.@0009@.@005F@x000D_"],
]


def excels(content: bytes) -> bytes:
    """Return a workbook whose texts are escaped as Excel does: `@000D@` is written `_x000D_`."""
    return rewritten(content, lambda _name, part: re.sub(rb"@([0-9A-F]{4})@", rb"_x\1_", part))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("r.xlsx", workbook({"Listor": LISTED, "Medlemmar": TABLE}, {"Listor": "hidden"}), "Listor (hidden)"),
        ("r.xlsx", workbook({"A": LISTED, "B": TABLE}, {"A": "veryHidden"}), "sheet B was read; not read: A (hidden)"),
        ("r.xlsx", workbook({"Läs mig": [["Fyll i", "så"]], "Blad2": TABLE}), "Blad2 was read; not read: Läs mig"),
        ("r.xlsx", strict(workbook({"Members": TABLE})), "1 added"),
        ("r.ods", ods({"Members": "".join(ods_row(*row) for row in TABLE)}), "1 added"),
        ("r.xlsx", excels(workbook({"Members": ESCAPED})), "1 added"),
        ("r.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "old Excel workbook (.xls)"),
        ("r.xlsb", archive({"xl/workbook.bin": ""}), "binary Excel workbook (.xlsb)"),
        ("r.numbers", archive({"Index/Document.iwa": ""}), "Numbers document"),
        ("r.csv", b"<html><table><tr><td>id", "web page (HTML)"),
    ],
)  # fmt: skip
def test_08_12_20_a_workbook_is_read_as_it_is_seen_or_named(
    office: Office, name: str, content: bytes, said: str
) -> None:
    found = office.take(content, name)
    assert said in office.said
    if "failed:" in office.said:
        assert found == {}
    else:
        assert list(found) == ["C1"]
        text = found["C1"]["description"]
        assert text in ("Beds.", "Beds.\nChairs.\nLamps.\t._x000D_")


# 13, 14: markup, and breaks that nobody sees
TEXTS: Mapping[str, str] = {
    "<p>Beds &amp; chairs&nbsp;for wards.</p><ul><li>V&aring;rd</li></ul>": "Beds & chairs for wards.\n\nVård",
    "Beds<br/>for <b>wards</b>": "Beds\nfor wards",
    "&lt;p&gt;Beds &amp;amp; chairs&lt;/p&gt;": "Beds & chairs",
    '<div style="color:red">Beds</div><script>alert(1)</script>': "Beds",
    "Alarms for < 5 beds & > 2 wards, R&D, <Exempel>": "Alarms for < 5 beds & > 2 wards, R&D, <Exempel>",
    "One\vtwo\fthree\u0085four\u2028five\u2029six": "One\ntwo\nthree\nfour\nfive\nsix",
}


def test_13_14_texts_come_out_plain(office: Office) -> None:
    cells = [text.replace('"', '""') for text in TEXTS]
    rows = [f'C{number};"Exempel\v AB\n(förr Annat)";"{cell}"' for number, cell in enumerate(cells)]
    found = office.take_rows("id;name;description", *rows).values()
    assert [one["description"] for one in found] == list(TEXTS.values())
    assert {one["name"] for one in found} == {"Exempel AB (förr Annat)"}


def test_14_other_control_characters_stay_refused(office: Office) -> None:
    assert office.take_rows("id;name;description", "C1;Exempel AB;Beds\x07") == {}
    assert "1 rejected" in office.said


# 15: encodings
SWEDISH = "id;name;description\nC1;Exempel Gävle AB;Hjälpmedel för vård.\n"
POLISH = "id;name;description\nC1;Przykładowa Łódź;Usługi.\n"
CZECH = "id;name;description\nC1;Příklad Plzeň;Lůžka, služby.\n"


@pytest.mark.parametrize(
    ("content", "options", "name", "said"),
    [
        (POLISH.encode("cp1250"), (), "", "Windows-1250 (--encoding cp1250)"),
        (CZECH.encode("cp1250"), (), "", "Windows-1250 (--encoding cp1250)"),
        (POLISH.encode("cp1250"), ("--encoding", "windows-1250"), "Przykładowa Łódź", "1 added"),
        (SWEDISH.encode("mac_roman"), (), "", "Mac Roman (--encoding mac-roman)"),
        (SWEDISH.encode("mac_roman"), ("--encoding", "Mac Roman"), "Exempel Gävle AB", "1 added"),
        (SWEDISH.encode("cp850"), (), "", "DOS 850 (--encoding cp850)"),
        (SWEDISH.encode("cp1252"), (), "Exempel Gävle AB", "read as Windows-1252; letters beyond ASCII such as"),
        (SWEDISH.encode("utf-16"), (), "Exempel Gävle AB", "1 added"),
        (SWEDISH.encode().decode("cp1252").encode(), (), "Exempel Gävle AB", "GÃ¤vle is Gävle"),
    ],
)  # fmt: skip
def test_15_an_encoding_is_known_or_said_or_asked_for(
    office: Office, content: bytes, options: tuple[str, ...], name: str, said: str
) -> None:
    found = office.take(content, "in.csv", *options)
    assert [one["name"] for one in found.values()] == [name] * bool(name)
    assert said in office.said


# 16, 17: finding
QUERIES: Mapping[str, str] = {
    "q=Malmö Öron": "C1", "q=malmo oron": "C1", "q=MALMO\u0308": "C1", "q=aero": "C2", "q=ærø": "C2",
    "q=horeapparat": "C2", "q=hopital": "C3", "q=l'etoile": "C3", "q=l\u2019étoile": "C3", "q=malmo hopital": "",
    "country=sweden": "C1", "country=Sverige": "C1", "country=SE": "C1", "country=Schweden": "C1", "country=DNK": "C2",
    "country=Frankrike": "C3", "country=Swden": "refused", "country=Sweden, Denmark": "refused",
}  # fmt: skip


def test_16_17_companies_are_found_by_plain_letters_and_any_name_of_their_country(office: Office) -> None:
    office.take_rows(
        "id;name;country;description",
        "C1;Malmo\u0308 O\u0308ronklinik AB;Sverige;x",
        "C2;Ærø Høreapparat A/S;DK;x",
        "C3;Hôpital de l\u2019Étoile;France;x",
    )
    found = {}
    for query in QUERIES:
        name, _, value = query.partition("=")
        answer = office.api.get(f"companies?{name}={quote(value)}")
        refused = answer.status_code == 422
        found[query] = "refused" if refused else " ".join(one["id"] for one in answer.json["items"])
    assert found == QUERIES


# 18: the alphabet
@pytest.mark.parametrize(
    ("language", "order"),
    [
        ("sv", ["Alfa", "Écho", "Zeta", "Åkern", "Ängen", "Östern"]),
        ("en", ["Åkern", "Alfa", "Ängen", "Écho", "Östern", "Zeta"]),
    ],
)
def test_18_a_mail_has_its_companies_in_its_readers_alphabet(
    mails: World, post_office: PostOffice, language: str, order: list[str]
) -> None:
    mails.organisation("partner", "P1", "p@sykehus.example", language=language)
    for number, name in enumerate(sorted(order)):
        state = introduction_state(f"C{number}", "P1", "A1", len(order))
        state["company"] = {**state["company"], "name": name}
        mails.hear("introductions", f"R-P1.C{number}", state)
    mails.compose()
    mails.send(smtp_server(post_office.url))
    [text] = post_office.texts()
    assert re.findall(rf"^({'|'.join(order)})\b", text, re.MULTILINE) == order, text


# 19: cells that say one thing in another way
def test_19_an_optional_cell_costs_no_company(office: Office) -> None:
    head = (
        "id;name;country;language;description;contact_email;contact_language;membership;focus_areas;employees"
    )
    found = office.take_rows(
        head,
        "C1;A AB;Sweden;sv-SE;Beds.;Anna Ek <anna@exempel.example>;en_GB;Medlem;Ageing, Digital;1,200",
        "C2;B AB;Sweden;Svenska;Beds.;mailto:b@exempel.example;English (UK);Small member;healthy ageing;1 200 st",
        "C3;C AB;Sweden;SWE;Beds.;N/A;;?;TBD;N/A",
        "C4;D AB;Sweden;xx-yy;Beds.;a@exempel.example; b@exempel.example;;;".replace("; b@", ", b@")
        + ";ca 50",
        "C5;E AB;Sweden;sv/en;Beds.;;;Gold;joy;10-20",
    )
    assert "5 added, 0 changed, 0 unchanged, 0 rejected" in office.said
    read = [
        (one["language"], (one["contact"] or {}).get("language"), one["membership"], one["employees"])
        for one in found.values()
    ]
    assert read == [
        ("sv", "en", "member", 1200), ("sv", "en", "small_member", 1200), ("sv", None, "member", None),
        ("", None, "member", None), ("", None, "member", None),
    ]  # fmt: skip
    assert found["C1"]["contact"]["name"] == "Anna Ek"
    assert found["C1"]["capabilities"][0]["focus_areas"] == ["ageing", "digital"]
    for cell in ("language 'xx-yy'", "employees 'ca 50'", "membership 'Gold'", "'joy' is no focus area"):
        assert cell in office.said
    assert "holds more than one address" in office.said


# 10, 11: behind proxies, under a path
HOSTS = ("127.0.0.1:8080", "match.example")


@pytest.mark.parametrize("path", ["", "/matchmaking"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": HOSTS[0], "X-Forwarded-Host": HOSTS[1], "Referer": "{}/sign-in"},
        {"Host": HOSTS[0], "Referer": "{}/sign-in"},
        {"Host": HOSTS[1]},
        {"Host": HOSTS[0], "Origin": "https://match.example:8443"},
    ],
)
def test_10_11_staff_sign_in_behind_whatever_proxy(
    state_dir: Path, clock: SettableClock, ids: IdSource, headers: dict[str, str], path: str
) -> None:
    outside = f"https://match.example{':8443' if 'Origin' in headers else ''}{path}"
    assert read_settings({"HANDSLAG_BASE_URL": outside}).base_url == outside
    app = matching_app(for_tests(state_dir, base_url=outside), clock, ids)
    client = app.test_client(use_cookies=False)
    sent = {name: value.format(outside) for name, value in headers.items()} | {"X-Forwarded-Proto": "https"}
    page = client.get(f"{path}/sign-in", headers=sent)
    [token] = set(re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page.text))
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    form = {"csrf_token": token, "token": "staff-token-for-tests"}
    answer = client.post(f"{path}/sign-in", data=form, headers={**sent, "Cookie": cookie})
    assert answer.status_code in (302, 303), answer.text
    assert answer.headers["Location"].startswith((f"{path}/", f"{outside}/"))
    links = re.findall(r'(?:href|action|src)="(/[^"]*)"', page.text)
    assert links
    assert all(link.startswith(f"{path}/") for link in links)
    app.extensions["handslag-database"].close()


# 21: marks before JSON
@pytest.mark.parametrize(
    ("encoding", "status"), [("utf-8", 201), ("utf-8-sig", 201), ("utf-16", 400), ("utf-32-le", 400)]
)
def test_21_a_mark_before_json_is_ignored_and_another_encoding_named(
    office: Office, encoding: str, status: int
) -> None:
    answer = office.api.send(
        "companies", json.dumps({**NEW, "name": "Märket AB"}, ensure_ascii=False).encode(encoding)
    )
    assert answer.status_code == status
    if status == 201:
        assert answer.json["name"] == "Märket AB"
    else:
        assert encoding[:6].upper() in answer.json["detail"]
