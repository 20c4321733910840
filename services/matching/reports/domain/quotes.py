"""Words of both sides that belong together, quoted as they stand there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from services.matching.organisations.domain.wording import both
from services.matching.reports.domain.phrases import alike_words
from services.matching.reports.domain.report import Quote
from services.matching.scoring.domain.features import FieldReading
from services.matching.text.domain.concept_engine import Passage, Reading
from services.matching.text.domain.passages import LONGEST_QUOTE, shortened

MOST_ALIKE = 3


def nearest_sentences(need: Sequence[FieldReading], company: Sequence[FieldReading]) -> tuple[Quote, ...]:
    """Quote the two sentences that are nearest in meaning, where the texts have vectors; of equals the first."""
    best: tuple[float, Quote] | None = None
    for mine, their in product(need, company):
        for one, other in product(mine.reading.passages, their.reading.passages):
            near = round(float(one.vector @ other.vector), 4)
            if near > (best[0] if best else 0.0):
                words = (_quoted(mine.reading, one), _quoted(their.reading, other))
                name = both("närmast till innebörden", "closest in meaning")
                best = near, Quote(*words, their.field, name, near=True)
    return (best[1],) if best else ()


def words_alike(need: Sequence[FieldReading], company: Sequence[FieldReading]) -> tuple[Quote, ...]:
    """Quote words that begin alike, taken from all texts but the names."""
    text = "\n".join(one.reading.text for one in need if one.field != "name")
    found = [
        (mine, their, one.field)
        for one in company
        if one.field != "name"
        for mine, their in alike_words(text, one.reading.text)
    ]
    return tuple(
        Quote(mine, their, where, both("liknande ord", "similar words"))
        for mine, their, where in found[:MOST_ALIKE]
    )


def _quoted(reading: Reading, passage: Passage) -> str:
    start, end = shortened(reading.text, passage.start, passage.end, LONGEST_QUOTE)
    return reading.text[start:end]
