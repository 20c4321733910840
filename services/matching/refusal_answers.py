"""Decisions that cannot be taken, as the API answers them: problem details that name fields, matches and versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from services.matching.refusals import Refusal, RefusedError
from shared.web.problems import Problem, field_error

STATUS: Mapping[Refusal, int] = MappingProxyType(
    {
        Refusal.UNKNOWN: 404,
        Refusal.STALE: 409,
        Refusal.UNKNOWN_MATCH: 422,
        Refusal.CONFLICT: 409,
        Refusal.INVALID: 422,
    }
)
"""The HTTP status that answers each kind of refusal."""


@contextmanager
def refusals_as_problems(seen_version: int | None = None) -> Iterator[None]:
    """Answer a refused decision with a problem that names the fields and, where it matters, both versions."""
    try:
        yield
    except RefusedError as refused:
        raise _problem(refused, seen_version) from refused


def _problem(refused: RefusedError, seen_version: int | None) -> Problem:
    if refused.kind is Refusal.STALE:
        versions = {"report_version": seen_version, "current_version": refused.current_version}
        return Problem(409, str(refused), title="The report has changed", extra=versions)
    if refused.kind is Refusal.UNKNOWN_MATCH:
        fix = "take the ids from the report's `matches`"
        errors = [field_error("matches", f"{one} is no match of this report", fix) for one in refused.about]
        return Problem(422, str(refused), errors=errors)
    if refused.kind is Refusal.INVALID:
        return Problem(422, str(refused), errors=[fault.to_json() for fault in refused.faults])
    extra = {"matches": list(refused.about)} if refused.about else {}
    return Problem(STATUS[refused.kind], str(refused), extra=extra)
