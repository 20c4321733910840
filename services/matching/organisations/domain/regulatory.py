"""Whether a company has a regulatory status that a partner requires: yes, no, or not known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.matching.organisations.domain.model import Capability
from shared.words.folding import without_accents
from shared.words.not_known import is_not_known

# Words that tell no status from another.
_NOISE = frozenset({
    "a", "according", "and", "approval", "approved", "as", "certificat", "certificate", "certification",
    "certified", "certifierad", "certifiering", "certifikat", "class", "classe", "clearance", "cleared",
    "device", "enligt", "godkand", "godkannande", "klass", "klasse", "mark", "marked", "marking",
    "markning", "markt", "md", "medical", "och", "registered", "registration", "risk", "riskklass", "the",
    "to", "under",
})  # fmt: skip
_CLASSES = ("i", "iia", "iib", "iii")
_CE_RULES = frozenset({"mdr", "mdd", "ivdr", "ivdd"})  # rules under which the CE mark is given


@dataclass(frozen=True)
class RegulatoryAnswer:
    """What is known of the statuses a partner requires: `missing` for certain, and not `given`."""

    missing: tuple[str, ...] = ()
    not_given: tuple[str, ...] = ()


def regulatory_answer(required: Sequence[str], capabilities: Iterable[Capability]) -> RegulatoryAnswer:
    """Compare required statuses with what a company's capabilities have.

    A status is missing for certain only when every capability's statuses are known and none of them is it, or a
    part of it (`CE` leaves open whether it is `CE class IIa`). Without any capability nothing is known.
    """
    held = [_known_statuses(capability.regulatory_status) for capability in capabilities]
    known = [status for statuses in held if statuses is not None for status in statuses]
    complete = bool(held) and all(statuses is not None for statuses in held)
    missing: list[str] = []
    not_given: list[str] = []
    for requirement in required:
        if is_not_known(requirement):
            continue
        answers = {_meets(status, requirement) for status in known}
        if True in answers:
            continue
        (missing if complete and None not in answers else not_given).append(requirement)
    return RegulatoryAnswer(tuple(missing), tuple(not_given))


def _known_statuses(statuses: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return a capability's statuses; None where one of them says that they are not known (`N/A`)."""
    if statuses is None or any(is_not_known(status) for status in statuses):
        return None
    return tuple(statuses)


def _meets(status: str, requirement: str) -> bool | None:
    """True when the status says all that is required, None when it says only a part of it, else False."""
    has, wants = _words(status), _words(requirement)
    if not has or not wants:
        return None if has else False
    has_class, wants_class = has & set(_CLASSES), wants & set(_CLASSES)
    rest_has, rest_wants = has - has_class, wants - wants_class
    if rest_has and rest_wants and not rest_has & rest_wants:
        return False
    if (
        has_class
        and wants_class
        and max(map(_CLASSES.index, has_class)) < max(map(_CLASSES.index, wants_class))
    ):
        return False
    whole = rest_wants <= rest_has and (not wants_class or bool(has_class))
    if whole:
        return True
    return None if rest_has <= rest_wants else False


def _words(text: str) -> frozenset[str]:
    """Return the telling words: `CE-märkt, klass IIa` has {ce, iia}, `ISO13485:2016` has {iso, 13485, 2016}."""
    words = frozenset(re.findall(r"\d+|[^\W\d_]+", without_accents(text))) - _NOISE
    return words | {"ce"} if words & _CE_RULES else words
