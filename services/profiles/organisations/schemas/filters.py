"""How lists are asked for and answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load

from services.profiles.organisations.schemas.fields import (
    ProfileSchema,
    Text,
    id_field,
    takes_any,
    word_field,
)
from services.profiles.organisations.schemas.profiles import WHOLE
from services.profiles.organisations.store import Wanted
from shared.web.api import PageArgs
from shared.web.schemas import invalid
from shared.words.countries import country_code


def _is_country(word: str) -> None:
    if word and country_code(word) is None:
        raise invalid(
            "%(word)r is no country that is known here",
            "write one country's code of two letters or its name, such as SE, Sweden or Sverige",
            word=word,
        )


class Filters(PageArgs, ProfileSchema):
    """What every list is filtered with: one page, and no filter that would show everything unseen."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Take every word as one that is looked for, `?` too: an empty filter would show everything."""
        if isinstance(field_obj, Text):
            field_obj.no_value = takes_any

    @pre_load
    def refuse_unknown(self, data: Mapping[str, Any], **_rest: Any) -> Mapping[str, Any]:
        """Refuse unknown filters: a misspelt one would show everything."""
        unknown = {name: [f"is no filter here; choose from {', '.join(self.fields)}"] for name in data}
        for name in self.fields:
            unknown.pop(name, None)
        if unknown:
            raise ValidationError(unknown)
        return data


class _ProfileFilters(Filters):
    status = word_field(metadata={"description": "such as active, open or withdrawn"})
    focus_area = word_field(metadata={"description": "a focus area's code"})
    q = Text(
        200,
        metadata={
            "description": "words or parts of words of the name or title, in any order, "
            "in any case, with or without accents"
        },
    )


class OrganisationFilters(_ProfileFilters):
    """Which companies or partners are wanted."""

    country = Text(
        80,
        validate=_is_country,
        metadata={"description": "a country's code or its name, such as SE, Sweden or Sverige"},
    )
    kind = word_field()


class VisitFilters(_ProfileFilters):
    """Which visits are wanted."""

    direction = word_field(metadata={"description": "incoming, outbound or online"})
    partner_id = id_field()


class RequestFilters(_ProfileFilters):
    """Which match requests are wanted."""

    partner_id = id_field()


FILTERS: Mapping[str, type[Schema]] = {
    "companies": OrganisationFilters,
    "partners": OrganisationFilters,
    "visits": VisitFilters,
    "requests": RequestFilters,
}


def wanted(query: Mapping[str, Any]) -> Wanted:
    """Read what a list's query asks for."""
    names = {"q": "name", "direction": "kind"}
    return Wanted(**{names.get(name, name): value for name, value in query.items()})


def page_schema(kind: str) -> type[Schema]:
    """Make the schema of one page of a list."""
    return Schema.from_dict(
        {
            "items": fields.List(fields.Nested(WHOLE[kind])),
            "page": fields.Integer(),
            "page_size": fields.Integer(),
            "total": fields.Integer(metadata={"description": "how many there are on all pages"}),
        },
        name=f"{WHOLE[kind].__name__}Page",
    )
