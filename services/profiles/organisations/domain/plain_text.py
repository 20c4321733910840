"""What a text may hold, and how it is put in order before it is kept."""

from __future__ import annotations

import re

from shared.time_zones import time_zone_named

_WEBSITE = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)+[\w-]{2,63}(?::\d{1,5})?(?:[/?#][^\s<>\"'\\]*)?", re.IGNORECASE
)
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_REFUSED = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_REFUSED_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class TextError(ValueError):
    """A text that is not taken: what is wrong with it, and how to mend it."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}; {fix}")
        self.problem = problem
        self.fix = fix


def clean_text(text: str, lines: bool = False) -> str:
    """Return the text without white space around it, its line ends as newlines.

    Every script and direction is taken as it is. Raises TextError, naming the character, for control
    characters (a text of `lines` may have newlines and tabs), lone surrogates and noncharacters.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    refused = (_REFUSED_IN_LINES if lines else _REFUSED).search(text)
    if refused:
        where = f"U+{ord(refused.group()):04X} at position {refused.start() + 1}"
        fix = "newlines and tabs are the only control characters allowed" if lines else "it must be one line"
        raise TextError(f"holds the control character {where}", fix)
    return text


def clean_word(text: str) -> str:
    """Return a free word (a kind, a partnership kind) in lower case with single spaces."""
    return " ".join(clean_text(text).lower().split())


def clean_language(text: str) -> str:
    """Return a language code in lower case; empty stays empty. Raises TextError when it is no ISO 639 code."""
    code = clean_text(text).lower()
    if code and not _LANGUAGE.fullmatch(code):
        raise TextError("is no ISO 639 language code", "write two letters such as sv, en or de")
    return code


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
