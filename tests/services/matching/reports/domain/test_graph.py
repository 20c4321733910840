"""The match graph and its picture."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.reports.domain.graph import layout, match_graph, never_matched, uncovered_needs
from services.matching.reports.domain.report import Report
from tests.services.matching.reports.domain.small_world import company, need, report, request


@pytest.fixture
def body() -> Report:
    asked = request(need("Telecare.", "a", title="Alarms"), need("Radiotherapy.", "b"), need("Xyzzy.", "c"))
    return report([company("C1", "Radiotherapy."), company("C2", "Telecare."), company("C3", "Xyz.")], asked)


def test_it_holds_both_sides_the_areas_and_the_matches_between(body: Report) -> None:
    graph = match_graph([body])
    assert graph.nodes["need:R1.a"] == {
        "kind": "need", "label": "Alarms", "covered": True, "request": "R1", "partner": "P1",
    }  # fmt: skip
    assert graph.nodes["need:R1.c"]["covered"] is False
    assert graph.nodes["company:C2"] == {"kind": "company", "label": "Company C2"}
    edge = graph.edges["need:R1.a", "company:C2"]
    (match,) = [match for match in body.matches if match.id == "C2.a"]
    assert edge == {
        "kind": "match", "score": match.score, "role": "supplier", "match_id": "C2.a", "flags": (),
    }  # fmt: skip
    assert graph.edges["partner:P1", "need:R1.c"] == {"kind": "asks"}
    assert graph.edges["need:R1.b", "area:cancer"] == {"kind": "area"}
    assert graph.edges["company:C1", "area:cancer"] == {"kind": "works_in"}
    assert "company:C3" not in graph


def test_reports_in_any_order_give_one_graph(body: Report) -> None:
    other = report([company("C1", "Telecare.")], request(need("Telecare."), id="R2"))
    one, two = match_graph([body, other]), match_graph([other, body])
    assert list(one.nodes) == list(two.nodes)
    assert list(one.edges) == list(two.edges)
    assert layout(one) == layout(two)


def test_the_picture_has_a_column_for_each_kind(body: Report) -> None:
    places = layout(match_graph([body]))
    assert {x for node, (x, _) in places.items() if node.startswith("need:")} == {0.0}
    assert {x for node, (x, _) in places.items() if node.startswith("company:")} == {0.5}
    assert {x for node, (x, _) in places.items() if node.startswith("area:")} == {1.0}
    assert not any(node.startswith("partner:") for node in places)


def test_nodes_are_ordered_so_that_lines_do_not_cross_without_need() -> None:
    graph: nx.Graph[str] = nx.Graph()
    for number in range(5):
        graph.add_node(f"need:{number}", kind="need")
        graph.add_node(f"company:{9 - number}", kind="company")
        graph.add_edge(f"need:{number}", f"company:{9 - number}")
    places = layout(graph)
    assert [places[f"company:{9 - n}"][1] for n in range(5)] == [places[f"need:{n}"][1] for n in range(5)]


@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=20))
def test_every_node_has_a_place_of_its_own_within_the_picture(edges: set[tuple[int, int]]) -> None:
    graph: nx.Graph[str] = nx.Graph()
    for one, other in sorted(edges):
        graph.add_node(f"need:{one}", kind="need")
        graph.add_node(f"company:{other}", kind="company")
        graph.add_edge(f"need:{one}", f"company:{other}")
    places = layout(graph)
    assert set(places) == set(graph.nodes)
    assert len(set(places.values())) == len(places)
    assert all(0.0 <= x <= 1.0 and 0.0 <= y <= 1.0 for x, y in places.values())


def test_an_empty_graph_has_an_empty_picture() -> None:
    assert layout(match_graph([])) == {}


def test_who_is_never_matched_and_what_nobody_covers(body: Report) -> None:
    assert never_matched(["C3", "C2", "C1", "C4"], [body]) == ["C3", "C4"]
    assert never_matched(["C2", "C1"], []) == ["C1", "C2"]
    assert uncovered_needs([body]) == [("R1", "c")]
