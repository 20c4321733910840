"""Changes that cannot be made: why, and which fields are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from shared.faults import Fault


class Refusal(StrEnum):
    """Why a change cannot be made.

    Unknown: nothing has this id; taken: something has it already; withdrawn: what is withdrawn stays as it is; stale:
    the caller saw another version; decided: somebody has decided on it; named: others that stay name it; too many: it
    is asked too often, and may be asked again in `seconds`; too large: more is sent than is kept; full: so much waits
    for staff that nothing more is kept; invalid: fields are wrong or do not go together.
    """

    UNKNOWN = "unknown"
    TAKEN = "taken"
    WITHDRAWN = "withdrawn"
    STALE = "stale"
    DECIDED = "decided"
    NAMED = "named"
    TOO_MANY = "too_many"
    TOO_LARGE = "too_large"
    FULL = "full"
    INVALID = "invalid"


class RefusedError(Exception):
    """A change that cannot be made; nothing was changed. The message says why.

    `template` and `values` make up the message, so that pages can translate it; without a template the faults are the
    message. `faults` names the fields. `current_version` is the one that a stale caller has not seen.
    """

    def __init__(
        self,
        kind: Refusal,
        template: str = "",
        faults: Sequence[Fault] = (),
        current_version: int | None = None,
        **values: object,
    ) -> None:
        super().__init__(
            template % values
            if template
            else "; ".join(f"{fault.field} {fault.sentence()}" for fault in faults)
        )
        self.kind = kind
        self.template = template
        self.values = values
        self.faults = tuple(faults)
        self.current_version = current_version


def wrong(field: str, problem: str, fix: str, **values: object) -> RefusedError:
    """Make the refusal of one field."""
    return RefusedError(Refusal.INVALID, faults=[Fault(field, problem, fix, values)])
