"""The words that pages use for the rules of a scoring policy, and for what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext

from services.matching.i18n import say
from services.matching.policies.domain.checks import Fault
from services.matching.review.labels import word

RULE_WORDS: Mapping[str, tuple[str, str]] = {
    "floor": (say("Fewest points of a match"), say("Whoever scores less is no match.")),
    "tail": (
        say("Share of the best"),
        say("No match that serves the need with less than this share of the best one's points."),
    ),
    "least_words": (
        say("Fewest points by words"),
        say(
            "Each match needs as many points from what both sides say; ticked areas and kinds are not enough."
        ),
    ),
    "opening_words": (
        say("Points by words that open a need"),
        say("One match of a need must have as many, else the need has no good match."),
    ),
    "most_matches": (say("Most matches"), say("Of each need and role, in one report.")),
    "candidates": (say("Candidates"), say("Companies a need that are looked at closely.")),
    "weak_direction": (
        say("Weak direction under"),
        say(
            "A partner that is known to serve the company's aims with fewer points than this is of little use to it."
        ),
    ),
    "weak_cap": (say("Cap of a weak direction"), say("A match of little use to the company scores no more.")),
    "rest_days": (
        say("Rest after an introduction (days)"),
        say("Two that were introduced to each other within so many days are marked."),
    ),
}
"""By rule its label and what it does."""

FAULTS = (
    say("has no points"),
    say("give it points, 0 for none"),
    say("%(given)s is no weight"),
    say("give it a number from 0 to %(high)s"),
    say("all parts have no points"),
    say("give at least one of them points"),
    say("%(given)s is out of range"),
    say("give a whole number from %(low)s to %(high)s"),
    say("give a number from %(low)s to %(high)s"),
    say("is less than every match needs"),
    say("give at least %(least)s, or lower the fewest points by words (least_words)"),
    say("is more than words can give (%(words)s points)"),
    say("give at most %(words)s, or concepts and text more weight"),
    say("is less than the matches a report may hold"),
    say("give at least %(most)s, or lower the most matches (most_matches)"),
)
"""What `policy_checks` finds wrong, as far as a form can be wrong so."""


def fault_text(fault: Fault) -> str:
    """Say what is wrong and how to mend it in the language of the page."""
    values = {name: "–" if value == "nan" else value for name, value in fault.values.items()}
    problem, fix = (gettext(text) % values for text in (fault.problem, fault.fix))
    return f"{_label(fault.field)}: {problem}; {fix}."


def _label(field: str) -> str:
    if field in RULE_WORDS:
        return str(gettext(RULE_WORDS[field][0]))
    return word("parts", field.removeprefix("weights."))
