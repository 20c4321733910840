"""Every text that a person can type: whose it is, and that those of an organisation are gone when it is erased."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import click
import pytest
from werkzeug.test import Client

from deploy.command import main
from deploy.operations.databases import Databases
from deploy.runtime.web import create_web
from services.matching import tables
from shared.clock import system_clock
from shared.ids import random_ids
from shared.settings.registry import Settings, for_tests
from tests.deploy.operations.conftest import Command, settled, wait_for, working

ROOT = Path(__file__).parents[3]
CANARY = "Zwicklefitz"
STAFF = {"Authorization": "Bearer staff-token-for-tests"}

ORGANISATION = frozenset(
    {"name", "city", "description", "kind", "partnership_kinds[]", "website"}
    | {f"contact.{name}" for name in ("name", "email", "phone")}
)
COMPANY = ORGANISATION | {
    *(f"capabilities[].{name}" for name in ("title", "text", "evidence", "stage")),
    "capabilities[].references[]",
    "capabilities[].regulatory_status[]",
    "exclusive_distributors.*",
    "existing_customers[]",
}
NEEDS = frozenset(["needs[].title", "needs[].text", "needs[].requirements"])
PARTNER = ORGANISATION | NEEDS | {"need"}
REQUEST = NEEDS | {"title", "must_haves.regulatory_status[]", "must_haves.partnership_kinds[]"}
VISIT = frozenset(["title", "places[]", "staff_owner", "payer", "delegates[].role"]) | {
    f"delegates[].{name}" for name in NEEDS
}
SENT_WITH = {f"partner.{name}" for name in PARTNER}
GOES: Mapping[str, frozenset[str]] = {
    "/api/v1/companies": COMPANY,
    "/api/v1/partners": PARTNER,
    "/api/v1/visits": VISIT,
    "/api/v1/requests": REQUEST | SENT_WITH,
    "/api/v1/submissions/{id}/refuse": frozenset({"reason"}),
    "/api/v1/reports/{request_id}/approvals": frozenset({"note"}),
    "/api/v1/reports/{request_id}/rejections": frozenset({"reason"}),
    "/api/v1/reports/{request_id}/exclusions/{company_id}/{code}/lifted": frozenset({"reason"}),
    "/api/v1/plans/introductions/approvals": frozenset({"note"}),
    "/api/v1/duplicates/{side}/{id}/{other_id}": frozenset({"reason"}),
}
"""What is an organisation's: gone when it is erased."""
OF_NOBODY = {"/api/v1/scoring-policies/drafts/{draft_id}/activate": {"note"}}
"""What is about no organisation: no erasure can find it."""
CODES = re.compile(
    r"(?:.*\.)?(?:id|ids\[\]|[a-z]+_id|matches\[\]|sessions\[\]|keep|who|fields\[\]|source_of|country|language|languages\[\]"
    r"|competitors\[\]|not_to_meet\[\]|focus_areas\[\]|markets\[\]|excluded_markets\[\]|status|updated_at|time_zone|date|starts_on|ends_on|visit_from|visit_to"
    r"|place|from|to|start|end|day_start|day_end|lunch_start|lunch_end|tracks\[\]\[\]|made_by|made_at|confirmed_by|confirmed_at)"
)
"""Fields that hold ids, codes and moments: checked where they come in, with no room for a person's words."""
FORMS = {
    "companies": {"name", "city", "contact_name", "email", "phone", "text_1", "kind", "website"},
    "staff": {"reason", "note"},
    "looked for, and not kept": {"q", "partner", "words"},
    "codes": {"record_id", "breaks", "country", "language", "token"},
}
COMMANDS = {
    "ids and codes": {"id", "letter", "request_id", "company_id", "encoding", "sheet"},
    "the letter's, and goes with it": {"dead discard reason"},
    "looked for, and not kept": {"mails retry reason"},
}


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((ROOT / "docs" / "openapi").glob("*.json")):
        yield path.stem, json.loads(path.read_text("utf-8"))


