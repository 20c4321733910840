"""What the API answers of why a company was not chosen."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from services.matching.why_not.domain.outcomes import OUTCOMES


class InBothLanguages(Schema):
    """One text in Swedish and English."""

    sv = fields.String()
    en = fields.String()


def _both() -> fields.Nested:
    return fields.Nested(InBothLanguages)


class Told(Schema):
    """One thing that is said, with its code."""

    code = fields.String()
    text = _both()


def _from_anyone() -> fields.List[str]:
    return fields.List(
        fields.String(),
        metadata={
            "description": "parts of records that strangers made and staff have let in; for staff only"
        },
    )


class Reason(Told):
    """Something that kept the company out."""

    from_anyone = _from_anyone()


class AskedFor(Schema):
    """A term that the need asks for and the profile does not mention, with the need's words."""

    concept = _both()
    need = fields.String()


class ForStaff(Schema):
    """What the company must not see: words of the need."""

    asked_for = fields.List(fields.Nested(AskedFor))


class NeedAnswer(Schema):
    """What became of the company under one need; `reasons` and `changes` may be sent to it."""

    need_id = fields.String()
    outcome = fields.String(validate=validate.OneOf(OUTCOMES))
    reasons = fields.List(fields.Nested(Reason))
    changes = fields.List(fields.Nested(Told))
    for_staff = fields.Nested(ForStaff)


class CompanyNamed(Schema):
    """A company by id and name."""

    id = fields.String()
    name = fields.String()
    from_anyone = _from_anyone()


class WhyNotAnswer(Schema):
    """Why a company was not chosen for a request; `up_to_date` false: the report is being made again."""

    request_id = fields.String()
    from_anyone = _from_anyone()
    report_version = fields.Integer()
    up_to_date = fields.Boolean()
    company = fields.Nested(CompanyNamed)
    needs = fields.List(fields.Nested(NeedAnswer))
    profile = fields.List(
        fields.Nested(Told),
        metadata={"description": "what the profile leaves open; may be sent to the company"},
    )
    letter = fields.Nested(
        InBothLanguages, metadata={"description": "reasons, changes and profile as a text for the company"}
    )
