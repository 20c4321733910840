"""Refused decisions as problem details."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from services.matching.introductions.actions import Refusal, RefusedError
from shared.web.problems import Problem, field_error

STATUS: dict[Refusal, int] = {
    "unknown": 404,
    "stale": 409,
    "unknown_match": 422,
    "conflict": 409,
    "invalid": 422,
}


@contextmanager
def refusals_as_problems(seen_version: int | None = None) -> Iterator[None]:
    """Have a refused decision answered as a problem that names the fields and, where it matters, both versions."""
    try:
        yield
    except RefusedError as refused:
        raise _problem(refused, seen_version) from refused


def _problem(refused: RefusedError, seen_version: int | None) -> Problem:
    if refused.kind == "stale":
        versions = {"report_version": seen_version, "current_version": refused.current_version}
        return Problem(409, str(refused), title="The report has changed", extra=versions)
    if refused.kind == "unknown_match":
        fix = "take the ids from the report's `matches`"
        errors = [field_error("matches", f"{one} is no match of this report", fix) for one in refused.about]
        return Problem(422, str(refused), errors=errors)
    if refused.kind == "invalid":
        return Problem(422, str(refused), errors=[field_error(one, str(refused)) for one in refused.about])
    extra = {"matches": list(refused.about)} if refused.about else {}
    return Problem(STATUS[refused.kind], str(refused), extra=extra)
