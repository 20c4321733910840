"""The states that events carry, one marshmallow schema a kind of aggregate.

Evolution is full-transitive: a field added later is optional, a field taken away was optional, and a reader
ignores what it does not know. Hence these schemas check types, not lists of allowed words: those are checked
where a state is made, and a word that is new to a reader must not stop it.
"""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields


class State(Schema):
    """What every part of a state has in common: fields that are unknown are left out, never an error."""

    class Meta:
        """Ignore unknown fields."""

        unknown = EXCLUDE


class AggregateState(State):
    """What every aggregate's state carries."""

    id = fields.String(required=True)
    version = fields.Integer(required=True, strict=True)
    status = fields.String(required=True, metadata={"description": "what stage of its life it is in"})
    updated_at = fields.String(required=True, metadata={"format": "date-time"})


class PartProvenance(State):
    """Who made one part of a record, and who last confirmed it: staff, import, organisation or anyone."""

    made_by = fields.String(required=True)
    made_at = fields.String(required=True, metadata={"format": "date-time"})
    confirmed_by = fields.String(load_default=None, allow_none=True)
    confirmed_at = fields.String(load_default=None, allow_none=True, metadata={"format": "date-time"})


class ProfileState(AggregateState):
    """What the states of profiles carry: where each part comes from."""

    provenance = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(PartProvenance),
        load_default=dict,
        metadata={
            "description": "by part: profile, contact, blocks, and such as capabilities.c1 or needs.n1; "
            "what is not known has no entry"
        },
    )


class Contact(State):
    """Who to write to. Personal data: only in companies and partners."""

    name = fields.String(load_default=None, allow_none=True)
    email = fields.String(required=True, metadata={"format": "email"})
    phone = fields.String(load_default=None, allow_none=True)
    language = fields.String(load_default=None, allow_none=True)


class Capability(State):
    """One thing a company offers."""

    id = fields.String(required=True)
    title = fields.String(load_default="")
    text = fields.String(required=True)
    focus_areas = fields.List(fields.String(), load_default=list)
    regulatory_status = fields.List(
        fields.String(), load_default=None, allow_none=True, metadata={"description": "null: not known"}
    )
    evidence = fields.String(load_default="")
    stage = fields.String(load_default=None, allow_none=True)
    references = fields.List(fields.String(), load_default=list)


class Need(State):
    """One thing a partner looks for."""

    id = fields.String(required=True)
    title = fields.String(load_default="")
    text = fields.String(required=True)
    focus_areas = fields.List(fields.String(), load_default=list)
    requirements = fields.String(load_default="")


class Company(ProfileState):
    """An organisation that offers something. `status`: active or withdrawn."""

    name = fields.String(required=True)
    country = fields.String(load_default="")
    city = fields.String(load_default="")
    website = fields.String(load_default="")
    kind = fields.String(load_default="")
    language = fields.String(load_default="", metadata={"description": "language of the texts, ISO 639-1"})
    membership = fields.String(load_default="member")
    description = fields.String(load_default="")
    capabilities = fields.List(fields.Nested(Capability), load_default=list)
    markets = fields.List(
        fields.String(), load_default=None, allow_none=True, metadata={"description": "null: not known"}
    )
    excluded_markets = fields.List(fields.String(), load_default=list)
    exclusive_distributors = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        load_default=dict,
        metadata={"description": "country to the partner id or the name of who sells there alone"},
    )
    partnership_kinds = fields.List(fields.String(), load_default=list)
    languages = fields.List(fields.String(), load_default=list)
    employees = fields.Integer(load_default=None, allow_none=True, strict=True)
    capacity = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        metadata={"description": "introductions it can take in twelve months"},
    )
    not_to_meet = fields.List(fields.String(), load_default=list, metadata={"description": "partner ids"})
    existing_customers = fields.List(
        fields.String(), load_default=list, metadata={"description": "partner ids or names"}
    )
    competitors = fields.List(
        fields.String(), load_default=list, metadata={"description": "company or partner ids"}
    )
    contact = fields.Nested(Contact, load_default=None, allow_none=True)


class Partner(ProfileState):
    """A foreign organisation that looks for something. `status`: active or withdrawn."""

    name = fields.String(required=True)
    country = fields.String(load_default="")
    city = fields.String(load_default="")
    website = fields.String(load_default="")
    kind = fields.String(load_default="")
    language = fields.String(load_default="", metadata={"description": "language of the texts, ISO 639-1"})
    description = fields.String(load_default="")
    needs = fields.List(fields.Nested(Need), load_default=list)
    languages = fields.List(fields.String(), load_default=list)
    partnership_kinds = fields.List(fields.String(), load_default=list)
    employees = fields.Integer(load_default=None, allow_none=True, strict=True)
    capacity = fields.Integer(load_default=None, allow_none=True, strict=True)
    not_to_meet = fields.List(fields.String(), load_default=list, metadata={"description": "company ids"})
    contact = fields.Nested(Contact, load_default=None, allow_none=True)


