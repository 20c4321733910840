"""How good a ranking is, measured on labelled organisations, beside simple baselines on the same ones."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.matching.evaluation.domain.ablations import left_out
from services.matching.evaluation.domain.baselines import baseline_rankings, embedding_ranking
from services.matching.evaluation.domain.unserved import (
    JudgedNeed,
    constructed_needs,
    judged_rows,
    judgements,
    no_good_match,
)
from services.matching.organisations.domain.model import Capability, Company, Need, Partner
from services.matching.scoring.domain.features import (
    NAME_STRENGTH,
    CompanyFeatures,
    NeedFeatures,
    candidates,
    company_features,
    need_features,
)
from services.matching.scoring.domain.policy import STANDARD_POLICY, ScoringPolicy
from services.matching.text.domain.areas import areas_of
from services.matching.text.domain.concept_engine import TextEngine, standard_engine

Row = Mapping[str, str]
Rank = Callable[[str], Sequence[str]]
"""Takes a partner id and returns all company ids, best first."""

Grades = Mapping[str, Mapping[str, int]]
"""By partner id: the grade (1 plausible, 2 clearly relevant) by company id; those not there are 0."""


def ndcg_at_10(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return the normalised discounted cumulative gain of the first ten, 0..1, gains 2^grade - 1.

    Järvelin and Kekäläinen, ACM TOIS 20(4), 2002, with the logarithm to base 2. 0 when nothing is relevant.
    """
    ideal = _gain(sorted(grades.values(), reverse=True)[:10])
    return _gain([grades.get(company, 0) for company in ranking[:10]]) / ideal if ideal else 0.0


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1.0) / math.log2(place + 2.0) for place, grade in enumerate(grades))


