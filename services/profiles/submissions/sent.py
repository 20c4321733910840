"""Reading what a stranger sent, by itself: nothing that is here is looked at, so that no answer tells of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, missing

from services.profiles.organisations.domain.codes import COMPANIES, PARTNERS
from services.profiles.organisations.domain.offers import (
    company_fields,
    numbered,
    partner_fields,
    request_fields,
)
from services.profiles.organisations.schemas.posted import POSTED
from services.profiles.refusals import RefusedError, wrong
from shared.faults import Fault

MOST_NOTES = 20
_IGNORED = ("is not taken from you", "ids are given when staff let it in")
_OFFERS = ("capabilities", "needs")


@dataclass(frozen=True)
class Understood:
    """What a stranger sent as it is understood, without what was left empty, and what of it is not taken."""

    sent: dict[str, Any]
    ignored: tuple[Fault, ...]


def understood(kind: str, loaded: Mapping[str, Any]) -> Understood:
    """Read fields that the kind's schema has loaded. Raises RefusedError for those that do not go together."""
    said = _said(POSTED[kind](), loaded)
    ignored = tuple(_without_ids(said))[:MOST_NOTES]
    _check(kind, said)
    return Understood(said, ignored)


def understood_raw(kind: str, given: Mapping[str, Any]) -> Understood:
    """Read fields as they came. Raises marshmallow.ValidationError and RefusedError."""
    return understood(kind, POSTED[kind]().load(dict(given)))


def whole_of(kind: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return sent fields, as they stand, with everything that the kind's schema fills in.

    Nothing is read again: what staff see of it is what is let in. Raises marshmallow.ValidationError where a field is
    missing that has come to be asked for since.
    """
    return _whole(POSTED[kind](), sent)


def _said(schema: Schema, loaded: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is otherwise than a schema fills in by itself."""
    said = {}
    for name, field in schema.load_fields.items():
        value = loaded.get(name, missing)
        if value is missing or value == _default_of(field):
            continue
        said[name] = _part(field, value)
    return said


def _part(field: fields.Field[Any], value: Any) -> Any:
    if isinstance(field, fields.Nested) and isinstance(value, Mapping):
        return _said(field.schema, value)
    if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
        return [_said(field.inner.schema, one) for one in value]
    return value


def _whole(schema: Schema, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said with what the schema fills in: `_said` the other way round."""
    whole = {}
    for name, field in schema.load_fields.items():
        if name in said:
            whole[name] = _whole_part(field, said[name])
            continue
        value = _default_of(field)
        if value is not missing:
            whole[name] = value
        elif field.required:
            raise ValidationError({name: list(field.make_error("required").messages)})
    return whole


def _whole_part(field: fields.Field[Any], value: Any) -> Any:
    if isinstance(field, fields.Nested) and isinstance(value, Mapping):
        return _whole(field.schema, value)
    if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
        return [_whole(field.inner.schema, one) for one in value]
    return value


def _default_of(field: fields.Field[Any]) -> Any:
    """Return what a field is where it is not sent; `missing` where it then stays out."""
    return field.load_default() if callable(field.load_default) else field.load_default


def _without_ids(said: dict[str, Any], path: str = "") -> Iterator[Fault]:
    """Take the ids that a stranger chose out of what was said, and yield what is told of each."""
    if said.pop("id", None) is not None:
        yield Fault(f"{path}id", *_IGNORED)
    for name in _OFFERS:
        for place, one in enumerate(said.get(name) or ()):
            yield from _without_ids(one, f"{path}{name}.{place}.")
    if "partner" in said:
        yield from _without_ids(said["partner"], f"{path}partner.")


def _check(kind: str, said: Mapping[str, Any]) -> None:
    """Refuse what `create` would refuse by looking at the fields alone."""
    if kind == COMPANIES:
        company_fields(said)
    elif kind == PARTNERS:
        partner_fields(said)
    else:
        _check_request(said)


def _check_request(said: Mapping[str, Any]) -> None:
    partner = said.get("partner")
    if partner is None and not said.get("partner_id"):
        raise wrong("partner", "is missing", "say which organisation asks: its name and country")
    if partner is not None and said.get("partner_id"):
        raise wrong("partner_id", "stands beside partner", "send one of the two")
    if partner is not None and (partner.get("needs") or partner.get("need")):
        try:
            partner_fields(partner)
        except RefusedError as error:
            raise RefusedError(
                error.kind,
                faults=[
                    Fault(f"partner.{one.field}", one.problem, one.fix, one.values) for one in error.faults
                ],
            ) from error
    elif partner is not None and not said.get("needs"):
        raise wrong("needs", "is missing", "say what the organisation looks for")
    request_fields(said, [])
    numbered(said.get("needs") or [], "n", "needs")
