"""The direction *the partner serves the company's aims*: markets, partnership kinds and language.

Size, membership and fees are no part of it: nothing that an organisation is or pays enters a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from services.matching.organisations.domain.distributors import distributors_in
from services.matching.organisations.domain.free_words import code_of
from services.matching.organisations.domain.languages import common_language
from services.matching.organisations.domain.model import Company, MatchRequest, Partner
from services.matching.organisations.domain.wording import LANGUAGES, Bilingual, both, listed
from services.matching.scoring.domain.exclusions import ExclusionCode, Lifted
from services.matching.scoring.domain.policy import ScoringPolicy
from shared.words.countries import covers

MARKETS, PARTNERSHIP_KINDS, LANGUAGE = "markets", "partnership_kinds", "language"
MOST = {MARKETS: 50.0, PARTNERSHIP_KINDS: 30.0, LANGUAGE: 20.0}
"""Points of each part, 100 together."""
AIM_NAMES: Mapping[str, Bilingual] = MappingProxyType(
    {
        MARKETS: both("marknader", "markets"),
        PARTNERSHIP_KINDS: both("samarbetsformer", "kinds of partnership"),
        LANGUAGE: both("språk", "language"),
    }
)
"""What each part is called within a sentence."""
NEUTRAL = 0.5
"""The share of its points that a part has when it is not known how it is."""


@dataclass(frozen=True)
class AimPart:
    """One part of the direction: `points` of `most`; not `known` has the neutral half of them."""

    name: str
    points: float
    most: float
    known: bool


@dataclass(frozen=True)
class Aims:
    """How well the partner serves the company's aims."""

    parts: tuple[AimPart, ...]

    @property
    def total(self) -> float:
        """Return the sum of the parts, 0..100; 50 when nothing is known."""
        return round(sum(part.points for part in self.parts), 2)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Return the names of the parts that are not known."""
        return tuple(part.name for part in self.parts if not part.known)


def serves_aims(
    company: Company, partner: Partner, request: MatchRequest, lifted: Lifted = frozenset()
) -> Aims:
    """Judge the direction from what both profiles and the request say.

    Where staff lifted what the profile says of markets, the markets are not known.
    """
    shares = {
        MARKETS: _market_share(company, partner, lifted),
        PARTNERSHIP_KINDS: _partnership_share(company, partner, request),
        LANGUAGE: _language_share(company, partner, request),
    }
    return Aims(
        tuple(
            AimPart(name, MOST[name] * (NEUTRAL if share is None else share), MOST[name], share is not None)
            for name, share in shares.items()
        )
    )


def weak_aims(aims: Aims) -> Bilingual:
    """Name the parts that are known to have less than half of their points, as a list within a sentence."""
    weak = [AIM_NAMES[part.name] for part in aims.parts if part.known and part.points < part.most / 2]
    return both(*(listed([one[language] for one in weak], language) for language in LANGUAGES))


def cap_of(aims: Aims, policy: ScoringPolicy) -> float | None:
    """Return the most points a match may have when the direction is weak; None: nothing known makes it weak.

    Since the unknown is neutral (50), only what is known can bring the direction under a threshold of 50 or less;
    a policy with a higher threshold would punish the unknown, and is held at 50.
    """
    return policy.weak_cap if aims.total < min(policy.weak_direction, 100.0 * NEUTRAL) else None


def _market_share(company: Company, partner: Partner, lifted: Lifted) -> float | None:
    if {
        (company.id, code) for code in (ExclusionCode.EXCLUDED_MARKET, ExclusionCode.OUTSIDE_MARKETS)
    } & lifted:
        return None
    if covers(company.excluded_markets, partner.country):
        return 0.0
    if distributors_in(company, partner.country):
        return 1.0
    if not company.markets:
        return None
    answer = covers(company.markets, partner.country)
    return None if answer is None else float(answer)


def _partnership_share(company: Company, partner: Partner, request: MatchRequest) -> float | None:
    offered = {code_of(kind) for kind in company.partnership_kinds}
    wanted = {code_of(kind) for kind in (*partner.partnership_kinds, *request.must_haves.partnership_kinds)}
    return float(bool(offered & wanted)) if offered and wanted else None


def _language_share(company: Company, partner: Partner, request: MatchRequest) -> float | None:
    """A shared language is known from any text; that there is none only where both say what they work in."""
    stated = company.languages, (*partner.languages, *request.must_haves.languages)
    share = common_language(stated[0] or _some(company.language), stated[1] or _some(partner.language))
    if share == 1.0 or (stated[0] and stated[1]):
        return share
    return None


def _some(word: str) -> tuple[str, ...]:
    return (word,) if word else ()
