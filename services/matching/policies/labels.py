"""The words that pages use for the rules of a scoring policy, and for what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext

from services.matching.i18n import N_
from services.matching.review.labels import word
from shared.faults import Fault

RULE_WORDS: Mapping[str, tuple[str, str]] = {
    "floor": (N_("Fewest points of a match"), N_("Whoever scores less is no match.")),
    "tail": (
        N_("Share of the best"),
        N_("No match that serves the need with less than this share of the best one's points."),
    ),
    "least_words": (
        N_("Fewest points by words"),
        N_(
            "Each match needs as many points from what both sides say; ticked areas and kinds are not enough."
        ),
    ),
    "opening_words": (
        N_("Points by words that open a need"),
        N_("One match of a need must have as many, else the need has no good match."),
    ),
    "most_matches": (N_("Most matches"), N_("Of each need and role, in one report.")),
    "candidates": (N_("Candidates"), N_("Companies a need that are looked at closely.")),
    "weak_direction": (
        N_("Weak direction under"),
        N_(
            "A partner that is known to serve the company's aims with fewer points than this is of little use to it."
        ),
    ),
    "weak_cap": (N_("Cap of a weak direction"), N_("A match of little use to the company scores no more.")),
    "rest_days": (
        N_("Rest after an introduction (days)"),
        N_("Two that were introduced to each other within so many days are marked."),
    ),
}
"""By rule its label and what it does."""

FAULTS = (
    N_("has no points"),
    N_("give it points, 0 for none"),
    N_("%(given)s is no weight"),
    N_("give it a number from 0 to %(high)s"),
    N_("all parts have no points"),
    N_("give at least one of them points"),
    N_("%(given)s is out of range"),
    N_("give a whole number from %(low)s to %(high)s"),
    N_("give a number from %(low)s to %(high)s"),
    N_("is less than every match needs"),
    N_("give at least %(least)s, or lower the fewest points by words (least_words)"),
    N_("is more than words can give (%(words)s points)"),
    N_("give at most %(words)s, or concepts and text more weight"),
    N_("is less than the matches a report may hold"),
    N_("give at least %(most)s, or lower the most matches (most_matches)"),
)
"""What `domain.checks` finds wrong, as far as a form can be wrong so."""


def fault_text(fault: Fault) -> str:
    """Say what is wrong and how to mend it in the language of the page."""
    values = {name: "–" if value == "nan" else value for name, value in fault.values.items()}
    problem, fix = (gettext(text) % values for text in (fault.problem, fault.fix))
    return f"{_label(fault.field)}: {problem}; {fix}."


def _label(field: str) -> str:
    if field in RULE_WORDS:
        return str(gettext(RULE_WORDS[field][0]))
    return word("parts", field.removeprefix("weights."))
