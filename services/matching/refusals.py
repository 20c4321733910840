"""Decisions that cannot be taken: why, and about what."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from services.matching.i18n import N_
from shared.faults import Fault


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
    fields; `faults` say what is wrong with each field of an invalid decision, the message itself where nothing else is
    given. `current_version` is the report's, where it matters.
    """

    def __init__(
        self,
        kind: Refusal,
        template: str,
        about: Sequence[str] = (),
        current_version: int | None = None,
        faults: Sequence[Fault] = (),
        **values: object,
    ) -> None:
        super().__init__(template % values)
        self.kind = kind
        self.template = template
        self.values = values
        self.about = tuple(about)
        self.faults = tuple(faults)
        if kind is Refusal.INVALID and not faults:
            self.faults = tuple(Fault(one, template, values=values) for one in about)
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