def precision_at_5(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return the share of the first five that is relevant at all (grade 1 or 2)."""
    return sum(grades.get(company, 0) > 0 for company in ranking[:5]) / 5.0


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return 1 / place of the first relevant company; 0 when there is none."""
    return next((1.0 / place for place, one in enumerate(ranking, 1) if grades.get(one, 0) > 0), 0.0)


def micro_f1(pairs: Sequence[tuple[set[str], set[str]]]) -> float:
    """Return the micro F1 of (given, inferred) sets, 0..1; 0 when neither says anything."""
    hits = sum(len(given & inferred) for given, inferred in pairs)
    sizes = sum(len(given) + len(inferred) for given, inferred in pairs)
    return 2.0 * hits / sizes if sizes else 0.0


def bootstrap_interval(values: Sequence[float], times: int = 1000, seed: int = 7) -> tuple[float, float]:
    """Return the 95 % interval of the mean of values by drawing them again with replacement, seeded."""
    if not values:
        return 0.0, 0.0
    draw = random.Random(seed)  # noqa: S311 - a statistic, no secret
    means = sorted(sum(draw.choices(values, k=len(values))) / len(values) for _ in range(times))
    return means[int(0.025 * times)], means[min(times - 1, int(0.975 * times))]


def measure(ranks: Sequence[Rank], grades: Grades) -> dict[str, Any]:
    """Return the means of all measures over the partners in `grades` that have a relevant company.

    Of several rankings each partner's mean counts. The interval is by bootstrap over partners.
    """
    relevant = {partner: found for partner, found in sorted(grades.items()) if any(found.values())}
    rankings = {partner: [list(rank(partner)) for rank in ranks] for partner in relevant}

    def means(figure: Callable[[Sequence[str], Mapping[str, int]], float]) -> list[float]:
        return [
            sum(figure(one, found) for one in rankings[partner]) / len(ranks)
            for partner, found in relevant.items()
        ]

    gains = means(ndcg_at_10)
    return {
        "ndcg_at_10": _mean(gains),
        "ndcg_at_10_interval": [round(end, 4) for end in bootstrap_interval(gains)],
        "precision_at_5": _mean(means(precision_at_5)),
        "mrr": _mean(means(reciprocal_rank)),
    }


def evaluate(
    companies_rows: Sequence[Row],
    partners_rows: Sequence[Row],
    relevance_rows: Sequence[Row],
    rank: Rank | None = None,
    blank: bool = False,
    engine: TextEngine | None = None,
    policy: ScoringPolicy = STANDARD_POLICY,
    unserved_rows: Sequence[Row] | None = None,
) -> dict[str, Any]:
    """Measure a ranking (by default the candidates' order) and the baselines on rows of the three CSV files.

    `blank` leaves all focus areas out. Areas are inferred without looking at the given ones, and `focus_area_f1`
    compares them on the organisations of both sides that have some given. `without` has the ranking with each part
    left out. `no_good_match` is measured over all needs: `labelled` ones (the partners', of which those with no
    relevant company are unserved, and `unserved_rows`) and `constructed` ones. Raises ValueError that names the row
    when a label points at an organisation that is not there.
    """
    engine = engine or standard_engine()
    companies = [company_of_row(row, blank) for row in companies_rows]
    pairs = [partner_of_row(row, blank) for row in partners_rows]
    grades = read_grades(relevance_rows, {c.id for c in companies}, {p.id for p, _ in pairs})
    offers = company_features(companies, engine)
    needs = need_features(pairs, engine, policy)
    baselines = baseline_rankings(companies, pairs) | embedding_ranking(offers, needs)

    def without(other: TextEngine, weighed: ScoringPolicy) -> Rank:
        if other is engine:
            return ranking_of(offers, replace(needs, policy=weighed))
        return ranking_of(company_features(companies, other), need_features(pairs, other, weighed))

    return {
        **measure([rank or ranking_of(offers, needs)], grades),
        "focus_area_f1": focus_area_f1(companies_rows, partners_rows, engine),
        "partners": sum(any(row.values()) for row in grades.values()),
        "text_engine": engine.name,
        "baselines": {name: measure(ranks, grades) for name, ranks in baselines.items()},
        "without": {
            name: measure([without(*other)], grades) for name, other in left_out(engine, policy).items()
        },
        "no_good_match": _no_good_match(offers, pairs, grades, unserved_rows or (), engine, policy),
    }


def _no_good_match(
    offers: CompanyFeatures,
    pairs: Sequence[tuple[Partner, Need]],
    grades: Grades,
    rows: Sequence[Row],
    engine: TextEngine,
    policy: ScoringPolicy,
) -> dict[str, Any]:
    """Measure over all needs, and apart over the labelled and the constructed ones."""
    labelled = [JudgedNeed(*pair, any(grades.get(pair[0].id, {}).values())) for pair in pairs]
    labelled += judged_rows(rows)
    constructed = constructed_needs(offers, engine) if offers.companies else []
    told = judgements(offers, [*labelled, *constructed], engine, policy)
    return {
        **no_good_match(told),
        "labelled": no_good_match(told[: len(labelled)]),
        "constructed": no_good_match(told[len(labelled) :]),
    }


def ranking_of(offers: CompanyFeatures, needs: NeedFeatures) -> Rank:
    """Return the ranking by candidate score: of several needs of one partner, each company's best one counts."""
    best: dict[str, dict[str, float]] = {}
    found = candidates(needs, offers, len(offers.companies))
    for (partner, _), (rows, scores) in zip(needs.pairs, found, strict=True):
        of_partner = best.setdefault(partner.id, {})
        for row, score in zip(rows.tolist(), scores.tolist(), strict=True):
            company = offers.companies[row].id
            of_partner[company] = max(of_partner.get(company, 0.0), score)
    return lambda partner: sorted(best[partner], key=lambda company: (-best[partner][company], company))


def focus_area_f1(companies_rows: Sequence[Row], partners_rows: Sequence[Row], engine: TextEngine) -> float:
    """Return the micro F1 of areas inferred from texts against those given, over rows that have some given."""
    pairs = []
    for row in [*companies_rows, *partners_rows]:
        given = set(_codes(row))
        if given:
            texts = (row["name"], row.get("description") or row.get("need") or "")
            readings = [
                engine.read(text, row.get("language", ""), by_words=place == 0)
                for place, text in enumerate(texts)
            ]
            found = areas_of(readings, (), engine.thesaurus, (NAME_STRENGTH, 1.0))
            pairs.append((given, {finding.code for finding in found}))
    return round(micro_f1(pairs), 4)


def read_grades(rows: Sequence[Row], companies: set[str], partners: set[str]) -> Grades:
    """Read label rows. Raises ValueError when a row names an unknown organisation or its grade is not 0, 1 or 2."""
    grades: dict[str, dict[str, int]] = {}
    for number, row in enumerate(rows, 1):
        if row["partner_id"] not in partners or row["company_id"] not in companies:
            raise ValueError(
                f"label {number}: {row['partner_id']} or {row['company_id']} is not in the other files"
            )
        if row["grade"] not in ("0", "1", "2"):
            raise ValueError(f"label {number}: grade {row['grade']!r} must be 0, 1 or 2")
        grades.setdefault(row["partner_id"], {})[row["company_id"]] = int(row["grade"])
    return grades


def company_of_row(row: Row, blank: bool = False) -> Company:
    """Make a company of a row of `companies.csv`; its description is its one capability. `blank`: no areas."""
    capability = Capability("1", row["description"], focus_areas=() if blank else _codes(row))
    plain: dict[str, Any] = {
        name: row.get(name) or "" for name in ("name", "country", "city", "website", "kind", "language")
    }
    return Company(row["id"], 1, capabilities=(capability,), **plain)


def partner_of_row(row: Row, blank: bool = False) -> tuple[Partner, Need]:
    """Make a partner and its need of a row of `partners.csv`. `blank`: no areas."""
    need = Need("1", row["need"], focus_areas=() if blank else _codes(row))
    plain: dict[str, Any] = {name: row.get(name) or "" for name in ("name", "country", "kind", "language")}
    return Partner(row["id"], 1, needs=(need,), **plain), need


def _codes(row: Row) -> tuple[str, ...]:
    return tuple(code.strip() for code in (row.get("focus_areas") or "").split(";") if code.strip())


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