def leaves(document: Mapping[str, Any], schema: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Yield the names of the texts in what a schema takes."""
    if "$ref" in schema:
        found = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        yield from leaves(document, found, at)
    for word in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(word, ()):
            yield from leaves(document, one, at)
    for name, one in schema.get("properties", {}).items():
        yield from leaves(document, one, f"{at}.{name}" if at else name)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from leaves(document, schema["additionalProperties"], f"{at}.*")
    if "items" in schema:
        yield from leaves(document, schema["items"], f"{at}[]")
    if "string" in schema.get("type", ()) and "enum" not in schema:
        yield at


def typed() -> dict[str, set[str]]:
    """All texts that the API takes, by the address: what is changed has the texts of what is made."""
    found: dict[str, set[str]] = {}
    for _, document in documents():
        for path, methods in document["paths"].items():
            for method in {"post", "put", "patch"} & set(methods):
                content = methods[method].get("requestBody", {}).get("content", {})
                for body in content.values():
                    made = re.sub(r"^(/api/v1/(?:companies|partners|visits|requests))/\{id\}$", r"\1", path)
                    found.setdefault(made, set()).update(leaves(document, body["schema"]))
    return found


def test_of_every_text_that_the_api_takes_it_is_known_whose_it_is() -> None:
    found = typed()
    assert len(found) > 15
    known = {path: set(GOES.get(path, ())) | OF_NOBODY.get(path, set()) for path in found}
    unknown = {
        path: sorted(name for name in names - known[path] if not CODES.fullmatch(name))
        for path, names in found.items()
    }
    assert {path: names for path, names in unknown.items() if names} == {}
    gone = {path: sorted(names - found.get(path, set())) for path, names in GOES.items()}
    assert {path: names for path, names in gone.items() if names} == {}


def test_of_every_text_that_a_form_takes_it_is_known_whose_it_is() -> None:
    field = re.compile(r"<(?:textarea|input)\b[^>]*>")
    other = re.compile(r'type="(?:hidden|checkbox|radio|number|date|time|submit)"')
    found = set()
    for path in ROOT.glob("s*/**/templates/**/*.html"):
        for element in field.findall(path.read_text("utf-8")):
            name = re.search(r'\bname="([^"]*)"', element)
            if name and not other.search(element) and "{{" not in name[1]:
                found.add(name[1])
    assert {"note", "reason"} <= found
    assert found - set().union(*FORMS.values()) - {"name"} == set()


def test_of_every_text_that_a_command_takes_it_is_known_whose_it_is() -> None:
    known = set().union(*COMMANDS.values())

    def commands(one: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
        if isinstance(one, click.Group):
            for word in one.list_commands(click.Context(one)):
                below = one.get_command(click.Context(one), word)
                assert below is not None
                yield from commands(below, f"{name} {word}".strip())
        else:
            yield name, one

    unknown = [
        f"{name} {parameter.name}"
        for name, command in commands(main, "")
        for parameter in command.params
        if parameter.type.name == "text" and not known & {parameter.name, f"{name} {parameter.name}"}
    ]
    assert unknown == []


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return for_tests(tmp_path / "state")


class Typist:
    """Types the canary into each text of a body, and remembers what has been typed where."""

    def __init__(self, settings: Settings) -> None:
        self._client = Client(create_web("all", settings, system_clock, random_ids))
        self._numbers = count()
        self.typed: dict[str, set[str]] = {}

    def send(self, method: str, address: str, body: Any, *status: int, path: str = "", **headers: str) -> Any:
        """Send a body to an address of the API (`path` as the documents call it); return what is answered."""
        self.typed.setdefault(path or address, set()).update(words(body))
        sent = {**STAFF, "Idempotency-Key": f"{CANARY} {next(self._numbers)}"} | {
            name.replace("_", "-"): value for name, value in headers.items() if value
        }
        if "Authorization" in headers:
            del sent["Authorization"]
        answer = self._client.open(address, method=method, json=body, headers=sent)
        assert answer.status_code in (status or (200, 201, 202)), (address, answer.text)
        return answer.get_json()

    def get(self, address: str) -> Any:
        return self._client.get(address, headers=STAFF).get_json()


def words(body: Any, at: str = "") -> Iterator[str]:
    """Yield the names of the texts in a body that hold the canary."""
    if isinstance(body, dict):
        for name, one in body.items():
            its = f"{at}.*" if at == "exclusive_distributors" else f"{at}.{name}" if at else name
            yield from words(one, its)
    elif isinstance(body, list):
        for one in body:
            yield from words(one, f"{at}[]")
    elif isinstance(body, str) and CANARY.lower() in body.lower():
        yield at


ABOUT = {
    "city": f"{CANARY}stad",
    "website": f"https://{CANARY.lower()}.example",
    "description": f"{CANARY}: steam sterilisers and washer disinfectors for hospitals' sterile services.",
    "kind": f"{CANARY} kind".lower(),
    "partnership_kinds": [f"{CANARY} kind".lower()],
    "contact": {
        "name": f"{CANARY} Person",
        "email": f"{CANARY.lower()}@example.org",
        "phone": f"+46 70 123 ({CANARY})",
    },
}
NEED = {
    "title": f"{CANARY} need",
    "text": f"{CANARY}: steam sterilisers for the sterile services of a new hospital.",
    "requirements": f"{CANARY} must",
}


def type_everything(settings: Settings, databases: Databases) -> Typist:
    """Have an organisation of each side say the canary wherever it can, and staff wherever they write of it."""
    typist = Typist(settings)
    send = typist.send
    capability = {
        "title": f"{CANARY} offer",
        "text": f"{CANARY} steam sterilisers for sterile services",
        "evidence": f"{CANARY} study",
        "stage": f"{CANARY} stage",
        "references": [f"{CANARY} hospital"],
        "regulatory_status": [f"{CANARY} mark"],
    }
    company = {
        **ABOUT,
        "id": "C1",
        "name": f"{CANARY} AB",
        "country": "Sweden",
        "capabilities": [capability],
        "exclusive_distributors": {"Norway": f"{CANARY} agents"},
        "existing_customers": [f"{CANARY} customer"],
    }
    send("POST", "/api/v1/companies", company)
    plain = "Washer disinfectors and steam sterilisers for sterile services of hospitals."
    markets = {"markets": ["Iceland"]}
    send(
        "POST", "/api/v1/companies", {"id": "C2", "name": "Two AB", "country": "Sweden", "description": plain}
    )
    send(
        "POST",
        "/api/v1/companies",
        {**ABOUT, "id": "C3", "name": f"{CANARY} 3 AB", "country": "Sweden", "description": plain, **markets},
        path="/api/v1/companies",
    )
    send(
        "POST",
        "/api/v1/partners",
        {**ABOUT, "id": "P1", "name": f"{CANARY} kommune", "country": "Norway", "needs": [NEED]},
    )
    send("POST", "/api/v1/partners", {"id": "P2", "name": "Oslo", "country": "Norway", "need": plain})
    send(
        "POST",
        "/api/v1/partners",
        {"id": "P3", "name": f"{CANARY} 3", "country": "Norway", "need": f"{CANARY} {plain}"},
    )
    visit = {
        "id": "V1", "title": f"{CANARY} visit", "partner_id": "P1", "starts_on": "2031-05-05", "ends_on": "2031-05-06",
        "direction": "incoming", "places": [f"{CANARY}by"], "staff_owner": f"{CANARY} host", "payer": f"{CANARY} fund",
        "delegates": [{"role": f"{CANARY} role", "needs": [NEED]}],
    }  # fmt: skip
    send("POST", "/api/v1/visits", visit)
    request = {
        "id": "R1", "partner_id": "P1", "visit_id": "V1", "title": f"{CANARY} request", "needs": [NEED],
        "must_haves": {"regulatory_status": [f"{CANARY} mark"], "partnership_kinds": [f"{CANARY} kind".lower()]},
    }  # fmt: skip
    send("POST", "/api/v1/requests", request)
    for id, partner in (("R2", "P2"), ("R3", "P2"), ("R4", "P1")):
        send(
            "POST",
            "/api/v1/requests",
            {"id": id, "partner_id": partner, "needs": [{"id": "n1", "text": plain}]},
        )
    anyone = {"Authorization": ""}
    known: dict[str, Any] = {**ABOUT, "name": f"{CANARY} kommune", "country": "Norway"}
    for its in ({**known, "needs": [NEED]}, {**known, "need": f"{CANARY} {plain}"}):
        asked = {"title": f"{CANARY} asks", "partner": its, "needs": [NEED]}
        send("POST", "/api/v1/requests", asked, **anyone)
    sent = {name: value for name, value in company.items() if name != "id"}
    send("POST", "/api/v1/companies", sent, **anyone)
    refused = typist.get("/api/v1/submissions?status=waiting")["items"][0]["id"]
    send(
        "POST", f"/api/v1/submissions/{refused}/refuse", {"reason": f"{CANARY} is known"},
        path="/api/v1/submissions/{id}/refuse",
    )  # fmt: skip
    settled(settings, databases)
    of_staff(typist)
    settled(settings, databases)
    return typist


def of_staff(typist: Typist) -> None:
    """What staff write on decisions, one text for an organisation that is erased and one that stays."""
    send = typist.send
    report = typist.get("/api/v1/reports/R2")
    by_company = {match["company"]["id"]: match["id"] for match in report["matches"]}
    assert {"C1", "C2"} <= set(by_company), report
    note = {"report_version": report["version"], "matches": [by_company["C1"], by_company["C2"]]}
    send(
        "POST", "/api/v1/reports/R2/approvals", {**note, "note": f"{CANARY} and Two know each other"},
        path="/api/v1/reports/{request_id}/approvals",
    )  # fmt: skip
    send(
        "PUT", "/api/v1/reports/R3/exclusions/C3/outside_markets/lifted", {"reason": f"{CANARY} goes there now"},
        path="/api/v1/reports/{request_id}/exclusions/{company_id}/{code}/lifted",
    )  # fmt: skip
    other = typist.get("/api/v1/reports/R3")
    matches = [match["id"] for match in other["matches"] if match["company"]["id"] in ("C1", "C2")]
    send(
        "POST", "/api/v1/reports/R3/rejections",
        {"report_version": other["version"], "matches": matches, "reason": f"{CANARY} and Two have no time"},
        path="/api/v1/reports/{request_id}/rejections",
    )  # fmt: skip
    plan = [{"request_id": "R4", "report_version": 0, "matches": []}]
    for one in plan:
        mine = typist.get("/api/v1/reports/R4")
        one |= {"report_version": mine["version"], "matches": [mine["matches"][0]["id"]]}
    send("POST", "/api/v1/plans/introductions/approvals", {"approvals": plan, "note": f"{CANARY} plan"})
    send(
        "PUT", "/api/v1/duplicates/company/C1/C2", {"same": False, "reason": f"{CANARY} is another"},
        path="/api/v1/duplicates/{side}/{id}/{other_id}",
    )  # fmt: skip


def places(settings: Settings) -> list[str]:
    wanted = CANARY.lower().encode()
    files = (path for path in settings.state_dir.rglob("*") if path.is_file())
    return [path.name for path in files if wanted in path.read_bytes().lower()]


def free(settings: Settings) -> bool:
    return not places(settings)


def test_every_text_that_can_be_typed_is_gone_when_its_organisation_is_erased(
    settings: Settings, databases: Databases, handslag: Command
) -> None:
    with working(settings):
        typist = type_everything(settings, databases)
        not_typed = {path: sorted(names - typist.typed.get(path, set())) for path, names in GOES.items()}
        assert {path: names for path, names in not_typed.items() if names} == {}
        mails = sorted(settings.state_dir.glob("mailbox/*.eml"))
        assert mails
        mails[0].with_name(f".{mails[0].name}.4711-1.part").write_text(f"Subject: {CANARY}")
        letter = {
            "topic": "companies", "partition": 0, "offset": 0, "timestamp_ms": 0, "key": b"C1",
            "value": CANARY.encode(), "headers": "[]", "reason": CANARY, "attempts": 1, "failed_at": "2026",
            "status": "discarded", "note": CANARY,
        }  # fmt: skip
        with databases["matching"].writing() as connection:
            connection.execute(tables.messaging.dead_letters.insert().values(letter))
        assert len(places(settings)) > 5
        for id in ("C1", "C3", "P1", "P3"):
            erased = handslag.json("erase", id, "--yes")
            assert (erased["done"], erased["left"]) == (True, []), erased
        wait_for("no file holds it", partial(free, settings))
