"""Why a company was not chosen for a request, and what would change it: in words that it may be sent.

The words are for the company. They hold nothing of any other company, no score and no rank. Of the foreign
organisation they hold its country, the statuses and languages it requires, focus areas, and the thesaurus's own
names for what it asks for: without these nobody could mend anything. They hold neither its name nor a word of its
need, which a company learns only by being introduced; those stand apart, for staff.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.matching.organisations.domain.model import Company, MatchRequest, Partner
from services.matching.organisations.domain.regulatory import regulatory_answer
from services.matching.organisations.domain.roles import SUPPLIER, role_of
from services.matching.organisations.domain.wording import LANGUAGES, Bilingual
from services.matching.reports.domain.report import Report
from services.matching.scoring.domain.evidence import Missing, pair_parts
from services.matching.scoring.domain.exclusions import Lifted
from services.matching.scoring.domain.features import (
    CompanyFeatures,
    NeedFeatures,
    company_features,
    need_features,
)
from services.matching.scoring.domain.policy import ScoringPolicy
from services.matching.scoring.domain.selection import (
    FEW_WORDS,
    NOTHING_IN_COMMON,
    OTHERS_NEARER,
    UNDER_FLOOR,
    WEAK_DIRECTION,
    Chosen,
    gate_of,
    pair_of,
)
from services.matching.text.domain.concept_engine import TextEngine
from services.matching.why_not.domain import sentences as words
from services.matching.why_not.domain.outcomes import (
    INTRODUCED,
    NONE_SOUND,
    NOT_CHOSEN,
    OUTDATED,
    SUGGESTED,
)
from shared.focus_areas import FocusArea, read_focus_areas

_CONTENT_GATES = (NOTHING_IN_COMMON, FEW_WORDS, UNDER_FLOOR, OTHERS_NEARER, NONE_SOUND)
"""Gates that a fuller description may open."""


@dataclass(frozen=True)
class Told:
    """One thing that is said, with its code."""

    code: str
    text: Bilingual


@dataclass(frozen=True)
class NeedAnswer:
    """What became of the company under one need.

    `outcome`: `suggested` to staff, `introduced`, `rejected` by staff, or `not_chosen`. `reasons` and `changes` may
    be sent to the company; `asked_for`, with the need's own words, is for staff.
    """

    need_id: str
    outcome: str
    reasons: tuple[Told, ...]
    changes: tuple[Told, ...]
    asked_for: tuple[Missing, ...]


@dataclass(frozen=True)
class WhyNot:
    """The answer for all needs of a request; `profile` is what the company's profile leaves open."""

    company: Company
    partner: Partner
    needs: tuple[NeedAnswer, ...]
    profile: tuple[Told, ...]

    def letter(self, language: str) -> str:
        """Write the answer as a text that can be sent to the company, in `sv` or `en`."""
        reasons = [one.text[language] for need in self.needs for one in need.reasons]
        changes = [one.text[language] for need in self.needs for one in need.changes]
        gaps = [one.text[language] for one in self.profile]
        chosen = any(need.outcome in (SUGGESTED, INTRODUCED) for need in self.needs)
        return words.letter(self.company, self.partner, chosen, reasons, changes, gaps, language)

    def to_json(self) -> dict[str, Any]:
        """Return the answer as plain values; what only staff may see stands under `for_staff`."""
        return {
            "company": {"id": self.company.id, "name": self.company.name},
            "needs": [
                {
                    "need_id": need.need_id,
                    "outcome": need.outcome,
                    "reasons": _told_json(need.reasons),
                    "changes": _told_json(need.changes),
                    "for_staff": {
                        "asked_for": [
                            {"concept": dict(one.concept_names), "need": one.need_quote}
                            for one in need.asked_for
                        ]
                    },
                }
                for need in self.needs
            ],
            "profile": _told_json(self.profile),
            "letter": {language: self.letter(language) for language in LANGUAGES},
        }


@dataclass(frozen=True)
class Decided:
    """What staff decided on the company under a need: `introduced` or `rejected`, with the reason they wrote."""

    outcome: str
    reason: str = ""


