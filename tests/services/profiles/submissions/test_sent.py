"""What a stranger sent is let in as staff saw it: reading it again changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from services.profiles.organisations.schemas.posted import POSTED
from services.profiles.refusals import RefusedError
from services.profiles.submissions.sent import understood_raw, whole_of
from services.profiles.tables import submissions
from shared.storage.engine import Database
from tests.services.profiles.caller import Caller, Profile

WORDS = (
    "A", "Norway", "Sverige", "EU", "Norden", "worldwide", "och", "&", "/", ",", ";", "\n", " ", "-", " - ", "- ",
    "2. ", "•", '"', "(", ")", "]", "N/A", "none", "inga", "no", "NA", "P001", "CE", "MDR class IIa", "class I", "FDA",
    "sv", "en", "English", "svenska", "Inc.", "Ltd", "utom", "a@b.example", "<", "&amp;", "&shy;", "lt;", "<b>", "</b>",
    "\u00ad", "\u200b", "\u180b", "&ANGST;", "digital", "distributor", "0701 23", ":", "*", "abcd.",
)  # fmt: skip
LISTS = (
    "existing_customers", "competitors", "not_to_meet", "markets", "excluded_markets", "partnership_kinds", "languages",
    "focus_areas",
)  # fmt: skip
TEXTS = ("name", "country", "city", "website", "language", "kind", "description")
WRITTEN = st.tuples(st.sampled_from(("", " ")), st.lists(st.sampled_from(WORDS), min_size=1, max_size=6)).map(
    lambda drawn: drawn[0].join(drawn[1])
)
COMPANY = st.one_of(
    st.builds(lambda name, item: {name: [item]}, st.sampled_from(LISTS), WRITTEN),
    st.builds(lambda name, text: {name: text}, st.sampled_from(TEXTS), WRITTEN),
    st.builds(lambda where, who: {"exclusive_distributors": {where: who}}, WRITTEN, WRITTEN),
    st.builds(
        lambda text, item: {
            "capabilities": [{"text": text, "regulatory_status": [item], "references": [item]}]
        },
        WRITTEN,
        WRITTEN,
    ),
    st.builds(
        lambda name, phone: {"contact": {"name": name, "phone": phone, "email": "a@b.example"}},
        WRITTEN,
        WRITTEN,
    ),
).map(lambda fields: {"name": "Alpha", "description": "Larm.", **fields})
REQUEST = st.one_of(
    st.builds(
        lambda name, item: {"must_haves": {name: [item]}},
        st.sampled_from(("regulatory_status", "languages")),
        WRITTEN,
    ),
    st.builds(lambda title, text: {"title": title, "needs": [{"text": text}]}, WRITTEN, WRITTEN),
    st.builds(lambda name: {"partner": {"name": name, "country": "Norway"}}, WRITTEN),
).map(lambda fields: {"partner": {"name": "Fjord"}, "needs": [{"text": "Beds."}], **fields})


@pytest.mark.parametrize(("kind", "fields"), [("companies", COMPANY), ("requests", REQUEST)])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_was_sent_is_read_the_second_time_as_the_first(
    kind: str, fields: st.SearchStrategy[dict[str, Any]], data: st.DataObject
) -> None:
    given = data.draw(fields)
    try:
        loaded = POSTED[kind]().load(given)
        sent = understood_raw(kind, given).sent
    except (ValidationError, RefusedError):
        return
    assert whole_of(kind, sent) == POSTED[kind]().load(sent) == loaded


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        (
            {"existing_customers": ["Alpha, 2. Beta; 1. 2. Gamma"]},
            {"existing_customers": ["Alpha", "Beta", "Gamma"]},
        ),
        ({"partnership_kinds": ["* - Pilot; - 3. Sale"]}, {"partnership_kinds": ["pilot", "sale"]}),
        ({"partnership_kinds": ["&ANGST;&AMP;shy;"]}, {"partnership_kinds": ["å"]}),
        ({"markets": ["Norway \u180b ]"]}, {"markets": ["Norway"]}),
        (
            {"exclusive_distributors": {"EU ) \u061c Norden": "F"}},
            {"exclusive_distributors": {"EU": "F", "Norden": "F"}},
        ),
        ({"website": "a.example/?b=1&\u00adcopy;=2"}, {"website": "a.example/?b=1©=2"}),
    ],
)
def test_marks_and_signs_are_taken_off_the_first_time(fields: dict[str, Any], read: dict[str, Any]) -> None:
    given = {"name": "Alpha", "description": "Larm.", **fields}
    sent = understood_raw("companies", given).sent
    assert {name: sent[name] for name in read} == read
    assert POSTED["companies"]().load(sent) == POSTED["companies"]().load(given)


def test_a_text_that_would_be_read_otherwise_today_is_let_in_as_it_was_shown() -> None:
    sent = {"name": "&amp;", "description": "only &lt;b&gt;here&lt;/b&gt;", "markets": ["2. Norway"]}
    assert {name: whole_of("companies", sent)[name] for name in sent} == sent


def test_a_field_that_has_come_to_be_asked_for_is_told() -> None:
    with pytest.raises(ValidationError) as told:
        whole_of("requests", {"needs": [{"title": "Beds"}]})
    assert "text" in str(told.value)


def test_what_lacks_a_field_that_has_come_to_be_asked_for_is_told_and_not_let_in(
    anyone: Caller, staff: Caller, partner: Profile, database: Database
) -> None:
    staff.post("partners", partner)
    id = anyone.post("partners", partner).json["id"]
    with database.writing() as connection:
        connection.execute(sa.update(submissions).values(sent='{"need": "Beds."}'))
    for answer in (
        staff.post(f"submissions/{id}/let-in", {}),
        staff.get(f"submissions/{id}/changes?record_id=P1"),
    ):
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json["errors"]] == ["name"]


def test_hidden_markup_is_let_in_as_it_was_shown(anyone: Caller, staff: Caller) -> None:
    text = "Beds. &\u00adlt;script&\u00adgt;only in Norway&\u00adlt;/script&\u00adgt; too"
    took = anyone.post("companies", {"name": "A&\u00adamp;B", "description": text}).json
    made = staff.post(f"submissions/{took['id']}/let-in", {}).json["records"][0]["id"]
    record = staff.get(f"companies/{made}").json
    shown = took["submitted"]
    assert (record["name"], record["description"]) == (shown["name"], shown["description"])
    assert record["description"] == "Beds.  too"
