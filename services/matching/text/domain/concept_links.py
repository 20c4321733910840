"""How an offer of one concept answers a need for another: the same, a wider or narrower one, or one that serves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from services.matching.text.domain.thesaurus import Thesaurus


class Link(StrEnum):
    """How an offer of one concept answers a need for another."""

    SAME = "same"
    PARENT = "parent"
    SERVES = "serves"


NARROWER_OFFER = 0.75
"""A need for a wider concept, answered by a narrower offer; once more for each step."""
WIDER_OFFER = 0.4
"""A need for a narrower concept, answered by a wider offer; once more for each step."""
SERVING_OFFER = 0.7
"""What an offer that serves a need counts of the strength the thesaurus gives it."""
SIBLING_OFFER = 0.25
"""A need and an offer under the same parent."""
LEAST = 0.1


@dataclass(frozen=True)
class Links:
    """`strength[offer, need]` 0..1 over the concepts in `order`; `weights` are the concepts' own."""

    order: tuple[str, ...]
    index: Mapping[str, int]
    weights: npt.NDArray[np.float64]
    strength: npt.NDArray[np.float64]
    serves: npt.NDArray[np.bool_]

    def kind(self, offer: str, need: str) -> Link:
        """Say how the offer of one concept answers the need for another."""
        if offer == need:
            return Link.SAME
        return Link.SERVES if self.serves[self.index[offer], self.index[need]] else Link.PARENT


def make_links(thesaurus: Thesaurus) -> Links:
    """Work out all links of a thesaurus once; among several ways the strongest counts."""
    order = tuple(thesaurus.concepts)
    index = {concept: place for place, concept in enumerate(order)}
    strength = np.eye(len(order))
    for concept in order:
        for above, steps in thesaurus.ancestors(concept).items():
            narrow, wide = index[concept], index[above]
            strength[narrow, wide] = max(strength[narrow, wide], NARROWER_OFFER**steps)
            strength[wide, narrow] = max(strength[wide, narrow], WIDER_OFFER**steps)
    for concept in order:
        for parent in thesaurus.concepts[concept].parents:
            for other in order:
                if other != concept and parent in thesaurus.concepts[other].parents:
                    place = index[other], index[concept]
                    strength[place] = max(strength[place], SIBLING_OFFER)
    family = strength.copy()
    serves = np.zeros(strength.shape, dtype=np.bool_)
    for concept in order:
        for server, share in thesaurus.concepts[concept].served_by.items():
            # What is narrower than the server serves too.
            narrower = family[:, index[server]]
            through = np.where(narrower >= NARROWER_OFFER**2, SERVING_OFFER * share * narrower, 0.0)
            better = through > strength[:, index[concept]]
            strength[better, index[concept]] = through[better]
            serves[better, index[concept]] = True
    strength[strength < LEAST] = 0.0
    weights = np.array([thesaurus.concepts[concept].weight for concept in order])
    return Links(order, index, weights, strength, serves)
