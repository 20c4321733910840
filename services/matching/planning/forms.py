"""What staff tick on the page of planned introductions, written and read as values of checkboxes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from services.matching.i18n import N_
from services.matching.planning.actions import Wanted
from services.matching.refusals import Refusal, RefusedError
from shared.web.schemas import CountedList, Strict

CHANGED = N_("The plan has changed since you read it. Read it again, then decide.")
MOST_MATCHES = 200


class TickedPair(Strict):
    """A pair that is ticked: the request, the version of its report that was seen, and the matches."""

    request_id = fields.String(required=True, validate=validate.Length(1, 200))
    report_version = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**53))
    matches = CountedList(
        fields.String(validate=validate.Length(1, 200)),
        required=True,
        validate=validate.Length(1, MOST_MATCHES),
    )


_PAIR = TickedPair()


def pair_value(of: Mapping[str, Any], pair: Mapping[str, Any]) -> str:
    """Return what the checkbox of a pair says: the request, its report's version, and the match ids."""
    return json.dumps(
        {"request_id": of["request_id"], "report_version": of["report_version"], "matches": pair["matches"]},
        ensure_ascii=False,
    )


def wanted_of(ticked: Iterable[str]) -> list[Wanted]:
    """Read what was ticked, one a request. Raises RefusedError invalid for what is no value of a checkbox."""
    found: dict[tuple[str, int], list[str]] = {}
    for value in ticked:
        try:
            one = _PAIR.loads(value)
        except (ValueError, ValidationError) as error:
            raise RefusedError(Refusal.INVALID, CHANGED) from error
        found.setdefault((one["request_id"], one["report_version"]), []).extend(one["matches"])
    return [Wanted(request_id, version, tuple(matches)) for (request_id, version), matches in found.items()]
