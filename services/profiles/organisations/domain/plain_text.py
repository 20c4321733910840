"""What a text may hold, and how it is put in order before it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable

from services.profiles.i18n import N_
from shared.faults import Fault
from shared.time_zones import time_zone_named
from shared.words.composing import composed
from shared.words.countries import country_code, read_areas
from shared.words.invisible import trimmed, visible, visible_line
from shared.words.languages import known_language, language_of_code, says_no_language
from shared.words.markup import text_of_markup

MOST_TIMES = 8
"""How often a text is cleaned, the last time to see that nothing is left: markup may hide markup."""

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
_UNSEEN_BREAKS = re.compile("[\v\f\x85\u2028\u2029]")
_BREAKS_AND_TABS = re.compile("[\t\n\r\v\f\x85\u2028\u2029]")
_WEBSITE = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)+[\w-]{2,63}(?::\d{1,5})?(?:[/?#][^\s<>\"'\\]*)?", re.IGNORECASE
)
_REFUSED = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_REFUSED_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class TextError(ValueError):
    """A text that is not taken: what is wrong with it, and how to mend it. `values` fill the places of both."""

    def __init__(self, problem: str, fix: str, **values: object) -> None:
        super().__init__(Fault("text", problem, fix, values).sentence())
        self.problem = problem
        self.fix = fix
        self.values = values


def clean_text(text: str, lines: bool = False) -> str:
    """Return the text in order: in NFC, without HTML, and without what cannot be seen around it or inside it.

    A text that was returned comes back as it is. Line ends of every kind (U+000B, U+000C, U+0085, U+2028, U+2029 too)
    are newlines in a text of `lines`; in one line those that nobody can see are blanks. Every script and direction is
    taken as it is. Raises TextError, naming the character, for control characters (a text of `lines` may have newlines
    and tabs), lone surrogates and noncharacters; and for markup that hides markup which hides more of it.
    """
    text = _settled(text.replace("\r\n", "\n").replace("\r", "\n"), _in_lines if lines else _in_one_line)
    refused = (_REFUSED_IN_LINES if lines else _REFUSED).search(text)
    if refused:
        fix = "newlines and tabs are the only control characters allowed" if lines else "it must be one line"
        raise TextError(
            "holds the control character %(character)s at position %(place)s",
            fix,
            character=f"U+{ord(refused.group()):04X}",
            place=refused.start() + 1,
        )
    return text


def _settled(text: str, clean: Callable[[str], str]) -> str:
    """Clean a text until that changes nothing: what is taken out may have parted what then is markup (`&\u00adlt;`)."""
    for _time in range(MOST_TIMES):
        cleaned = clean(text)
        if cleaned == text:
            return text
        text = cleaned
    raise TextError(N_("holds markup inside markup, many times over"), N_("send it as plain text"))


def _in_lines(text: str) -> str:
    text = _UNSEEN_BREAKS.sub("\n", text_of_markup(text).replace("\r", "\n"))
    return trimmed(composed(visible(text.replace(NO_BREAK_SPACE, " "))))


def _in_one_line(text: str) -> str:
    plain = text_of_markup(text)
    # Breaks that tags leave are ours; those that were sent are refused.
    text = visible_line(_joined(_UNSEEN_BREAKS, text) if plain == text else one_line(plain))
    return trimmed(composed(text))


def one_line(text: str) -> str:
    """Return a text whose line breaks and tabs are blanks: in a cell nobody sees them."""
    return _joined(_BREAKS_AND_TABS, text)


def _joined(breaks: re.Pattern[str], text: str) -> str:
    if not breaks.search(text):
        return text
    return " ".join(part for piece in breaks.split(text) if (part := piece.strip(" ")))


def clean_word(text: str) -> str:
    """Return a free word (a kind, a partnership kind) in lower case with single spaces."""
    return _settled(text, lambda word: " ".join(clean_text(word).lower().split()))


def clean_lower(text: str) -> str:
    """Return a text of several lines in lower case."""
    return _settled(text, lambda lines: clean_text(lines, lines=True).lower())


def clean_language(text: str) -> str:
    """Return the language code of a code or tag (`SV`, `sv-SE`); empty stays empty, and *not known* becomes empty.

    Raises TextError when it is none; for a language's name, which a program does not send, with its code.
    """
    word = clean_text(text)
    if not word or says_no_language(word):
        return ""
    code = language_of_code(word)
    if code is None:
        known = known_language(word)
        if known:
            raise TextError(
                "is no ISO 639 language code", "write %(code)s, two letters for a language", code=known
            )
        raise TextError("is no ISO 639 language code", "write two letters such as sv, en or de")
    return code


def clean_country(text: str) -> str:
    """Return a country's name as it was written, also one that nobody knows.

    Raises TextError for a text that names several.
    """
    country = clean_text(text)
    if country and country_code(country) is None:
        named = read_areas([country]).values
        if len({country_code(one) or one for one in named}) > 1:
            raise TextError("names several countries", "write the name of one, such as Sweden")
        return named[0] if len(named) > 1 else country
    return country


def clean_website(text: str) -> str:
    """Return a website as it was written; empty stays empty.

    Raises TextError for what is no host name or no http or https address: pages link to it.
    """
    address = clean_text(text)
    if address and not _WEBSITE.fullmatch(address):
        raise TextError("is no web address", "write for instance example.org or https://example.org/en")
    return address


def clean_time_zone(text: str) -> str:
    """Return a time zone's IANA name as it is written there; raises TextError for any other text."""
    said = clean_text(text)
    name = time_zone_named(said)
    if said and name is None:
        raise TextError("is no time zone", "write its IANA name, for example Europe/Stockholm")
    return name or ""
