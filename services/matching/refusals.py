"""Decisions that cannot be taken: why, about what, and as problem details."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from types import MappingProxyType

from services.matching.i18n import N_
from shared.web.problems import Problem, field_error


class Refusal(StrEnum):
    """Why a decision cannot be taken.

    Unknown: no such report or introduction; stale: the report is another one now; conflict: with an earlier decision
    or a mail already sent; invalid: a field is wrong.
    """

    UNKNOWN = "unknown"
    STALE = "stale"
    UNKNOWN_MATCH = "unknown_match"
    CONFLICT = "conflict"
    INVALID = "invalid"


LONGEST_TEXT = 2000
"""Characters that a note or a reason may have."""


class RefusedError(Exception):
    """A decision that cannot be taken; the message says why and what to do.

    `template` and `values` make up the message, so that pages can translate it. `about` names the match ids or the
    field; `current_version` is the report's, where it matters.
    """

    def __init__(
        self,
        kind: Refusal,
        template: str,
        about: Sequence[str] = (),
        current_version: int | None = None,
        **values: object,
    ) -> None:
        super().__init__(template % values)
        self.kind = kind
        self.template = template
        self.values = values
        self.about = tuple(about)
        self.current_version = current_version


def refuse_long(text: str, field: str) -> None:
    """Raise RefusedError invalid, about `field`, when its text has more than LONGEST_TEXT characters."""
    if len(text) > LONGEST_TEXT:
        raise RefusedError(
            Refusal.INVALID,
            N_("The text has %(length)s characters; at most %(most)s are taken."),
            [field],
            length=len(text),
            most=LONGEST_TEXT,
        )


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
    """Have a refused decision answered as a problem that names the fields and, where it matters, both versions."""
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
        return Problem(422, str(refused), errors=[field_error(one, str(refused)) for one in refused.about])
    extra = {"matches": list(refused.about)} if refused.about else {}
    return Problem(STATUS[refused.kind], str(refused), extra=extra)
