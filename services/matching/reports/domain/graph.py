"""The match graph of reports, and where its nodes stand in a picture.

Nodes: `partner:ID`, `need:REQUEST.NEED` (both as `shared.ids.joined` writes them), `company:ID`, `area:CODE`, each with
`kind` and `label`; a need also with `covered`, `request` and `partner` (ids). Edges: `match` (need to company, with
`score`, `role`, `match_id` and the codes of its `flags`; of several roles one edge), `asks` (partner to need), `area`
(need to focus area) and `works_in` (company to the areas it shares with a need).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import networkx as nx

from services.matching.reports.domain.report import Report
from shared.ids import joined

COLUMNS = ("need", "company", "area")
"""The kinds of nodes that a picture shows, from left to right."""
SWEEPS = 6


def match_graph(reports: Iterable[Report]) -> nx.Graph[str]:
    """Build the graph of reports; the same reports in any order give the same graph."""
    graph: nx.Graph[str] = nx.Graph()
    for report in sorted(reports, key=lambda one: one.request_id):
        _add_report(graph, report)
    return graph


def layout(graph: nx.Graph[str], columns: Sequence[str] = COLUMNS) -> dict[str, tuple[float, float]]:
    """Return the place (x, y) in 0..1 of each node of the kinds in `columns`: a column a kind, y downwards.

    Within a column nodes are ordered to lessen crossings (barycentre sweeps to and fro; the order with the
    fewest crossings is kept). Without randomness: the same graph gives the same places.
    """
    ordered = [sorted(node for node in graph if graph.nodes[node]["kind"] == column) for column in columns]
    best, fewest = [list(one) for one in ordered], _crossings(graph, ordered)
    for sweep in range(SWEEPS):
        places = range(1, len(ordered)) if sweep % 2 == 0 else range(len(ordered) - 2, -1, -1)
        for place in places:
            beside = ordered[place - 1 if sweep % 2 == 0 else place + 1]
            ordered[place] = _by_neighbours(graph, ordered[place], beside)
        crossings = _crossings(graph, ordered)
        if crossings < fewest:
            best, fewest = [list(one) for one in ordered], crossings
    across = max(len(columns) - 1, 1)
    return {
        node: (round(column / across, 4), round((row + 0.5) / len(nodes), 4))
        for column, nodes in enumerate(best)
        for row, node in enumerate(nodes)
    }


def never_matched(company_ids: Iterable[str], reports: Iterable[Report]) -> list[str]:
    """Return the companies, by id, that no report names as a match."""
    matched = {match.company.id for report in reports for match in report.matches}
    return sorted(set(company_ids) - matched)


def uncovered_needs(reports: Iterable[Report]) -> list[tuple[str, str]]:
    """Return the needs that nobody covers as (request id, need id), in order."""
    return sorted(
        (report.request_id, need.id) for report in reports for need in report.needs if not need.covered
    )


def _add_report(graph: nx.Graph[str], report: Report) -> None:
    partner = f"partner:{report.partner.id}"
    graph.add_node(partner, kind="partner", label=report.partner.name)
    for need in report.needs:
        node = _need_node(report, need.id)
        graph.add_node(
            node,
            kind="need",
            label=need.label,
            covered=need.covered,
            request=report.request_id,
            partner=report.partner.id,
        )
        graph.add_edge(partner, node, kind="asks")
        for area in need.focus_areas:
            graph.add_node(f"area:{area.code}", kind="area", label=area.code)
            graph.add_edge(node, f"area:{area.code}", kind="area")
    for match in report.matches:
        company = f"company:{match.company.id}"
        graph.add_node(company, kind="company", label=match.company.name)
        graph.add_edge(
            _need_node(report, match.need_id),
            company,
            kind="match",
            score=match.score,
            role=match.role,
            match_id=match.id,
            flags=tuple(flag.code for flag in match.flags),
        )
        for code in match.shared_areas:
            graph.add_edge(company, f"area:{code}", kind="works_in")


def _need_node(report: Report, need_id: str) -> str:
    return f"need:{joined(report.request_id, need_id)}"


def _by_neighbours(graph: nx.Graph[str], nodes: Sequence[str], beside: Sequence[str]) -> list[str]:
    """Order nodes by the mean place of their neighbours in the column beside; those without keep their place."""
    place = {node: row / max(len(beside), 1) for row, node in enumerate(beside)}
    now = {node: row / max(len(nodes), 1) for row, node in enumerate(nodes)}

    def mean(node: str) -> float:
        places = sorted(place[other] for other in graph.neighbors(node) if other in place)
        return sum(places) / len(places) if places else now[node]

    return sorted(nodes, key=lambda node: (round(mean(node), 9), now[node]))


def _crossings(graph: nx.Graph[str], columns: Sequence[Sequence[str]]) -> int:
    """Count the pairs of edges that cross between columns that stand next to each other."""
    count = 0
    for left, right in pairwise(columns):
        row = {node: at for at, node in enumerate(right)}
        ends = [sorted(row[other] for other in graph.neighbors(node) if other in row) for node in left]
        for at, above in enumerate(ends):
            count += sum(high > low for below in ends[at + 1 :] for high in above for low in below)
    return count