def why_not(
    request: MatchRequest,
    partner: Partner,
    company: Company,
    report: Report,
    policy: ScoringPolicy,
    engine: TextEngine,
    lifted: Lifted = frozenset(),
    decided: Mapping[str, Decided] | None = None,
    outdated: bool = False,
    areas: Mapping[str, FocusArea] | None = None,
) -> WhyNot:
    """Say for each need of a request what kept a company out, and what would change it.

    `report` is the request's report under the same policy and engine: it tells whom it names and
    how well the best serve each need; `outdated`: something has changed since. `decided` is what staff decided on the
    company, by need id. Costs the reading of one company and the request's needs.
    """
    needs = need_features([(partner, need) for need in request.needs], engine, policy)
    features = company_features([company], engine)
    known_areas = read_focus_areas() if areas is None else areas
    answers = []
    for row, need in enumerate(request.needs):
        done = (decided or {}).get(need.id)
        listed = any(match.need_id == need.id and match.company.id == company.id for match in report.matches)
        if done is not None:
            told = (Told(done.outcome, words.decided(company, done.outcome, done.reason)),)
            answers.append(NeedAnswer(need.id, done.outcome, told, (), ()))
        elif listed:
            told = (Told(SUGGESTED, words.decided(company, SUGGESTED, "")),)
            answers.append(NeedAnswer(need.id, SUGGESTED, told, (), ()))
        else:
            pair = pair_of(needs, row, features, 0, request, partner, lifted)
            gate = _gate(pair, need.id, report, policy, outdated)
            answers.append(_not_chosen(pair, gate, needs, features, request, partner, known_areas))
    return WhyNot(company, partner, tuple(answers), _profile(company, partner, request))


def _gate(pair: Chosen, need_id: str, report: Report, policy: ScoringPolicy, outdated: bool) -> str | None:
    """Return the gate of the company's own scores, None where only an exclusion keeps it out."""
    named = report.matches_of(need_id)
    best = max((match.toward_need for match in named), default=0.0)
    gate = gate_of(pair, best, policy)
    if gate is not None:
        return gate
    if pair.exclusions:
        return None if named or pair.by_words >= policy.opening_words else NONE_SOUND
    if outdated:
        return OUTDATED
    if not named:
        return NONE_SOUND
    return OTHERS_NEARER


def _not_chosen(
    pair: Chosen,
    gate: str | None,
    needs: NeedFeatures,
    features: CompanyFeatures,
    request: MatchRequest,
    partner: Partner,
    areas: Mapping[str, FocusArea],
) -> NeedAnswer:
    company = features.companies[0]
    parts = pair_parts(needs, pair.row, features, 0)
    missing = parts["concepts"].missing
    reasons = [Told(one.code, words.excluded(company, one)) for one in pair.exclusions]
    changes = [
        Told(one.code, text)
        for one in pair.exclusions
        if (text := words.change_of_exclusion(company, partner, request, one.code))
    ]
    if gate is not None:
        reasons.append(Told(gate, words.gate(company, gate, pair.aims)))
    if gate == WEAK_DIRECTION:
        changes.append(Told(gate, words.look_over_aims(company)))
    if gate in _CONTENT_GATES:
        changes += [Told(code, text) for code, text in words.fuller(missing, parts["areas"], areas)]
        if not company.kind:
            changes.append(Told("kind_unknown", words.KIND_UNKNOWN))
    need_id = request.needs[pair.row].id
    return NeedAnswer(need_id, NOT_CHOSEN, tuple(reasons), tuple(changes), missing)


def _profile(company: Company, partner: Partner, request: MatchRequest) -> tuple[Told, ...]:
    """Say what the profile leaves open that a decision on this request would look at."""
    found = [
        Told("regulatory_status_unknown", words.status_unknown(status))
        for status in regulatory_answer(request.must_haves.regulatory_status, company.capabilities).not_given
    ]
    if not company.capabilities:
        found.append(Told("no_offer", words.NO_OFFER))
    elif not any(one.evidence.strip() or one.references for one in company.capabilities):
        found.append(Told("no_evidence", words.NO_EVIDENCE))
    if not company.markets and role_of(company.kind) == SUPPLIER:
        found.append(Told("markets_unknown", words.MARKETS_UNKNOWN))
    if not company.languages and request.must_haves.languages:
        found.append(Told("languages_unknown", words.languages_unknown(request.must_haves.languages)))
    return tuple(found)


def _told_json(told: Sequence[Told]) -> list[dict[str, Any]]:
    return [{"code": one.code, "text": dict(one.text)} for one in told]
