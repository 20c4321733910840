"""Texts out of CRMs and web sites: what is plainly HTML becomes plain text with line breaks, all else stays as it is.

Plainly HTML are character references with their semicolon (`&amp;`, `&#229;`), tags that break lines (`<br>`, `<p>`),
and pairs of other known tags (`<b>…</b>`). `R&D`, `a < b`, `<5 mmol` and `<Exempel AB>` are none. The work grows with
the length of the text: no pattern reads past the next `<` or goes back.
"""

from __future__ import annotations

import re
from html.entities import html5

_BLOCKS = (
    "address|article|aside|blockquote|body|br|caption|center|dd|div|dl|dt|fieldset|figure|figcaption|footer|form"
    "|h1|h2|h3|h4|h5|h6|head|header|hr|html|li|main|nav|ol|p|pre|section|table|tbody|tfoot|thead|tr|ul"
)
_CELLS = "td|th"
_INLINE = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|img|ins|kbd|label|mark|meta|link|o:p|q|s|samp|small|span"
    "|strike|strong|sub|sup|time|tt|u|var|wbr|col|colgroup|title"
)
_DROPPED = "script|style"
# One tag: attributes as name="value", name=value, or one of the few that stand without a value.
_TAG = re.compile(
    rf"<(?P<close>/?)(?P<name>{_BLOCKS}|{_CELLS}|{_INLINE}|{_DROPPED})"
    r"(?:\s++(?:[a-z_:][-\w:.]*+\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|[^\s\"'<>=]++)|nowrap|hidden|checked|disabled))*+"
    r"\s*+/?>",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"&(?:#(?P<decimal>[0-9]{1,7}+)|#[xX](?P<hex>[0-9a-fA-F]{1,6}+)|(?P<name>[A-Za-z][A-Za-z0-9]{1,31}+));"
)
_AMPERSANDS = re.compile(r"&(?:amp;)++(?=#?\w{1,31};)")
_BLOCK_NAMES = frozenset(_BLOCKS.split("|"))
_CELL_NAMES = frozenset(_CELLS.split("|"))
_DROPPED_NAMES = frozenset(_DROPPED.split("|"))
_MOST_LAYERS = 4
"""How often a text may have been escaped on its way here."""


def text_of_markup(text: str) -> str:
    """Return a text without its HTML; one that is not plainly HTML comes back as it is."""
    for _layer in range(_MOST_LAYERS):
        if "&" not in text and "<" not in text:
            break
        plain = _without_references(_without_tags(text))
        if plain == text:
            break
        text = plain
    return text


def _without_references(text: str) -> str:
    return _REFERENCE.sub(_character, _AMPERSANDS.sub("&", text)) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    if match["name"]:
        return html5.get(f"{match['name']};", match[0])
    number = int(match["decimal"]) if match["decimal"] else int(match["hex"], 16)
    if not 0 < number < 0x110000 or 0xD800 <= number < 0xE000:
        return match[0]
    return chr(number)


def _without_tags(text: str) -> str:
    if "<" not in text or ">" not in text:
        return text
    names = {(tag["name"].lower(), bool(tag["close"])) for tag in _TAG.finditer(text)}
    if not any(name in _BLOCK_NAMES or {(name, False), (name, True)} <= names for name, _ in names):
        return text
    # With one surely known tag the text is HTML, and single tags in it (`<img …>`) are tags as well.
    text = _without_comments(text)
    parts: list[str] = []
    place = 0
    dropping = False
    for tag in _TAG.finditer(text):
        name = tag["name"].lower()
        if not dropping:
            parts.append(text[place : tag.start()])
            parts.append("\n" if name in _BLOCK_NAMES else " " if name in _CELL_NAMES else "")
        place = tag.end()
        if name in _DROPPED_NAMES:
            dropping = not tag["close"]
    if not dropping:
        parts.append(text[place:])
    lines = (line.strip(" \t\r") for line in "".join(parts).split("\n"))
    return re.sub(r"\n{3,}+", "\n\n", "\n".join(lines)).strip("\n")


def _without_comments(text: str) -> str:
    """Leave out comments and declarations, of which editors leave many in what is copied from them."""
    parts: list[str] = []
    place = 0
    while (start := text.find("<!", place)) >= 0:
        end = text.find("-->", start) if text.startswith("<!--", start) else text.find(">", start)
        if end < 0:
            break
        parts.append(text[place:start])
        place = end + (3 if text.startswith("<!--", start) else 1)
    parts.append(text[place:])
    return "".join(parts)
