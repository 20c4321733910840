"""What a report comes to, in words, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from services.matching.organisations.domain.procurement import (
    FEWEST_IN_DIALOGUE,
    MARKET_DIALOGUE,
    TENDER_OPEN,
)
from services.matching.organisations.domain.wording import both

MATCHES = "matches"
NO_GOOD_MATCH = "no_good_match"


@dataclass(frozen=True)
class Outcome:
    """What a report found.

    `companies` fit, `covered` of `needs` have one; `excluded` companies would fit if staff lifted an exclusion, and
    so would somebody for `liftable` of the needs that have none. `register`: companies that were looked at.
    `said_something`: a term was recognised in the needs. `stage` is that of procurement; `fewest` the suppliers of
    the covered need that has the fewest.
    """

    companies: int
    needs: int
    covered: int
    excluded: int
    liftable: int
    register: int
    said_something: bool
    stage: str = "none"
    fewest: int = 0


def verdict_text(found: Outcome) -> dict[str, str]:
    """Say how many companies fit and what to do next, in both languages."""
    return _some(found) if found.companies else _none(found)


def _none(found: Outcome) -> dict[str, str]:
    none = both(
        "Inget företag passar tillräckligt bra, så inget föreslås.",
        "No company fits well enough, so none is suggested.",
    )
    if found.excluded:
        one = found.excluded == 1
        return both(
            f"{none['sv']} {found.excluded} företag skulle passa men är {'undantaget' if one else 'undantagna'}: "
            "läs skälen, undantag kan hävas.",
            f"{none['en']} {_companies(found.excluded)} would fit but {'is' if one else 'are'} excluded: "
            "read the reasons, an exclusion can be lifted.",
        )
    if not found.register:
        return both(
            f"{none['sv']} Registret har inga företag än: importera dem, så görs rapporten om.",
            f"{none['en']} The register has no companies yet: import them, and the report is made again.",
        )
    if not found.said_something:
        return both(
            f"{none['sv']} Texten säger för lite: fråga partnern vad som ska lösas, för vem, och hur det görs i dag.",
            f"{none['en']} The text says too little: ask the partner what is to be solved, for whom, and how it is "
            "done today.",
        )
    return both(
        f"{none['sv']} Be partnern beskriva behovet närmare, eller sök efter ett företag utanför registret.",
        f"{none['en']} Ask the partner to describe the need more closely, or look for a company outside the register.",
    )


def _some(found: Outcome) -> dict[str, str]:
    fit = "fits" if found.companies == 1 else "fit"
    sv, en = f"{found.companies} företag passar.", f"{_companies(found.companies)} {fit}."
    todo = _next(found)
    sv, en = f"{sv} {todo['sv']}", f"{en} {todo['en']}"
    left = found.needs - found.covered
    if left:
        sv += f" {left} av {found.needs} behov saknar ett företag som passar."
        en += f" {left} of {found.needs} needs {'has' if left == 1 else 'have'} no company that fits."
    if found.liftable:
        sv += f" För {found.liftable} av dem skulle ett undantaget företag passa: läs skälen, undantag kan hävas."
        en += f" For {found.liftable} of them an excluded company would fit: read why, an exclusion can be lifted."
    return both(sv, en)


def _next(found: Outcome) -> dict[str, str]:
    if found.stage == TENDER_OPEN:
        return both(
            "Upphandlingen är öppen: ordna inga enskilda möten, ge alla samma information samtidigt.",
            "The tender is open: arrange no one-to-one meetings, give all the same information at the same time.",
        )
    if found.stage == MARKET_DIALOGUE and found.fewest < FEWEST_IN_DIALOGUE:
        return both(
            f"Marknadsdialog: bjud in minst {FEWEST_IN_DIALOGUE} leverantörer till varje behov innan kontakt tas.",
            f"Market dialogue: invite at least {FEWEST_IN_DIALOGUE} suppliers for each need before any is introduced.",
        )
    return both(
        "Läs skälen och godkänn dem som ska få kontakt.", "Read the reasons and approve those to introduce."
    )


def _companies(count: int) -> str:
    return "1 company" if count == 1 else f"{count} companies"
