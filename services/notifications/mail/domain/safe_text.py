"""Making names and other people's sentences safe to show and to put in a header."""

from __future__ import annotations

import re
import unicodedata

MOST_NAME = 200
"""Characters of a name, as many as profiles take."""
MOST_SUBJECT = 300
"""Characters of a subject: a name, and what is said around it."""
MOST_REASON = 300

_JOINERS = {"\u200c", "\u200d"}  # Persian and Indian scripts need them inside words
_UNSHOWABLE = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
_ADDRESS = re.compile(r"(?<![^\s<>\"'(),;:=])[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:=]+")
"""Begins where a run of such characters begins, and nowhere else: a long run is looked through once."""
_LINK_JOINTS = re.compile(r"(?<=\w)[.。．｡](?=[^\W_])|@|:(?=//)|(?<=\w):(?=[^\W\d_])")
"""What joins the parts of an address: of a host, of a mailbox, of a scheme with what follows."""
MOST_SAID = 10_000
"""Characters of a server's answer that are looked at."""


def one_line(text: str, most: int | None = None) -> str:
    """Return a text as one line that turns nothing around: no line ends, controls, bidirectional marks, surrogates.

    Runs of white space become one space; what is longer than `most` characters ends in an ellipsis.
    """
    shown = "".join(
        letter if letter in _JOINERS or unicodedata.category(letter) not in _UNSHOWABLE else " "
        for letter in text
    )
    line = " ".join(shown.split())
    return line if most is None or len(line) <= most else line[: most - 1].rstrip() + "…"


def name_line(text: str) -> str:
    """Return a name as one line of at most 200 characters."""
    return one_line(text, MOST_NAME)


def unlinked(text: str) -> str:
    """Return a text that mail programs make no link of, however it looks: an unseen mark parts each address in it.

    The mark is U+200C, which no address may hold where it stands and which is shown as nothing.
    """
    return _LINK_JOINTS.sub(lambda found: f"{found[0]}\u200c", text)


def reason_line(text: str) -> str:
    """Return a server's answer as a reason that may be kept and published: one line without any mail address."""
    return one_line(_ADDRESS.sub("(address)", text[:MOST_SAID]), MOST_REASON)
