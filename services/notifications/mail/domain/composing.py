"""What a mail says: data for a template, put together from introductions and the organiser's settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from services.notifications.contacts.domain.contact import Side
from services.notifications.mail.domain.introduction import (
    MARKET_DIALOGUE,
    TENDER_OPEN,
    Introduction,
    Organisation,
)
from services.notifications.mail.domain.safe_text import name_line, one_line
from shared.words.collation import sort_key

LONGEST_TEXT = 1200
"""Characters that a mail quotes of what an organisation offers or looks for."""


@dataclass(frozen=True)
class Counterpart:
    """An organisation that the recipient is introduced to, what it says of itself, and why. Neither score nor rank.

    `distributors` alone sell for the company in `market`, the partner's country; one whose name is not told is empty.
    """

    name: str
    country: str
    website: str
    text: str
    role: str
    reasons: tuple[str, ...]
    questions: tuple[str, ...]
    distributors: tuple[str, ...] = ()
    market: str = ""


@dataclass(frozen=True)
class MailText:
    """All that a mail's template may say; every text is one safe line.

    `stage`: of procurement, where it forbids to meet anybody alone; empty otherwise. `others_written_to`: all
    counterparts can be written to.
    """

    template: str
    language: str
    organisation: str
    contact: str
    counterparts: tuple[Counterpart, ...]
    organiser: str
    answer_to: str
    reference: str
    stage: str = ""
    others_written_to: bool = True

    @property
    def roles(self) -> frozenset[str]:
        """The roles in which the counterparts are introduced."""
        return frozenset(one.role for one in self.counterparts)


def mail_language(code: str) -> str:
    """Return the language of a mail to someone whose language is `code` (ISO 639-1, maybe with a region): sv or en."""
    return "sv" if code.strip().lower().replace("_", "-").split("-")[0] == "sv" else "en"


def compose(
    template: str,
    side: Side,
    introductions: Sequence[Introduction],
    contact_name: str,
    language: str,
    organiser: str,
    answer_to: str,
    reachable: Collection[str] | None = None,
) -> MailText:
    """Put together what one recipient is told about one or more introductions of the same request.

    `language` is sv or en. The counterparts come in the order of their names in its alphabet, which says nothing of
    how well each suits. `reachable` are the ids of those among them that can be written to; None: all can. Raises
    ValueError without introductions.
    """
    if not introductions:
        raise ValueError("a mail needs an introduction to tell of")
    about = sorted(introductions, key=lambda one: (sort_key(_name(one.of(side.other)), language), one.id))
    stages = {one.stage for one in about}
    return MailText(
        template=template,
        language=language,
        organisation=_name(about[0].of(side)),
        contact=name_line(contact_name),
        counterparts=tuple(_counterpart(one, side.other, language) for one in about),
        organiser=name_line(organiser),
        answer_to=answer_to,
        reference=about[0].request_id,
        stage=next((stage for stage in (TENDER_OPEN, MARKET_DIALOGUE) if stage in stages), ""),
        others_written_to=reachable is None or all(one.of(side.other).id in reachable for one in about),
    )


def _counterpart(introduction: Introduction, other: Side, language: str) -> Counterpart:
    organisation = introduction.of(other)
    return Counterpart(
        name=_name(organisation),
        country=name_line(organisation.country),
        website=_web_address(organisation.website),
        text=_shortened(one_line(organisation.text)),
        role=introduction.role,
        reasons=_sentences(introduction.reasons, language),
        questions=_sentences(introduction.questions, language),
        distributors=tuple(map(name_line, introduction.distributors)),
        market=name_line(introduction.partner.country),
    )


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT].rsplit(maxsplit=1)[0]} …"


def _name(organisation: Organisation) -> str:
    return name_line(organisation.name) or organisation.id


def _sentences(by_language: Mapping[str, Sequence[str]], language: str) -> tuple[str, ...]:
    spoken = by_language.get(language) or by_language.get("en") or by_language.get("sv") or ()
    return tuple(line for line in map(one_line, spoken) if line)


def _web_address(website: str) -> str:
    # Only http and https: a mail must not carry a script or a file as a link.
    address = "".join(one_line(website).split())
    if not address:
        return ""
    if "://" not in address and ":" not in address.split("/")[0]:
        address = f"https://{address}"
    return address if address.lower().startswith(("https://", "http://")) else ""
