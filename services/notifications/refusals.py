"""What staff ask for that cannot be done, and why."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """Why something cannot be done. Unknown: nothing has this id; conflict: with where the delivery stands."""

    UNKNOWN = "unknown"
    CONFLICT = "conflict"


class RefusedError(Exception):
    """Something that cannot be done; nothing was changed. The message says why.

    `template` and `values` make up the message, so that pages can translate it.
    """

    def __init__(self, kind: Refusal, template: str, **values: object) -> None:
        super().__init__(template % values if values else template)
        self.kind = kind
        self.template = template
        self.values = values
