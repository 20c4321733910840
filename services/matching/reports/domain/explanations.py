"""Why a company fits a need: parts with the words of both sides for staff, and sentences for everyone else.

Sentences carry no score and no rank. Texts are quoted as they were written, in their own language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.matching.organisations.domain.model import Company, Partner
from services.matching.organisations.domain.roles import KNOWLEDGE_PARTNER, STUDY_VISIT_HOST
from services.matching.organisations.domain.wording import (
    LANGUAGES,
    Bilingual,
    both,
    in_sentence,
    listed,
    quoted,
)
from services.matching.reports.domain.phrases import phrase_around
from services.matching.reports.domain.quotes import nearest_sentences, words_alike
from services.matching.reports.domain.report import Lines, Part, Quote
from services.matching.scoring.domain.aims import Aims, weak_aims
from services.matching.scoring.domain.evidence import Evidence, PartScore, answers
from services.matching.scoring.domain.features import PARTS, FieldReading
from shared.focus_areas import FocusArea
from shared.words.countries import country_name, covers

MOST_QUOTES = 6
MOST_SENTENCES = 3
TELLING = 0.08
"""A join that gives a smaller share of the concepts' points makes no sentence."""

_LINKS: Mapping[str, Bilingual] = {
    "same": both("", ""),
    "parent": both("nära ", "close to "),
    "serves": both("bidrar till ", "helps with "),
}

_NEAR = both("till innebörden ", "in meaning ")

CAP = "cap"
"""The name of the part that takes points away when the other direction is weak."""


@dataclass(frozen=True)
class Sides:
    """The two that are compared, with their texts as they were read."""

    partner: Partner
    company: Company
    need_texts: tuple[FieldReading, ...]
    company_texts: tuple[FieldReading, ...]
    areas: Mapping[str, FocusArea]

    def area_name(self, code: str, language: str) -> str:
        """Return a focus area's name as it stands in a sentence; an unknown code as it is."""
        return in_sentence(self.areas[code].name(language)) if code in self.areas else code


def explain_parts(sides: Sides, scores: Mapping[str, PartScore]) -> tuple[Part, ...]:
    """Return the parts of the direction *company serves need*, in the order of `features.PARTS`."""
    return tuple(
        Part(
            name,
            round(scores[name].points, 2),
            round(scores[name].most, 2),
            _quotes(sides, name, scores[name]),
            _missing(sides, name, scores[name]),
        )
        for name in PARTS
    )


def cap_part(aims: Aims, score: float, cap: float) -> Part:
    """Return the negative part that brings a score down to the cap, with the aims that are known not to be met."""
    weak = weak_aims(aims)
    missing = both(
        f"Partnern passar dåligt med vad företaget söker: {weak['sv']}.",
        f"The partner fits poorly with what the company looks for: {weak['en']}.",
    )
    return Part(CAP, round(cap - score, 2), 0.0, (), missing)


def reasons(sides: Sides, role: str, scores: Mapping[str, PartScore]) -> Lines:
    """Say in a few sentences, by language, why the two should meet."""
    return {language: tuple(_sentences(sides, role, scores, language)) for language in LANGUAGES}


def _quotes(sides: Sides, name: str, score: PartScore) -> tuple[Quote, ...]:
    if name == "kind":
        if score.points <= 0 or not (sides.partner.kind and sides.company.kind):
            return ()
        return (
            Quote(
                sides.partner.kind,
                sides.company.kind,
                "kind",
                both("slag av verksamhet", "kind of organisation"),
            ),
        )
    if name == "text":
        return _alike(sides) if score.points > 0 else ()
    quotes = []
    for one in (answers(score.evidence) if name == "concepts" else score.evidence)[:MOST_QUOTES]:
        names = (
            both(*(sides.area_name(one.concept, x) for x in LANGUAGES))
            if name == "areas"
            else one.concept_names
        )
        if one.near:
            names = both(f"{names['sv']} (till innebörden)", f"{names['en']} (by meaning)")
        quotes.append(Quote(one.need_quote, one.company_quote, one.company_field, names, one.near))
    return tuple(quotes)


def _alike(sides: Sides) -> tuple[Quote, ...]:
    texts = sides.need_texts, sides.company_texts
    return (*nearest_sentences(*texts), *words_alike(*texts))


def _missing(sides: Sides, name: str, score: PartScore) -> Bilingual:
    """Say what a part lacks and how many points that would add at most; empty when it lacks nothing."""
    gap = round(score.most - score.points)
    if gap < 1:
        return both("", "")
    what = {language: _lacking(sides, name, score, language) for language in LANGUAGES}
    return both(
        f"{what['sv']} Kan ge upp till {gap} poäng till.", f"{what['en']} Could add up to {gap} points."
    )


