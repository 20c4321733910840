"""Score parts as bars: places and widths for an SVG, so that no style attribute is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.matching.reports.domain.report import Part


@dataclass(frozen=True)
class Bar:
    """One part in a bar of 100 units: where it starts, how wide it is, how wide it could be."""

    name: str
    start: float
    width: float
    most: float
    points: float


def bars(parts: Sequence[Part]) -> list[Bar]:
    """Lay the parts of a score end to end; a negative part (a cap) takes from the end of what stands before it."""
    laid = []
    at = 0.0
    for part in parts:
        points = part.points
        start = at if points >= 0 else max(at + points, 0.0)
        laid.append(Bar(part.name, round(start, 2), round(abs(points), 2), part.most, points))
        at += points
    return laid
