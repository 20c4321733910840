"""What staff should know before they introduce two: it marks a match and never hides it or changes its score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.matching.organisations.domain.distributors import distributors_in
from services.matching.organisations.domain.free_words import code_of, is_named
from services.matching.organisations.domain.languages import common_language, language_name
from services.matching.organisations.domain.model import Company, MatchRequest, Partner
from services.matching.organisations.domain.procurement import (
    FEWEST_IN_DIALOGUE,
    MARKET_DIALOGUE,
    TENDER_OPEN,
    stage_of,
)
from services.matching.organisations.domain.wording import LANGUAGES, Bilingual, both, listed
from services.matching.scoring.domain.exclusions import Exclusion, ExclusionCode
from services.matching.scoring.domain.history import History
from services.matching.scoring.domain.policy import ScoringPolicy
from shared.words.countries import in_country
from shared.words.membership import Membership


class FlagCode(StrEnum):
    """What a match is marked with; a lifted exclusion's mark is `lifted_flag` of the exclusion's code."""

    NETWORK_COMPANY = "network_company"
    SMALL_MEMBER = "small_member"
    LAPSED_MEMBER = "lapsed_member"
    EXISTING_CUSTOMER = "existing_customer"
    COMPETITOR = "competitor"
    ALREADY_INTRODUCED = "already_introduced"
    EXCLUSIVE_DISTRIBUTOR = "exclusive_distributor"
    LANGUAGE_MISSING = "language_missing"
    PARTNERSHIP_KIND_MISSING = "partnership_kind_missing"
    TENDER_OPEN = "tender_open"
    MARKET_DIALOGUE_FEW_SUPPLIERS = "market_dialogue_few_suppliers"


def lifted_flag(code: ExclusionCode) -> str:
    """Return the code of the mark that a lifted exclusion leaves."""
    return f"lifted_{code}"


@dataclass(frozen=True)
class Flag:
    """A mark with its code and what it means."""

    code: str
    text: Bilingual


def flags_of(
    company: Company,
    partner: Partner,
    request: MatchRequest,
    history: History,
    policy: ScoringPolicy,
    as_of: datetime,
    suppliers: int,
    lifted: Sequence[Exclusion] = (),
) -> tuple[Flag, ...]:
    """Return the marks of a match.

    `suppliers` is how many suppliers the report has for its need; `lifted` are the exclusions that would keep the two
    apart had staff not lifted them: each is a mark of its own, `lifted_` before its code.
    """
    return (
        *_lifted(lifted),
        *_membership(company),
        *_relation(company, partner),
        *_introduced(company, partner, request, history, policy, as_of),
        *_distributor(company, partner),
        *_languages(company, request),
        *_partnership_kinds(company, request),
        *_procurement(request, suppliers),
    )


def is_network(company: Company) -> bool:
    """Say whether a company is in the network without being a member: listed after members."""
    return code_of(company.membership) == Membership.NETWORK


def _lifted(lifted: Sequence[Exclusion]) -> list[Flag]:
    return [
        Flag(
            lifted_flag(one.code),
            both(
                f"Undantag som personalen har hävt: {one.reason['sv']}",
                f"Excluded, lifted by staff: {one.reason['en']}",
            ),
        )
        for one in lifted
    ]


def _membership(company: Company) -> list[Flag]:
    marks: dict[str, tuple[FlagCode, Bilingual]] = {
        Membership.NETWORK: (
            FlagCode.NETWORK_COMPANY,
            both("Nätverksföretag, inte medlem.", "Network company, not a member."),
        ),
        Membership.SMALL_MEMBER: (FlagCode.SMALL_MEMBER, both("Liten medlem.", "Small member.")),
        Membership.LAPSED: (
            FlagCode.LAPSED_MEMBER,
            both("Medlemskapet har upphört.", "The membership has lapsed."),
        ),
    }
    code = code_of(company.membership)
    return [Flag(*marks[code])] if code in marks else []


def _relation(company: Company, partner: Partner) -> list[Flag]:
    found = []
    if is_named(company.existing_customers, partner.id, partner.name):
        text = both(
            f"{partner.name} är redan kund hos {company.name}.",
            f"{partner.name} is already a customer of {company.name}.",
        )
        found.append(Flag(FlagCode.EXISTING_CUSTOMER, text))
    if is_named(company.competitors, partner.id, partner.name):
        text = both(
            f"{company.name} ser {partner.name} som konkurrent.",
            f"{company.name} sees {partner.name} as a competitor.",
        )
        found.append(Flag(FlagCode.COMPETITOR, text))
    return found


def _introduced(
    company: Company,
    partner: Partner,
    request: MatchRequest,
    history: History,
    policy: ScoringPolicy,
    as_of: datetime,
) -> list[Flag]:
    last = history.last_introduced(partner.id, company.id, as_of, policy.rest_days, request.id)
    if last is None:
        return []
    return [
        Flag(
            FlagCode.ALREADY_INTRODUCED,
            both(f"De introducerades den {last:%Y-%m-%d}.", f"They were introduced on {last:%Y-%m-%d}."),
        )
    ]


def _distributor(company: Company, partner: Partner) -> list[Flag]:
    where = {language: in_country(partner.country, language) for language in LANGUAGES}
    found = []
    for who in distributors_in(company, partner.country):
        if is_named((who,), partner.id, partner.name):
            text = both(
                f"{partner.name} är {company.name}s ensamåterförsäljare {where['sv']}.",
                f"{partner.name} is {company.name}'s exclusive distributor {where['en']}.",
            )
        else:
            text = both(
                f"Vägen går genom {who}, som är ensamåterförsäljare {where['sv']}.",
                f"The way goes through {who}, the exclusive distributor {where['en']}.",
            )
        found.append(Flag(FlagCode.EXCLUSIVE_DISTRIBUTOR, text))
    return found


def _languages(company: Company, request: MatchRequest) -> list[Flag]:
    missing = [one for one in request.must_haves.languages if common_language(company.languages, [one]) < 1.0]
    if not company.languages or not missing:
        return []
    named = {
        language: listed([language_name(one, language) for one in missing], language)
        for language in LANGUAGES
    }
    return [
        Flag(
            FlagCode.LANGUAGE_MISSING,
            both(
                f"Förfrågan kräver {named['sv']}, som {company.name} inte har angett.",
                f"The request requires {named['en']}, which {company.name} has not stated.",
            ),
        )
    ]


def _partnership_kinds(company: Company, request: MatchRequest) -> list[Flag]:
    offered = {code_of(kind) for kind in company.partnership_kinds}
    wanted = request.must_haves.partnership_kinds
    if not offered or not wanted or offered & {code_of(kind) for kind in wanted}:
        return []
    return [
        Flag(
            FlagCode.PARTNERSHIP_KIND_MISSING,
            both(
                f"Förfrågan kräver {' eller '.join(wanted)}, som {company.name} inte har angett.",
                f"The request requires {' or '.join(wanted)}, which {company.name} has not stated.",
            ),
        )
    ]


def _procurement(request: MatchRequest, suppliers: int) -> list[Flag]:
    stage = stage_of(request)
    if stage == TENDER_OPEN:
        text = both(
            "Upphandlingen är öppen: inga enskilda möten, alla ska få samma information.",
            "The tender is open: no one-to-one meetings, all must get the same information.",
        )
        return [Flag(FlagCode.TENDER_OPEN, text)]
    if stage == MARKET_DIALOGUE and suppliers < FEWEST_IN_DIALOGUE:
        text = both(
            f"Marknadsdialog med färre än {FEWEST_IN_DIALOGUE} leverantörer: bjud in fler, så att ingen gynnas.",
            f"Market dialogue with fewer than {FEWEST_IN_DIALOGUE} suppliers: invite more, so that none is favoured.",
        )
        return [Flag(FlagCode.MARKET_DIALOGUE_FEW_SUPPLIERS, text)]
    return []
