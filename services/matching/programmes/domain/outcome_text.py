"""The words for why a session has no place and for what a mend changes, in Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping

from services.matching.organisations.domain.procurement import TENDER_OPEN
from services.matching.organisations.domain.wording import Bilingual, both
from services.matching.programmes.domain.making import (
    FILLED,
    HALF_DAY_LIMIT,
    NO_COMMON_TIME,
    NO_INTERPRETER,
    NO_ROOM,
    TOO_FEW,
)
from services.matching.programmes.domain.mend import ADDED, CANCELLED, LOST, MOVED, REDUCED
from services.matching.programmes.domain.wanted_sessions import TOO_MANY

REASONS: Mapping[str, Bilingual] = {
    NO_COMMON_TIME: both(
        "Det finns ingen tid då alla som behövs kan, inom dagens tider och utan att korsa lunchen.",
        "There is no time at which all who are needed can come, within the day's hours and without crossing lunch.",
    ),
    HALF_DAY_LIMIT: both(
        "Gränsen för enskilda möten per halvdag är nådd där det annars hade fått plats.",
        "The limit of one-to-ones per half-day is reached where it would otherwise have had a place.",
    ),
    NO_INTERPRETER: both(
        "Sidorna har inget gemensamt språk och ingen tolk är ledig.",
        "The two sides share no language and no interpreter is free.",
    ),
    NO_ROOM: both("Alla rum är upptagna när det kunde hållas.", "All rooms are taken when it could be held."),
    FILLED: both(
        "Tiden fylls av pass som tillsammans är viktigare.",
        "The time is filled by sessions that matter more together.",
    ),
    TOO_FEW: both("För få företag är kvar.", "Too few companies are left."),
    TENDER_OPEN: both(
        "Upphandlingen pågår: inga enskilda möten med leverantörer.",
        "The tender is open: no one-to-ones with suppliers.",
    ),
    TOO_MANY: both(
        "Det finns fler förslag än ett program kan pröva, och andra passar bättre.",
        "There are more proposals than a programme can weigh, and others fit better.",
    ),
}
"""Why a session is not in the programme, by code."""

CHANGED: Mapping[str, Bilingual] = {
    CANCELLED: both("ställs in", "is called off"),
    REDUCED: both("hålls med dem som är kvar", "is held with those who are left"),
    MOVED: both("flyttas", "is moved"),
    LOST: both("får ingen plats", "has no place any more"),
    ADDED: both("kommer in från reserven", "comes in from the reserve"),
}
"""What a mend makes of a session, by code."""