def _lacking(sides: Sides, name: str, score: PartScore, language: str) -> str:
    sv = language == "sv"
    if name == "concepts" and score.missing:
        names = listed([in_sentence(one.concept_names[language]) for one in score.missing[:4]], language)
        return f"Nämns inte av företaget: {names}." if sv else f"Not mentioned by the company: {names}."
    if name == "concepts" and not score.evidence:
        return "Inget känt begrepp hittades i behovet." if sv else "No known term was found in the need."
    if name == "concepts":
        return (
            "Svarar på behovet i stort, men inte lika precist."
            if sv
            else "Answers the need broadly, but less exactly."
        )
    if name == "areas" and score.missing_areas:
        names = "; ".join(sides.area_name(code, language) for code in score.missing_areas)
        return (
            f"Fokusområde som företaget inte har: {names}."
            if sv
            else f"Focus area that the company does not have: {names}."
        )
    if name == "areas":
        return "Fokusområdena täcker varandra bara delvis." if sv else "The focus areas overlap only in part."
    if name == "text":
        return "Texterna har få ord gemensamt." if sv else "The texts share few words."
    if not sides.company.kind:
        return "Slaget av företag är inte angivet." if sv else "The kind of company is not given."
    return (
        "Den här sortens företag är inte det vanligaste svaret på den här sortens partner."
        if sv
        else "This kind of company is not the most usual answer to this kind of partner."
    )


def _sentences(sides: Sides, role: str, scores: Mapping[str, PartScore], language: str) -> list[str]:
    found = _joins(sides, scores["concepts"], language) + _shared_areas(sides, scores["areas"], language)
    if not found:
        found.append(_WITHOUT_A_TERM[language])
    return [*found, *_market(sides, language), *_role(sides, role, language)]


_WITHOUT_A_TERM = both(
    "Profilerna passar ihop i stort, utan ett enskilt begrepp att peka på.",
    "The profiles fit together on the whole, with no one term that joins them.",
)


def _shared_areas(sides: Sides, score: PartScore, language: str) -> list[str]:
    names = [sides.area_name(one.concept, language) for one in score.evidence]
    if not names:
        return []
    if language == "sv":
        start = "Gemensamt fokusområde" if len(names) == 1 else "Gemensamma fokusområden"
    else:
        start = "Shared focus area" if len(names) == 1 else "Shared focus areas"
    return [f"{start}: {'; '.join(names)}."]


def _joins(sides: Sides, score: PartScore, language: str) -> list[str]:
    """Turn the weightiest joins into sentences; joins within the same words become one."""
    told: dict[tuple[str, str], list[str]] = {}
    for one in _telling(score):
        near = _NEAR[language] if one.near else ""
        concept = near + _LINKS[one.link][language] + in_sentence(one.concept_names[language])
        words = told.setdefault(_phrases(sides, one), [])
        if concept not in words and len(words) < MOST_SENTENCES:
            words.append(concept)
    sentences: list[str] = []
    for (need, company), concepts in list(told.items())[:MOST_SENTENCES]:
        mine, theirs = quoted(need, language), quoted(company, language)
        sentences.append(_joined(sides, mine, theirs, ", ".join(concepts), not sentences, language))
    return sentences


def _telling(score: PartScore) -> list[Evidence]:
    """Leave out joins that hardly count or rest on a name; what is only near is told when there is nothing else."""
    joins = [
        one
        for one in answers(score.evidence)
        if one.points > 0
        and one.points >= TELLING * score.points
        and "name" not in (one.need_field, one.company_field)
    ]
    plain = [one for one in joins if not one.near] or joins[:1]
    return [one for one in plain if one.link != "parent"] or plain[:1]


def _joined(sides: Sides, need: str, company: str, concepts: str, first: bool, language: str) -> str:
    partner_name, company_name = sides.partner.name, sides.company.name
    if language == "sv":
        start = f"{partner_name} skriver {need}" if first else f"Behovet säger också {need}"
        return f"{start}; {company_name} skriver {company} ({concepts})."
    start = f"{partner_name} writes {need}" if first else f"The need also says {need}"
    return f"{start}; {company_name} writes {company} ({concepts})."


def _phrases(sides: Sides, one: Evidence) -> tuple[str, str]:
    return (
        _phrase(sides.need_texts, one.need_field, one.need_quote),
        _phrase(sides.company_texts, one.company_field, one.company_quote),
    )


def _phrase(texts: Sequence[FieldReading], field: str, quote: str) -> str:
    return next((phrase_around(one.reading.text, quote) for one in texts if one.field == field), quote)


def _market(sides: Sides, language: str) -> list[str]:
    if not sides.company.markets or not covers(sides.company.markets, sides.partner.country):
        return []
    country = country_name(sides.partner.country, language)
    if language == "sv":
        return [f"{country} är en av de marknader som {sides.company.name} satsar på."]
    return [f"{country} is one of the markets that {sides.company.name} works towards."]


def _role(sides: Sides, role: str, language: str) -> list[str]:
    name = sides.company.name
    texts = {
        STUDY_VISIT_HOST: both(
            f"{name} har egen verksamhet på området och kan vara ett studiebesök värt.",
            f"{name} has its own operations in the field and may be worth a study visit.",
        ),
        KNOWLEDGE_PARTNER: both(
            f"{name} kan bidra som kunskapspartner.", f"{name} could contribute as a knowledge partner."
        ),
    }
    return [texts[role][language]] if role in texts else []
