"""What keeps a company and a partner apart: only a known conflict does. What is not known becomes a question."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from enum import StrEnum

from services.matching.organisations.domain.distributors import distributors_in
from services.matching.organisations.domain.languages import language_name
from services.matching.organisations.domain.model import WITHDRAWN, Company, MatchRequest, Partner
from services.matching.organisations.domain.regulatory import regulatory_answer
from services.matching.organisations.domain.roles import KNOWLEDGE_PARTNER, STUDY_VISIT_HOST, role_of
from services.matching.organisations.domain.wording import LANGUAGES, Bilingual, both, listed
from shared.words.countries import country_name, covers, in_country, same_country

Lifted = Set[tuple[str, str]]
"""Exclusions that staff have lifted, as (company id, code)."""


class ExclusionCode(StrEnum):
    """Why a company is not introduced."""

    WITHDRAWN = "withdrawn"
    COMPANY_DECLINES = "company_declines"
    PARTNER_DECLINES = "partner_declines"
    EXCLUDED_MARKET = "excluded_market"
    OUTSIDE_MARKETS = "outside_markets"
    REGULATORY_STATUS_MISSING = "regulatory_status_missing"


LIFTABLE = tuple(code for code in ExclusionCode if code is not ExclusionCode.WITHDRAWN)
"""Codes of exclusions that staff can lift; a company that has left the register is not brought back so."""


@dataclass(frozen=True)
class Exclusion:
    """Why a company is not introduced: the code and the reason."""

    code: ExclusionCode
    reason: Bilingual


def exclusions(
    company: Company, partner: Partner, request: MatchRequest, lifted: Lifted = frozenset()
) -> tuple[Exclusion, ...]:
    """Return every known conflict between the two that staff have not lifted, the weightiest first."""
    return tuple(one for one in conflicts(company, partner, request) if not _is_lifted(company, one, lifted))


def lifted_conflicts(
    company: Company, partner: Partner, request: MatchRequest, lifted: Lifted
) -> tuple[Exclusion, ...]:
    """Return the known conflicts between the two that staff have lifted: what would exclude, and does not."""
    return tuple(one for one in conflicts(company, partner, request) if _is_lifted(company, one, lifted))


def conflicts(company: Company, partner: Partner, request: MatchRequest) -> tuple[Exclusion, ...]:
    """Return every known conflict between the two, lifted or not, the weightiest first.

    Nothing that is unknown excludes; an exclusive distributor in the partner's country is a route there, whatever
    markets the company names.
    """
    found = (conflict(company, partner, request) for conflict in _CONFLICTS)
    return tuple(one for one in found if one is not None)


def _is_lifted(company: Company, exclusion: Exclusion, lifted: Lifted) -> bool:
    return exclusion.code in LIFTABLE and (company.id, exclusion.code) in lifted


def questions(company: Company, partner: Partner, request: MatchRequest) -> tuple[Bilingual, ...]:
    """Return what is unknown and worth asking the company, as questions in both languages."""
    role = role_of(company.kind)
    found = [_host_question(company)] if role == STUDY_VISIT_HOST else []
    found += [] if role in (STUDY_VISIT_HOST, KNOWLEDGE_PARTNER) else _market_question(company, partner)
    return (
        *found,
        *_regulatory_questions(company, request),
        *_language_question(company, request),
        *_partnership_question(company, request),
    )


def _withdrawn(company: Company, partner: Partner, request: MatchRequest) -> Exclusion | None:
    if company.status != WITHDRAWN:
        return None
    return Exclusion(
        ExclusionCode.WITHDRAWN,
        both(f"{company.name} har lämnat registret.", f"{company.name} has left the register."),
    )


def _company_declines(company: Company, partner: Partner, request: MatchRequest) -> Exclusion | None:
    if partner.id not in company.not_to_meet:
        return None
    return Exclusion(
        ExclusionCode.COMPANY_DECLINES,
        both(
            f"{company.name} vill inte möta {partner.name}.",
            f"{company.name} does not want to meet {partner.name}.",
        ),
    )


def _partner_declines(company: Company, partner: Partner, request: MatchRequest) -> Exclusion | None:
    if company.id not in partner.not_to_meet:
        return None
    return Exclusion(
        ExclusionCode.PARTNER_DECLINES,
        both(
            f"{partner.name} vill inte möta {company.name}.",
            f"{partner.name} does not want to meet {company.name}.",
        ),
    )


def _excluded_market(company: Company, partner: Partner, request: MatchRequest) -> Exclusion | None:
    if not covers(company.excluded_markets, partner.country):
        return None
    return Exclusion(
        ExclusionCode.EXCLUDED_MARKET,
        both(
            f"{company.name} har undantagit {country_name(partner.country, 'sv')} från sina marknader.",
            f"{company.name} has ruled out working {in_country(partner.country, 'en')}.",
        ),
    )


def _outside_markets(company: Company, partner: Partner, request: MatchRequest) -> Exclusion | None:
    if not company.markets or covers(company.markets, partner.country) is not False:
        return None
    if distributors_in(company, partner.country):
        return None
    named = {
        language: listed([country_name(m, language) for m in company.markets], language)
        for language in LANGUAGES
    }
    return Exclusion(
        ExclusionCode.OUTSIDE_MARKETS,
        both(
            f"{company.name} arbetar {in_country(partner.country, 'sv')} inte: angivna marknader är {named['sv']}.",
            f"{company.name} does not work {in_country(partner.country, 'en')}: its markets are {named['en']}.",
        ),
    )


def _regulatory_status_missing(company: Company, partner: Partner, request: MatchRequest) -> Exclusion | None:
    missing = regulatory_answer(request.must_haves.regulatory_status, company.capabilities).missing
    if not missing:
        return None
    return Exclusion(
        ExclusionCode.REGULATORY_STATUS_MISSING,
        both(
            f"Förfrågan kräver {listed(missing, 'sv')}, och det saknar {company.name} enligt sin profil.",
            f"The request requires {listed(missing, 'en')}, which {company.name} lacks by its profile.",
        ),
    )


_CONFLICTS: tuple[Callable[[Company, Partner, MatchRequest], Exclusion | None], ...] = (
    _withdrawn,
    _company_declines,
    _partner_declines,
    _excluded_market,
    _outside_markets,
    _regulatory_status_missing,
)


def _market_question(company: Company, partner: Partner) -> list[Bilingual]:
    at_home = same_country(company.country, partner.country)
    known = bool(company.markets) and covers(company.markets or (), partner.country) is not None
    if covers(company.excluded_markets, partner.country) is None:
        known = False  # it rules out a market that nobody knows: it may be this one
    if not partner.country or at_home or known or distributors_in(company, partner.country):
        return []
    return [
        both(
            f"Får {company.name} sälja {in_country(partner.country, 'sv')}?",
            f"Is {company.name} allowed to sell {in_country(partner.country, 'en')}?",
        )
    ]


def _host_question(company: Company) -> Bilingual:
    return both(f"Kan {company.name} ta emot ett studiebesök?", f"Can {company.name} receive a study visit?")


def _regulatory_questions(company: Company, request: MatchRequest) -> list[Bilingual]:
    return [
        both(
            f"Har {company.name} {status}? Det krävs, och profilen säger inget om det.",
            f"Does {company.name} have {status}? It is required, and the profile does not say.",
        )
        for status in regulatory_answer(request.must_haves.regulatory_status, company.capabilities).not_given
    ]


def _language_question(company: Company, request: MatchRequest) -> list[Bilingual]:
    if company.languages or not request.must_haves.languages:
        return []
    wanted = {
        language: listed([language_name(code, language) for code in request.must_haves.languages], language)
        for language in LANGUAGES
    }
    return [
        both(
            f"Kan {company.name} arbeta på {wanted['sv']}?",
            f"Can {company.name} work in {wanted['en']}?",
        )
    ]


def _partnership_question(company: Company, request: MatchRequest) -> list[Bilingual]:
    wanted = request.must_haves.partnership_kinds
    if company.partnership_kinds or not wanted:
        return []
    return [
        both(
            f"Är {company.name} öppet för samarbetsformen {' eller '.join(wanted)}?",
            f"Is {company.name} open to this kind of partnership: {' or '.join(wanted)}?",
        )
    ]