class MustHaves(State):
    """What a company must have to be introduced at all; an empty list asks nothing."""

    regulatory_status = fields.List(fields.String(), load_default=list)
    partnership_kinds = fields.List(fields.String(), load_default=list)
    languages = fields.List(fields.String(), load_default=list)


class MatchRequest(ProfileState):
    """A partner's enquiry. `status`: open, closed or withdrawn."""

    partner_id = fields.String(required=True)
    visit_id = fields.String(load_default=None, allow_none=True)
    title = fields.String(load_default="")
    needs = fields.List(fields.Nested(Need), required=True)
    must_haves = fields.Nested(MustHaves, load_default=lambda: MustHaves().load({}))
    procurement_stage = fields.String(load_default="none")
    visit_from = fields.String(load_default=None, allow_none=True, metadata={"format": "date"})
    visit_to = fields.String(load_default=None, allow_none=True, metadata={"format": "date"})


class Delegate(State):
    """One seat in a delegation, by role: who sits on it is not said here."""

    role = fields.String(required=True)
    needs = fields.List(fields.Nested(Need), load_default=list)


class Visit(ProfileState):
    """A visit. `status`: planned or withdrawn."""

    title = fields.String(required=True)
    direction = fields.String(required=True, metadata={"description": "incoming, outbound or online"})
    partner_id = fields.String(load_default=None, allow_none=True)
    starts_on = fields.String(required=True, metadata={"format": "date"})
    ends_on = fields.String(required=True, metadata={"format": "date"})
    places = fields.List(fields.String(), load_default=list)
    staff_owner = fields.String(
        load_default="", metadata={"description": "a staff role or account id, not a name"}
    )
    payer = fields.String(load_default="")
    delegates = fields.List(fields.Nested(Delegate), load_default=list)
    time_zone = fields.String(
        load_default="",
        metadata={"description": "IANA name of the zone that its hours are in; empty: the organiser's"},
    )


class Side(State):
    """One side of an introduction as it stood when it was approved."""

    id = fields.String(required=True)
    version = fields.Integer(required=True, strict=True)
    name = fields.String(required=True)
    country = fields.String(load_default="")
    website = fields.String(load_default="")
    text = fields.String(
        load_default="", metadata={"description": "what it offers or looks for, in its own words"}
    )
    erased_at = fields.String(
        load_default=None,
        allow_none=True,
        metadata={
            "format": "date-time",
            "description": "when this side was erased: its name and words, and the reasons, are gone since",
        },
    )
    distributors = fields.List(
        fields.String(),
        metadata={
            "description": "who alone sells for this company in the partner's country, the partner itself apart; "
            "empty: one whose name is not told"
        },
    )


class Approval(State):
    """The staff act that made introductions: those of one act go out together."""

    id = fields.String(required=True)
    size = fields.Integer(required=True, strict=True, metadata={"description": "introductions in this act"})
    at = fields.String(required=True, metadata={"format": "date-time"})
    note = fields.String(load_default="")
    procurement_stage = fields.String(
        metadata={"description": "the request's, where it had one when its introductions were approved"}
    )


class Introduction(AggregateState):
    """An approved match on its way to both sides. `status`: approved or cancelled."""

    request_id = fields.String(required=True)
    report_id = fields.String(required=True)
    report_version = fields.Integer(required=True, strict=True)
    role = fields.String(load_default="supplier")
    company = fields.Nested(Side, required=True)
    partner = fields.Nested(Side, required=True)
    need_ids = fields.List(fields.String(), load_default=list)
    reasons = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        load_default=dict,
        metadata={"description": "why, as sentences, by language (sv, en); never a score or a rank"},
    )
    questions = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        load_default=dict,
        metadata={"description": "what is not known and worth asking, as sentences by language"},
    )
    approval = fields.Nested(Approval, required=True)


class Delivery(AggregateState):
    """One mail to one recipient. `status`: waiting (for a contact), queued, sent, failed or cancelled."""

    request_id = fields.String(required=True)
    introduction_ids = fields.List(fields.String(), required=True)
    side = fields.String(required=True, metadata={"description": "company or partner"})
    organisation_id = fields.String(required=True)
    template = fields.String(required=True)
    attempts = fields.Integer(load_default=0, strict=True)
    reason = fields.String(load_default="", metadata={"description": "why it waits or failed"})
