"""The words that people use where the choice is closed, read as its codes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from services.profiles.organisations.domain.codes import Direction, ProcurementStage
from shared.words.folding import folded_words
from shared.words.membership import Membership

CHOICE_WORDS: Mapping[type[StrEnum], Mapping[str, str]] = {
    Membership: {
        Membership.MEMBER: "members|medlem|medlemmar|medlemsforetag|full member|yes|ja|mitglied|jasen|membre",
        Membership.SMALL_MEMBER: "small members|liten medlem|mindre medlem|smaforetagsmedlem|small company member",
        Membership.INSTITUTION: "institutional member|institutionsmedlem|institutionell medlem",
        Membership.NETWORK: "no|nej|not a member|no member|non member|nonmember|not member|ej medlem|icke medlem"
        "|inte medlem|natverk|ikke medlem|nicht mitglied",
        Membership.LAPSED: "former member|former|tidigare medlem|uttradd|avslutad|expired|utgangen|previous member",
    },
    ProcurementStage: {
        ProcurementStage.NONE: "no|ingen|inget|nej",
        ProcurementStage.EXPLORING: "explores|undersoker|behovsanalys|kartlaggning",
        ProcurementStage.MARKET_DIALOGUE: "marknadsdialog|rfi|request for information|prior market consultation",
        ProcurementStage.TENDER_OPEN: "open tender|tender|oppen upphandling|upphandling pagar|rfp",
    },
    Direction: {
        Direction.INCOMING: "inbound|inkommande|ingaende",
        Direction.OUTBOUND: "outgoing|utgaende|utresande",
        Direction.ONLINE: "digital|digitalt|virtual|remote|distans|pa distans",
    },
}
"""What stands for each code beside the code itself, folded."""


def read_choice(word: str, choices: type[StrEnum]) -> str | None:
    """Return the code that a word stands for, whatever its case, blanks and dashes; None where it stands for none."""
    key = " ".join(folded_words(word))
    if not key:
        return None
    for one in choices:
        others = CHOICE_WORDS.get(choices, {}).get(one, "")
        if key == one.value.replace("_", " ") or key in others.split("|"):
            return one.value
    return None
