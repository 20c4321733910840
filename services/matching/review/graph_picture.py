"""The match graph of a report as a picture: places in pixels for an SVG, and the same said in words."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from services.matching.reports.domain.graph import layout, match_graph
from services.matching.reports.domain.report import Report
from shared.focus_areas import read_focus_areas

WIDTH = 960
ROW = 36
LEFT, RIGHT = 245, 690
LONGEST_LABEL = 34


@dataclass(frozen=True)
class Node:
    """A circle with its label; `anchor` and `label_x` place the label beside it."""

    kind: str
    label: str
    x: float
    y: float
    label_x: float
    anchor: str


@dataclass(frozen=True)
class Line:
    """A line between two circles; that of a match is the wider the higher its score."""

    kind: str
    x1: float
    y1: float
    x2: float
    y2: float
    width: float


@dataclass(frozen=True)
class Picture:
    """A picture in a box of `width` by `height` pixels; `description` is its alternative text."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    description: str


def picture(report: Report, language: str) -> Picture | None:
    """Draw a report's needs, companies and focus areas; None where it has no match to draw."""
    if not report.matches:
        return None
    graph = match_graph([report])
    places = layout(graph)
    kinds = [graph.nodes[node]["kind"] for node in places]
    height = max(2, *(kinds.count(kind) for kind in kinds)) * ROW
    at = {
        node: (round(LEFT + x * (RIGHT - LEFT), 1), round(y * height, 1)) for node, (x, y) in places.items()
    }
    lines = [
        Line(edge["kind"], *at[one], *at[other], round(1 + float(edge.get("score", 0)) / 25, 1))
        for one, other, edge in graph.edges(data=True)
        if edge["kind"] in ("match", "works_in")
    ]
    areas = read_focus_areas()
    nodes = []
    for node in sorted(at):
        kind, label = graph.nodes[node]["kind"], graph.nodes[node]["label"]
        if kind == "area" and label in areas:
            label = areas[label].name(language)
        x, y = at[node]
        before = kind == "need"
        nodes.append(
            Node(kind, _short(label), x, y, x - 12 if before else x + 12, "end" if before else "start")
        )
    return Picture(WIDTH, height, tuple(nodes), tuple(lines), _description(report))


def _description(report: Report) -> str:
    """Say which companies answer each need, best first."""
    sentences = []
    for need in report.needs:
        names = [match.company.name for match in report.matches_of(need.id)]
        title = _short(need.label)
        if names:
            sentences.append(
                _("“%(need)s” is answered by %(names)s.", need=title, names=", ".join(dict.fromkeys(names)))
            )
        else:
            sentences.append(_("“%(need)s” is answered by nobody.", need=title))
    return " ".join(sentences)


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1].rstrip() + "…"
