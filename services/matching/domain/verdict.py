"""What a report comes to, in words, and what to do next."""

from __future__ import annotations

from services.matching.domain.wording import both

MATCHES = "matches"
NO_GOOD_MATCH = "no_good_match"


def verdict_text(
    companies: int, needs: int, covered: int, excluded: int, said_something: bool
) -> dict[str, str]:
    """Say how many companies fit and what to do next, in both languages.

    `companies` fit, `covered` of `needs` have one, `excluded` companies would fit if staff lifted an exclusion;
    `said_something`: a term was recognised in the needs.
    """
    if companies:
        return _some(companies, needs, covered)
    none = both(
        "Inget företag passar tillräckligt bra, så inget föreslås.",
        "No company fits well enough, so none is suggested.",
    )
    if excluded:
        return both(
            f"{none['sv']} {excluded} företag skulle passa men är undantagna: läs skälen, undantag kan hävas.",
            f"{none['en']} {_companies(excluded)} would fit but {'is' if excluded == 1 else 'are'} excluded: "
            "read the reasons, an exclusion can be lifted.",
        )
    if not said_something:
        return both(
            f"{none['sv']} Texten säger för lite: fråga partnern vad som ska lösas, för vem, och hur det görs i dag.",
            f"{none['en']} The text says too little: ask the partner what is to be solved, for whom, and how it is "
            "done today.",
        )
    return both(
        f"{none['sv']} Be partnern beskriva behovet närmare, eller sök efter ett företag utanför registret.",
        f"{none['en']} Ask the partner to describe the need more closely, or look for a company outside the register.",
    )


def _some(companies: int, needs: int, covered: int) -> dict[str, str]:
    left = needs - covered
    sv = f"{companies} företag passar. Läs skälen och godkänn dem som ska få kontakt."
    fit = "fits" if companies == 1 else "fit"
    en = f"{_companies(companies)} {fit}. Read the reasons and approve those to introduce."
    if left:
        sv += f" {left} av {needs} behov saknar ett företag som passar."
        en += f" {left} of {needs} needs {'has' if left == 1 else 'have'} no company that fits."
    return both(sv, en)


def _companies(count: int) -> str:
    return "1 company" if count == 1 else f"{count} companies"
