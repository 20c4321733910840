"""What is kept of an erased profile: its id and its last version."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Erasure:
    """One aggregate that was erased: the aggregate's word, its id, its tombstone's version, when (as text)."""

    kind: str
    id: str
    version: int
    erased_at: str
