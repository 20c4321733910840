"""What the API and the import take as a company, a partner, a visit or a match request: unknown fields are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from services.profiles.organisations.domain.codes import (
    USUAL_COMPANY_KINDS,
    USUAL_PARTNER_KINDS,
    Direction,
    ProcurementStage,
)
from services.profiles.organisations.domain.plain_text import clean_country
from services.profiles.organisations.domain.value_lists import (
    IDS,
    LANGUAGES,
    MARKETS,
    NAMES,
    PARTNERSHIP_KINDS,
    PLACES,
    STATUSES,
)
from services.profiles.organisations.schemas.fields import (
    Distributors,
    Items,
    ProfileSchema,
    Text,
    Values,
    choice_field,
    day_field,
    email_field,
    focus_areas_field,
    id_field,
    language_field,
    lines_field,
    number_field,
    part,
    time_zone_field,
    website_field,
    word_field,
)
from shared.words.membership import Membership
from shared.words.not_known import has_no_value

NAME = 200
COUNTRY = 80
LONG = 5_000
MEDIUM = 2_000


class Contact(ProfileSchema):
    """Who to write to; may be missing altogether, then introductions wait for it."""

    name = Text(NAME, load_default=None, allow_none=True)
    email = email_field(required=True)
    phone = Text(40, no_value=has_no_value, load_default=None, allow_none=True)
    language = language_field(load_default=None, allow_none=True)


class Capability(ProfileSchema):
    """One thing a company offers."""

    id = id_field(metadata={"description": "unique in this company; numbered when left out"})
    title = Text(NAME, load_default="")
    text = lines_field(LONG, least=1, required=True)
    focus_areas = focus_areas_field()
    regulatory_status = Values(
        STATUSES,
        80,
        load_default=None,
        allow_none=True,
        metadata={"description": "approvals it has, such as CE, MDR, FDA; empty: none; null: not known"},
    )
    evidence = lines_field(MEDIUM, load_default="")
    stage = word_field(load_default=None, allow_none=True, metadata={"description": "how ready it is"})
    references = Items(Text(300, least=1))


class Need(ProfileSchema):
    """One thing a partner looks for."""

    id = id_field(metadata={"description": "unique in this list; numbered when left out"})
    title = Text(NAME, load_default="")
    text = lines_field(LONG, least=1, required=True)
    focus_areas = focus_areas_field()
    requirements = lines_field(MEDIUM, load_default="")


class _Organisation(ProfileSchema):
    name = Text(NAME, least=1, required=True)
    country = Text(
        COUNTRY, clean=clean_country, no_value=has_no_value, load_default="", metadata={"example": "Sweden"}
    )
    city = Text(120, load_default="")
    website = website_field(load_default="")
    language = language_field(load_default="", metadata={"description": "language of the texts, ISO 639-1"})
    description = lines_field(LONG, load_default="")
    partnership_kinds = Values(PARTNERSHIP_KINDS, 80, word=True)
    languages = Values(LANGUAGES, 8)
    employees = number_field()
    contact = part(Contact, load_default=None, allow_none=True)


class CompanyFields(_Organisation):
    """What a client may set of a company. A `description` alone, with `focus_areas`, becomes one capability."""

    kind = word_field(load_default="", metadata={"description": f"such as {', '.join(USUAL_COMPANY_KINDS)}"})
    membership = choice_field(
        Membership, load_default=None, metadata={"description": "set by staff; otherwise network"}
    )
    capabilities = Items(part(Capability), most=50)
    focus_areas = focus_areas_field(load_only=True)
    markets = Values(
        MARKETS,
        COUNTRY,
        load_default=None,
        allow_none=True,
        metadata={"description": "countries it wants to sell in; null: not known"},
    )
    excluded_markets = Values(MARKETS, COUNTRY, metadata={"description": "countries it does not sell in"})
    exclusive_distributors = Distributors(
        Text(NAME, least=1),
        COUNTRY,
        metadata={"description": "country to the partner id or the name of who sells there alone"},
    )
    capacity = number_field(metadata={"description": "introductions it can take in twelve months"})
    not_to_meet = Values(IDS, 64, metadata={"description": "partner ids"})
    existing_customers = Values(NAMES, NAME, metadata={"description": "partner ids or names"})
    competitors = Values(IDS, 64, metadata={"description": "company or partner ids"})


class PartnerFields(_Organisation):
    """What a client may set of a partner. One `need`, with `focus_areas`, may stand for the list."""

    kind = word_field(load_default="", metadata={"description": f"such as {', '.join(USUAL_PARTNER_KINDS)}"})
    needs = Items(part(Need), most=50)
    need = lines_field(LONG, load_only=True)
    focus_areas = focus_areas_field(load_only=True)
    capacity = number_field()
    not_to_meet = Values(IDS, 64, metadata={"description": "company ids"})


class Delegate(ProfileSchema):
    """One seat in a delegation, by role."""

    role = Text(NAME, least=1, required=True)
    needs = Items(part(Need), most=20)


class VisitFields(ProfileSchema):
    """What a client may set of a visit."""

    title = Text(NAME, least=1, required=True)
    direction = choice_field(Direction, required=True)
    partner_id = id_field(load_default=None, allow_none=True)
    starts_on = day_field(required=True)
    ends_on = day_field(required=True)
    places = Values(PLACES, NAME)
    staff_owner = Text(
        NAME, load_default="", metadata={"description": "a staff role or account id, not a name"}
    )
    payer = Text(NAME, load_default="")
    delegates = Items(part(Delegate), most=60)
    time_zone = time_zone_field(
        load_default="",
        metadata={
            "description": "IANA name of the zone that its hours are in; empty: the organiser's",
            "example": "Europe/Stockholm",
        },
    )


class MustHaves(ProfileSchema):
    """What a company must have to be introduced at all; an empty list asks nothing."""

    regulatory_status = Values(STATUSES, 80)
    partnership_kinds = Values(PARTNERSHIP_KINDS, 80, word=True)
    languages = Values(LANGUAGES, 8)


class RequestFields(ProfileSchema):
    """What a client may set of a match request; without needs it takes those that its partner has now."""

    partner_id = id_field(required=True)
    visit_id = id_field(load_default=None, allow_none=True)
    title = Text(NAME, load_default="")
    needs = Items(part(Need), most=50)
    must_haves = part(MustHaves, load_default=lambda: MustHaves().load({}))
    procurement_stage = choice_field(ProcurementStage, load_default=ProcurementStage.NONE.value)
    visit_from = day_field(load_default=None, allow_none=True)
    visit_to = day_field(load_default=None, allow_none=True)


class _WithId(ProfileSchema):
    id = id_field(metadata={"description": "chosen by the client, otherwise given by the service"})


class PartProvenance(Schema):
    """Who made one part of a record, and who last confirmed it: staff, import, organisation or anyone."""

    made_by = fields.String()
    made_at = fields.String(metadata={"format": "date-time"})
    confirmed_by = fields.String(allow_none=True)
    confirmed_at = fields.String(allow_none=True, metadata={"format": "date-time"})


class _Kept(ProfileSchema):
    """What the service sets; a client may send it back unchanged."""

    id = fields.String()
    version = fields.Integer(strict=True)
    status = fields.String()
    updated_at = fields.String(metadata={"format": "date-time"})
    provenance = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(PartProvenance),
        metadata={"description": "by part (profile, contact, blocks, needs.n1); unknown parts have no entry"},
    )


class NewCompany(_WithId, CompanyFields):
    """A company to be created."""


class NewPartner(_WithId, PartnerFields):
    """A partner to be created."""


class NewVisit(_WithId, VisitFields):
    """A visit to be created."""


class NewRequest(_WithId, RequestFields):
    """A match request to be created."""


class Company(_Kept, CompanyFields):
    """A company as it stands."""


class Partner(_Kept, PartnerFields):
    """A partner as it stands."""


class Visit(_Kept, VisitFields):
    """A visit as it stands."""


class Request(_Kept, RequestFields):
    """A match request as it stands."""


NEW: Mapping[str, type[Schema]] = {
    "companies": NewCompany,
    "partners": NewPartner,
    "visits": NewVisit,
    "requests": NewRequest,
}
"""What is taken to create one of each kind."""

WHOLE: Mapping[str, type[Schema]] = {
    "companies": Company,
    "partners": Partner,
    "visits": Visit,
    "requests": Request,
}
"""What is answered, and taken back to replace, of each kind."""


def example(kind: str) -> dict[str, Any]:
    """Return an example of what is taken to create one of a kind."""
    return dict(_EXAMPLES[kind])


_NEED = {
    "text": "Digital follow-up of patients with chronic disease at home",
    "focus_areas": ["ageing", "digital"],
}
_EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "companies": {
        "name": "Exempel Vårdteknik AB",
        "country": "Sweden",
        "city": "Umeå",
        "website": "example.org",
        "kind": "digital",
        "language": "en",
        "capabilities": [
            {
                "title": "Home monitoring",
                "text": "Monitoring of patients with heart failure at home, with a nurse's dashboard.",
                "focus_areas": ["ageing", "digital"],
                "regulatory_status": ["CE"],
            }
        ],
        "contact": {"name": "Sales", "email": "sales@example.org", "language": "en"},
    },
    "partners": {
        "name": "Example Hospital",
        "country": "Norway",
        "kind": "hospital",
        "language": "en",
        "needs": [_NEED],
    },
    "visits": {
        "title": "Study visit on ageing at home",
        "direction": "incoming",
        "starts_on": "2026-09-14",
        "ends_on": "2026-09-16",
        "places": ["Umeå"],
        "delegates": [{"role": "Medical director", "needs": [_NEED]}],
    },
    "requests": {"partner_id": "P001", "needs": [_NEED], "procurement_stage": "exploring"},
}
