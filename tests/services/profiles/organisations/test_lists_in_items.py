"""What programs send in lists and texts: read where it can mean one thing only, else refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.profiles.caller import Caller

pytestmark = pytest.mark.parametrize(
    "database_url", ["sqlite"], indirect=True
)  # nothing here is about databases


def body(**changes: Any) -> dict[str, Any]:
    return {"id": "C1", "name": "Exempel AB", "description": "Beds.", **changes}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"markets": ["Norge och Danmark", "EU/Benelux"]}, ["Norge", "Danmark", "EU", "Benelux"]),
        ({"markets": ["N/A"]}, None),
        ({"markets": ["Namibia, SE"]}, ["Namibia", "SE"]),
        ({"excluded_markets": ["Norway, Denmark"]}, ["Norway", "Denmark"]),
        ({"excluded_markets": ["none"]}, []),
        ({"languages": ["sv, en_GB", "Finnish"]}, ["sv", "en", "fi"]),
        ({"partnership_kinds": ["Pilot; distribution"]}, ["pilot", "distribution"]),
        ({"not_to_meet": ["P1, P2"]}, ["P1", "P2"]),
        ({"exclusive_distributors": {"Norway & Denmark": "P1"}}, {"Norway": "P1", "Denmark": "P1"}),
        ({"membership": "Network"}, "network"),
        ({"language": "sv-SE"}, "sv"),
        ({"country": "TBD"}, ""),
        ({"name": "\u200bExempel\u00ad &amp; So\u0308ner\u2028"}, "Exempel & Söner"),
        ({"description": "<p>One</p>two\u2028three"}, "One\ntwo\nthree"),
    ],
)
def test_it_is_read_as_it_is_meant(staff: Caller, sent: dict[str, Any], kept: Any) -> None:
    (field,) = sent
    answer = staff.post("companies", body(**sent))
    assert answer.status_code == 201, answer.json
    assert answer.json[field] == kept
    again = staff.put("companies/C1", answer.json, If_Match='"1"')
    assert (again.status_code, again.json["version"]) == (200, 1)


def test_a_status_that_is_not_known_is_null_and_not_none(staff: Caller) -> None:
    offers = [{"text": "Beds", "regulatory_status": [said]} for said in ("N/A", "CE and FDA")]
    answer = staff.post("companies", body(capabilities=offers))
    assert [one["regulatory_status"] for one in answer.json["capabilities"]] == [None, ["CE", "FDA"]]


def test_must_haves_are_read_as_lists_too(staff: Caller) -> None:
    staff.post("partners", {"id": "P1", "name": "Exempelsykehuset", "need": "Beds."})
    wanted = {"regulatory_status": ["CE, MDR"], "languages": ["N/A"], "partnership_kinds": ["pilot; licence"]}
    answer = staff.post("requests", {"partner_id": "P1", "must_haves": wanted})
    assert answer.json["must_haves"] == {
        "regulatory_status": ["CE", "MDR"],
        "languages": [],
        "partnership_kinds": ["pilot", "licence"],
    }


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({"markets": ["Norway", "Sweden, Atlantis"]}, "markets.1", "'Atlantis' is no country"),
        ({"excluded_markets": ["somewhere"]}, "excluded_markets.0", "'somewhere' is no country"),
        ({"exclusive_distributors": {"Atlantis": "P1"}}, "exclusive_distributors.Atlantis.key", "'Atlantis'"),
        ({"languages": ["sv, gibberish"]}, "languages.0", "'gibberish' is no language"),
        ({"language": "dk"}, "language", "is no ISO 639 language code"),
        ({"focus_areas": ["Ageing, joy"]}, "focus_areas.0", "'joy' is no focus area"),
        ({"name": "N/A"}, "name", "'N/A' says that it is not known"),
        ({"employees": "1,200"}, "employees", "is no whole number"),
    ],
)
def test_what_nobody_knows_is_refused_by_name(
    staff: Caller, sent: dict[str, Any], field: str, said: str
) -> None:
    answer = staff.post("companies", body(**sent))
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert error["field"] == field
    assert said in error["problem"]
    assert error["fix"]
