"""Capabilities and needs: the short form with one text, and the numbering of those without an id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from services.profiles.refusals import wrong

Fields = dict[str, Any]


def company_fields(given: Mapping[str, Any]) -> Fields:
    """Return a company's fields with its capabilities as a list, each with an id of its own.

    A company with a `description` and no capabilities offers one thing, `c1`, with the description as text
    and `focus_areas`. Raises RefusedError when it offers nothing or when the short form is mixed with the list.
    """
    fields = dict(given)
    areas = fields.pop("focus_areas", [])
    capabilities = fields.get("capabilities") or []
    if capabilities:
        if areas:
            raise wrong("focus_areas", "goes with a description alone", "give each capability its own")
        fields["capabilities"] = numbered(capabilities, "c", "capabilities")
    elif fields.get("description"):
        fields["capabilities"] = [single("c1", fields["description"], areas, _CAPABILITY)]
    else:
        raise wrong(
            "description",
            "is missing",
            "say what the company offers, here or in capabilities with a text each",
        )
    return fields


def partner_fields(given: Mapping[str, Any]) -> Fields:
    """Return a partner's fields with its needs as a list, each with an id of its own.

    A partner with one `need` has the need `n1` with that text and `focus_areas`.
    Raises RefusedError when it needs nothing or when the short form is mixed with the list.
    """
    fields = dict(given)
    need = fields.pop("need", "")
    areas = fields.pop("focus_areas", [])
    needs = fields.get("needs") or []
    if needs:
        if need:
            raise wrong("need", "stands for a list of one", "leave it out or leave needs out")
        if areas:
            raise wrong("focus_areas", "goes with need alone", "give each of the needs its own")
        fields["needs"] = numbered(needs, "n", "needs")
    elif need:
        fields["needs"] = [single("n1", need, areas, _NEED)]
    else:
        raise wrong("need", "is missing", "say what the partner looks for, here or in needs with a text each")
    return fields


def request_fields(given: Mapping[str, Any], partner_needs: Sequence[Mapping[str, Any]]) -> Fields:
    """Return a match request's fields; one without needs takes those that its partner has now.

    Raises RefusedError when two needs have the same id.
    """
    fields = dict(given)
    needs = fields.get("needs") or [dict(need) for need in partner_needs]
    fields["needs"] = numbered(needs, "n", "needs")
    if fields.get("visit_from") and fields.get("visit_to") and fields["visit_to"] < fields["visit_from"]:
        raise wrong("visit_to", "is before visit_from", "give the later day")
    return fields


def visit_fields(given: Mapping[str, Any]) -> Fields:
    """Return a visit's fields. Raises RefusedError when it ends before it starts or two needs share an id."""
    fields = dict(given)
    if fields["ends_on"] < fields["starts_on"]:
        raise wrong("ends_on", "is before starts_on", "give the later day")
    fields["delegates"] = [
        {**delegate, "needs": numbered(delegate["needs"], "n", f"delegates.{place}.needs")}
        for place, delegate in enumerate(fields.get("delegates") or [])
    ]
    return fields


_CAPABILITY: Mapping[str, Any] = {
    "title": "",
    "regulatory_status": None,
    "evidence": "",
    "stage": None,
    "references": [],
}
_NEED: Mapping[str, Any] = {"title": "", "requirements": ""}


def single(id: str, text: str, focus_areas: Sequence[str], rest: Mapping[str, Any]) -> Fields:
    """Return the one capability or need that a short form stands for."""
    return {"id": id, "text": text, "focus_areas": list(focus_areas), **rest}


def numbered(items: Sequence[Mapping[str, Any]], letter: str, field: str) -> list[Fields]:
    """Return the items, those without an id as `letter` and the first free numbers from 1 on.

    Raises RefusedError when two have the same id.
    """
    taken: dict[str, int] = {}
    for place, item in enumerate(items):
        if item.get("id"):
            if item["id"] in taken:
                raise wrong(
                    f"{field}.{place}.id",
                    "%(id)s is taken by %(other)s",
                    "choose another",
                    id=item["id"],
                    other=f"{field}.{taken[item['id']]}",
                )
            taken[item["id"]] = place
    free = _free_ids(letter, taken)
    return [{**item, "id": item.get("id") or next(free)} for item in items]


def _free_ids(letter: str, taken: Mapping[str, int]) -> Iterator[str]:
    return (name for name in (f"{letter}{number}" for number in count(1)) if name not in taken)
