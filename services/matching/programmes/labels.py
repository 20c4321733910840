"""The words that the pages of programmes use for codes, fields and days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask_babel import format_date
from flask_babel import gettext as _

from services.matching.i18n import N_
from services.matching.programmes.domain.problem import ONE_TO_ONE, PRESENTATION, ROUND_TABLE, STUDY_VISIT
from services.matching.programmes.domain.timetable import BREAK, LUNCH, TRANSFER
from shared.faults import Fault

ENTRY_WORDS: Mapping[str, str] = {
    STUDY_VISIT: N_("Study visit"),
    ROUND_TABLE: N_("Round table"),
    PRESENTATION: N_("Presentation"),
    ONE_TO_ONE: N_("One-to-one"),
    TRANSFER: N_("Transfer"),
    LUNCH: N_("Lunch"),
    BREAK: N_("Break"),
}
FIELD_WORDS: Mapping[str, str] = {
    "day_start": N_("The day begins"),
    "day_end": N_("The day ends"),
    "lunch_start": N_("Lunch begins"),
    "lunch_end": N_("Lunch ends"),
    "breaks": N_("Breaks"),
    "minutes": N_("Lengths"),
    "most_one_to_ones": N_("One-to-ones per track and half-day, at most"),
    "interpreters": N_("Interpreters"),
    "rooms": N_("Rooms"),
    "transfer_minutes": N_("Minutes between two places"),
    "transfers": N_("Ways"),
    "days": N_("Days"),
    "tracks": N_("Tracks"),
    "unavailable": N_("Not available"),
    "source": N_("Made from"),
    "cancelled": N_("Who or what cancels"),
    "sessions": N_("Sessions"),
}


def entry_word(kind: str) -> str:
    """Return the word for a kind of session or entry in the language of the page."""
    return str(_(ENTRY_WORDS[kind])) if kind in ENTRY_WORDS else kind


def day_name(day: str) -> str:
    """Write an ISO date for people, with the day of the week."""
    return str(format_date(date.fromisoformat(day), "EEEE d MMMM y"))


def fault_words(fault: Fault) -> tuple[str, str]:
    """Return the label of a field that is wrong, and what to do, in the language of the page; empty where unknown."""
    told = " ".join(_(text, **fault.values) for text in (fault.problem, fault.fix) if text)
    return field_word(fault.field), told


def field_word(field: str) -> str:
    """Return the label of a field in the language of the page; the field itself where it has none."""
    return str(_(FIELD_WORDS[field])) if field in FIELD_WORDS else field
