"""The newcomer's way of finding candidates: a loop over pairs that builds a NetworkX graph."""

from __future__ import annotations

import networkx as nx
import numpy as np

from services.matching.scoring.domain.features import PARTS, SHAPES, CompanyFeatures, NeedFeatures


def best_by_loop(
    needs: NeedFeatures, companies: CompanyFeatures, need_count: int, company_count: int, k: int
) -> list[list[tuple[int, float]]]:
    """Return the k best companies (row, score) of the first needs among the first companies, ties by id."""
    weights = needs.policy.weights
    asked = {part: needs.matrices[part][:need_count].astype(np.float64) for part in PARTS}
    offered = {part: companies.matrices[part][:company_count].astype(np.float64) for part in PARTS}
    graph: nx.Graph[str] = nx.Graph()
    for need in range(need_count):
        for company in range(company_count):
            score = 0.0
            for part in PARTS:
                offset, gain = SHAPES[part]
                product = np.dot(asked[part][need], offered[part][company])
                score += weights[part] * min(max(gain * (product - offset), 0.0), 1.0)
            graph.add_edge(f"need:{need}", f"company:{company}", score=round(float(score), 6), row=company)
    ids = companies.ids
    out = []
    for need in range(need_count):
        edges = [(data["row"], data["score"]) for data in graph[f"need:{need}"].values()]
        out.append(sorted(edges, key=lambda edge: (-edge[1], ids[edge[0]]))[:k])
    return out
