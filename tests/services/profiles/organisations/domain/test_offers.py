"""Capabilities and needs: the short form, and their numbering."""

from __future__ import annotations

from typing import Any

import pytest

from services.profiles.organisations.domain.offers import (
    company_fields,
    partner_fields,
    request_fields,
    visit_fields,
)
from services.profiles.refusals import RefusedError


def test_a_description_alone_becomes_one_capability() -> None:
    fields = company_fields({"description": "Beds.", "focus_areas": ["hospitals"], "capabilities": []})
    assert fields["capabilities"] == [
        {
            "id": "c1",
            "text": "Beds.",
            "focus_areas": ["hospitals"],
            "title": "",
            "regulatory_status": None,
            "evidence": "",
            "stage": None,
            "references": [],
        }
    ]
    assert fields["description"] == "Beds."
    assert "focus_areas" not in fields


def test_a_need_alone_becomes_one_need() -> None:
    fields = partner_fields({"need": "Clean hands.", "focus_areas": ["amr"], "needs": []})
    need = {"id": "n1", "text": "Clean hands.", "focus_areas": ["amr"], "title": "", "requirements": ""}
    assert fields == {"needs": [need]}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "description"),
        ({"description": "", "capabilities": []}, "description"),
        ({"capabilities": [{"text": "a"}], "focus_areas": ["amr"]}, "focus_areas"),
        ({"capabilities": [{"id": "x", "text": "a"}, {"id": "x", "text": "b"}]}, "capabilities.1.id"),
    ],
)
def test_a_company_that_offers_nothing_clear_is_refused_by_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(RefusedError) as refused:
        company_fields(given)
    assert [fault.field for fault in refused.value.faults] == [field]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "need"),
        ({"needs": [{"text": "a"}], "need": "b"}, "need"),
        ({"needs": [{"text": "a"}], "focus_areas": ["amr"]}, "focus_areas"),
    ],
)
def test_a_partner_that_needs_nothing_clear_is_refused_by_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(RefusedError) as refused:
        partner_fields(given)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_offers_without_an_id_get_the_first_free_numbers() -> None:
    fields = company_fields(
        {"capabilities": [{"text": "a"}, {"id": "c1", "text": "b"}, {"id": "", "text": "c"}]}
    )
    assert [item["id"] for item in fields["capabilities"]] == ["c2", "c1", "c3"]


def test_a_request_without_needs_takes_its_partners() -> None:
    assert request_fields({"needs": []}, [{"id": "n7", "text": "a"}])["needs"] == [{"id": "n7", "text": "a"}]
    assert request_fields({"needs": [{"text": "b"}]}, [{"id": "n7", "text": "a"}])["needs"] == [
        {"id": "n1", "text": "b"}
    ]


def test_days_that_end_before_they_start_are_refused() -> None:
    with pytest.raises(RefusedError, match="visit_to is before visit_from"):
        request_fields({"needs": [], "visit_from": "2026-05-02", "visit_to": "2026-05-01"}, [])
    with pytest.raises(RefusedError, match="ends_on is before starts_on"):
        visit_fields({"starts_on": "2026-05-02", "ends_on": "2026-05-01"})
