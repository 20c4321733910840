"""One event: what happened to one aggregate, with its whole state and version after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

State = dict[str, Any]
"""A state as JSON types (dict, list, str, int, float, bool, None), shaped by its schema in `states`."""


@dataclass(frozen=True)
class Event:
    """What happened, in the past tense, with the aggregate's whole state after it.

    `type` is a key of `catalogue.EVENT_TYPES`; `version` starts at 1 and grows by one with each change of
    the aggregate; `state` is None in a tombstone only, which says that the aggregate is erased.
    """

    type: str
    aggregate_id: str
    version: int
    time: datetime
    state: State | None

    @property
    def id(self) -> str:
        """The event's id: `aggregate id:version`."""
        return f"{self.aggregate_id}:{self.version}"
