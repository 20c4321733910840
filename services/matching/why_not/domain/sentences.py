"""The words of `why_not`: what a company is told of why it was not chosen, in Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.matching.organisations.domain.languages import language_name
from services.matching.organisations.domain.model import Company, MatchRequest, Partner
from services.matching.organisations.domain.regulatory import regulatory_answer
from services.matching.organisations.domain.wording import LANGUAGES, Bilingual, both, in_sentence, listed
from services.matching.scoring.domain.aims import Aims, weak_aims
from services.matching.scoring.domain.evidence import Missing, PartScore
from services.matching.scoring.domain.exclusions import Exclusion
from services.matching.scoring.domain.selection import (
    FEW_WORDS,
    NOTHING_IN_COMMON,
    OTHERS_NEARER,
    UNDER_FLOOR,
    WEAK_DIRECTION,
)
from services.matching.why_not.domain.outcomes import INTRODUCED, NONE_SOUND, OUTDATED, REJECTED
from shared.focus_areas import FocusArea
from shared.words.countries import country_name

MOST_TERMS = 4
"""Terms that one sentence names."""

NO_OFFER = both(
    "Beskriv det ni erbjuder som erbjudanden, ett i taget.",
    "Describe what you offer as offers of their own, one at a time.",
)
NO_EVIDENCE = both(
    "Ange belägg eller referenser: inget av erbjudandena har några, och de som beslutar frågar efter dem.",
    "Give evidence or references: none of the offers has any, and those who decide ask for them.",
)
MARKETS_UNKNOWN = both(
    "Ange på vilka marknader ni får och vill sälja: profilen säger inget om det.",
    "Say in which markets you may and want to sell: the profile does not.",
)
KIND_UNKNOWN = both(
    "Ange vilket slag av organisation ni är: profilen säger inget om det.",
    "Say what kind of organisation you are: the profile does not.",
)

_GATES: Mapping[str, Bilingual] = {
    NOTHING_IN_COMMON: both(
        "Profilen och behovet har inga ord gemensamt: de handlar om olika saker.",
        "The profile and the need have no words in common: they are about different things.",
    ),
    FEW_WORDS: both(
        "Profilens ord svarar för lite på behovet. Samma fokusområde och rätt slag av organisation räcker inte.",
        "The profile's words answer too little of the need. The same focus area and a fitting kind of organisation are "
        "not enough.",
    ),
    UNDER_FLOOR: both(
        "Profilen svarar på en del av behovet, men inte tillräckligt nära.",
        "The profile answers a part of the need, but not closely enough.",
    ),
    OTHERS_NEARER: both(
        "Profilen svarar på behovet, men andra låg närmare det som efterfrågas, och bara ett fåtal föreslås.",
        "The profile answers the need, but others lay closer to what is asked for, and only a few are suggested.",
    ),
    NONE_SOUND: both(
        "Ingen profil svarade tydligt nog på behovet, så ingen föreslogs.",
        "No profile answered the need clearly enough, so none was suggested.",
    ),
    OUTDATED: both(
        "Något har ändrats sedan urvalet gjordes, så svaret kan vara ett annat nu.",
        "Something has changed since the selection was made, so that the answer may be another one now.",
    ),
}


def excluded(company: Company, exclusion: Exclusion) -> Bilingual:
    """Say which known conflict excludes a company, without naming the organisation behind the request."""
    if exclusion.code == "company_declines":
        return both(
            f"{company.name} har bett att inte få möta organisationen bakom förfrågan.",
            f"{company.name} has asked not to meet the organisation behind the request.",
        )
    if exclusion.code == "partner_declines":
        return both(
            "Organisationen bakom förfrågan har egna gränser för vilka den möter.",
            "The organisation behind the request has limits of its own on whom it meets.",
        )
    return exclusion.reason


def change_of_exclusion(
    company: Company, partner: Partner, request: MatchRequest, code: str
) -> Bilingual | None:
    """Say what would end an exclusion; None where the company cannot do anything."""
    country = {language: country_name(partner.country, language) for language in LANGUAGES}
    missing = regulatory_answer(request.must_haves.regulatory_status, company.capabilities).missing
    texts = {
        "withdrawn": both("Kom tillbaka till registret.", "Come back to the register."),
        "company_declines": both(
            "Ta bort organisationen från dem som ni inte vill möta, om det inte gäller längre.",
            "Take the organisation off those you do not want to meet, if that no longer holds.",
        ),
        "excluded_market": both(
            f"Ta bort undantaget för {country['sv']}, om det inte gäller längre.",
            f"Stop ruling out {country['en']}, if that no longer holds.",
        ),
        "outside_markets": both(
            f"Lägg till {country['sv']} bland marknaderna, eller ange en återförsäljare där.",
            f"Add {country['en']} to the markets, or name a distributor there.",
        ),
        "regulatory_status_missing": both(
            f"Ange {listed(missing, 'sv')} i profilen när det finns.",
            f"State {listed(missing, 'en')} in the profile once you have it.",
        ),
    }
    return texts.get(code)


def gate(company: Company, code: str, aims: Aims) -> Bilingual:
    """Say what kept a company out by what its profile says."""
    if code != WEAK_DIRECTION:
        return _GATES[code]
    weak = weak_aims(aims)
    return both(
        f"Förfrågan passar dåligt med vad {company.name} självt söker: {weak['sv']}.",
        f"The request fits poorly with what {company.name} itself looks for: {weak['en']}.",
    )


def look_over_aims(company: Company) -> Bilingual:
    """Say what to do where the company's own aims speak against a request."""
    return both(
        "Se över marknader, samarbetsformer och språk i profilen, om de inte stämmer längre.",
        "Look over the markets, kinds of partnership and languages in the profile, if they are no longer right.",
    )


