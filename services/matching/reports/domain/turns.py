"""Whose texts are read closely next: organisations take turns, however much one of them has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Turn = tuple[str, str]
"""The side and the organisation whose turn it is."""


class Texts(StrEnum):
    """Whose texts are read: a company's, or those of a request's needs."""

    COMPANY = "company"
    REQUEST = "request"


@dataclass(frozen=True)
class Unread:
    """A company or a request whose texts lack vectors; `organisation` is the company, or the request's partner."""

    side: Texts
    id: str
    organisation: str

    @property
    def turn(self) -> Turn:
        """Return whose turn it takes."""
        return self.side, self.organisation


def next_in_turn(waiting: Sequence[Unread], last: Turn) -> Unread:
    """Return the first that waits of the organisation whose turn comes after the `last` one's."""
    turns = sorted({one.turn for one in waiting})
    turn = next((one for one in turns if one > last), turns[0])
    return next(one for one in waiting if one.turn == turn)
