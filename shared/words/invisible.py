"""Characters that nobody sees: taken off the ends of what people send, and out of names.

Spaces of no width, byte order marks and marks of direction come along when text is copied from pages, slides and mails.
Joiners inside words stay where scripts need them (Persian, Indic scripts, emoji), and so do the breaks of Thai and
Khmer.
"""

from __future__ import annotations

import re

# Of no width, or wide and blank: no white space for Unicode, so that `str.strip` leaves them.
_NO_WIDTH = "\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"
_BLANK = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_DIRECTION = "\u202a-\u202e\u2066-\u2069"
_TAGS = "\U000e0000-\U000e007f"
_START = re.compile(f"[\\s{_NO_WIDTH}{_BLANK}{_DIRECTION}\ufe00-\ufe0f{_TAGS}]+")
# Selectors and tags end an emoji; a joiner or a mark of direction ends nothing.
_AT_END = re.compile(f"[\\s{_NO_WIDTH}{_BLANK}{_DIRECTION}]")

_BREAKS_WITHOUT_BLANKS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_INSIDE = re.compile(
    "[\u00ad\u180e\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb]"
    f"|(?<![{_BREAKS_WITHOUT_BLANKS}])\u200b"
    "|(?<=[\u0020-\u024f])[\u200c\u200d](?=[\u0020-\u024f])"
    f"|(?<![\U0001f3f4{_TAGS}])[{_TAGS}]+"
)
_DIRECTIONS = re.compile(f"[{_DIRECTION}]")
_ODD_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f]")


def trimmed(text: str) -> str:
    """Return the text without what cannot be seen at its two ends: white space and characters of no width."""
    if text.isascii():
        return text.strip()
    start = _START.match(text)
    first, last = start.end() if start else 0, len(text)
    while last > first and _AT_END.match(text[last - 1]):
        last -= 1
    return text[first:last]


def visible(text: str) -> str:
    """Return the text without characters of no width inside it; those that a script needs stay."""
    return text if text.isascii() else _INSIDE.sub("", text)


def visible_line(text: str) -> str:
    """Return one line (a name, a heading) as it is seen: nothing of no width, no turns of direction, plain blanks."""
    if text.isascii():
        return text
    return _ODD_BLANK.sub(" ", _DIRECTIONS.sub("", visible(text)))