def fuller(
    missing: Sequence[Missing], scored: PartScore, areas: Mapping[str, FocusArea]
) -> list[tuple[str, Bilingual]]:
    """Say what a fuller profile would name, by the thesaurus's names; never in the need's own words."""
    found: list[tuple[str, Bilingual]] = []
    if missing:
        names = {x: _terms([one.concept_names[x] for one in missing], x) for x in LANGUAGES}
        found.append(
            (
                "terms_missing",
                both(
                    f"Om ni erbjuder det: beskriv {names['sv']}. Det efterfrågas, och profilen nämner det inte.",
                    f"If you offer it: describe {names['en']}. It is asked for, and the profile does not mention it.",
                ),
            )
        )
    named = [areas[code] for code in scored.missing_areas if code in areas]
    if named:
        titles = {x: "; ".join(in_sentence(one.name(x)) for one in named) for x in LANGUAGES}
        found.append(
            (
                "areas_missing",
                both(
                    f"Om ni arbetar med det: ange fokusområdet {titles['sv']}.",
                    f"If you work with it: state the focus area {titles['en']}.",
                ),
            )
        )
    if not found:
        found.append(
            (
                "say_more",
                both(
                    "Beskriv tydligare vad ni erbjuder, för vem, och vad det löser.",
                    "Describe more clearly what you offer, for whom, and what it solves.",
                ),
            )
        )
    return found


def status_unknown(status: str) -> Bilingual:
    """Ask for a required status that the profile does not speak of."""
    return both(
        f"Ange om ni har {status}: det krävs, och profilen säger inget om det.",
        f"Say whether you have {status}: it is required, and the profile does not say.",
    )


def languages_unknown(required: Sequence[str]) -> Bilingual:
    """Ask for the languages of a company that states none."""
    named = {x: listed([language_name(one, x) for one in required], x) for x in LANGUAGES}
    return both(
        f"Ange vilka språk ni arbetar på: {named['sv']} krävs.",
        f"Say which languages you work in: {named['en']} is required.",
    )


def decided(company: Company, outcome: str, reason: str) -> Bilingual:
    """Say that a company was suggested, introduced or rejected; a rejection in the words that staff wrote for it."""
    if outcome == REJECTED:
        return both(f"Avböjt av oss: {reason}", f"Declined by us: {reason}")
    if outcome == INTRODUCED:
        return both(f"{company.name} är förmedlat.", f"{company.name} has been introduced.")
    return both(f"{company.name} finns bland dem som föreslås.", f"{company.name} is among those suggested.")


def letter(
    company: Company,
    partner: Partner,
    chosen: bool,
    reasons: Sequence[str],
    changes: Sequence[str],
    gaps: Sequence[str],
    language: str,
) -> str:
    """Put reasons, changes and gaps, each said once, together as a text for the company."""
    country = country_name(partner.country, language)
    if language == "sv":
        about = f"en förfrågan från {country}" if country else "en förfrågan"
        start = f"Det här gäller {company.name} och {about}."
        heads = ("Så blev det:" if chosen else "Därför valdes ni inte:", "Det skulle kunna ändra saken:")
        open_head = "Profilen lämnar också öppet:"
        end = "Vi lämnar inte ut vilka andra som var aktuella, eller vem som frågar."
    else:
        about = f"a request from {country}" if country else "a request"
        start = f"This is about {company.name} and {about}."
        heads = ("What came of it:" if chosen else "Why you were not chosen:", "What could change it:")
        open_head = "The profile also leaves open:"
        end = "We do not disclose who else was considered, or who is asking."
    blocks = [start]
    for head, lines in ((heads[0], reasons), (heads[1], changes), (open_head, gaps)):
        if lines:
            blocks.append("\n".join([head, *(f"- {line}" for line in dict.fromkeys(lines))]))
    return "\n\n".join([*blocks, end])


def _terms(names: Sequence[str], language: str) -> str:
    return listed([in_sentence(one) for one in dict.fromkeys(names)][:MOST_TERMS], language)
