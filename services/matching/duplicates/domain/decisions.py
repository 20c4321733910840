"""What staff decide on two organisations that may be one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.matching.organisations.domain.sides import Side


class Decision(StrEnum):
    """Which of two stands for both, or that they are not the same."""

    KEEP_FIRST = "keep_first"
    KEEP_SECOND = "keep_second"
    NOT_SAME = "not_same"


@dataclass(frozen=True)
class DuplicateReview:
    """One decision, `id` before `other_id`; `reason` is staff's, `at` the moment, as text."""

    side: Side
    id: str
    other_id: str
    decision: Decision
    reason: str
    at: str

    @property
    def keep(self) -> str | None:
        """The id that stands for both; None: the two are not the same."""
        return {Decision.KEEP_FIRST: self.id, Decision.KEEP_SECOND: self.other_id}.get(self.decision)

    @property
    def withdraw(self) -> str | None:
        """The id that is to be withdrawn; None: neither."""
        return {Decision.KEEP_FIRST: self.other_id, Decision.KEEP_SECOND: self.id}.get(self.decision)


def decision_on(first: str, second: str, keep: str | None) -> Decision:
    """Return the decision that `keep`, the id of one of two, stands for both; None: they are not the same."""
    if keep is None:
        return Decision.NOT_SAME
    return Decision.KEEP_FIRST if keep == first else Decision.KEEP_SECOND
