"""Introductions under capacities: our exact plan beside `networkx.network_simplex` on the same pairs."""

from __future__ import annotations

import random
from pathlib import Path

import networkx as nx

from services.matching.planning.domain.capacities import Pair, in_points, plan_introductions
from tests.bench.candidates import WrongAnswerError
from tests.bench.measure import Mark, in_turn, timed

COMPANIES, REQUESTS, EACH = 5_000, 1_000, 20
COMPANY_TAKES, REQUEST_TAKES = 2, 4
REPETITIONS = 5


def measure(folder: Path) -> Mark:
    """Measure in memory; raises WrongAnswerError when the two plans are not worth the same."""
    pairs = _pairs()
    takes = {f"C{number}": COMPANY_TAKES for number in range(COMPANIES)}
    wants = {f"R{number}": REQUEST_TAKES for number in range(REQUESTS)}
    graph = _graph(pairs, takes, wants)
    plan = plan_introductions(pairs, takes, wants)
    value = int(in_points([pair.score for pair in plan]).sum())
    if value != -nx.network_simplex(graph)[0]:
        raise WrongAnswerError("the plan is not worth what network_simplex finds")
    both = in_turn(
        timed(lambda: plan_introductions(pairs, takes, wants)),
        timed(lambda: nx.network_simplex(graph)),
        REPETITIONS,
        warm_up=False,
    )
    note = (
        f"{both.rates(1)}; {COMPANIES:,} companies that take {COMPANY_TAKES}, {REQUESTS:,} requests that take "
        f"{REQUEST_TAKES}, {EACH} candidates each; both worth {value:,} hundredths of points (checked); ours from "
        "a list of pairs to a list of pairs; peer: networkx.network_simplex, its graph built beforehand"
    )
    return Mark("introductions under capacities", both.ratio, 8.0, "plans", note)


def _pairs() -> list[Pair]:
    chance = random.Random(1)
    return [
        Pair(f"C{company}", f"R{request}", chance.randint(3600, 9000) / 100)
        for request in range(REQUESTS)
        for company in chance.sample(range(COMPANIES), EACH)
    ]


def _graph(pairs: list[Pair], takes: dict[str, int], wants: dict[str, int]) -> nx.DiGraph[str]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    flow = min(sum(takes.values()), sum(wants.values()))
    graph.add_node("source", demand=-flow)
    graph.add_node("sink", demand=flow)
    graph.add_edge("source", "sink", capacity=flow, weight=0)
    for company, capacity in takes.items():
        graph.add_edge("source", company, capacity=capacity, weight=0)
    for request, capacity in wants.items():
        graph.add_edge(request, "sink", capacity=capacity, weight=0)
    for pair, points in zip(pairs, in_points([pair.score for pair in pairs]).tolist(), strict=True):
        graph.add_edge(pair.company, pair.request, capacity=1, weight=-points)
    return graph
