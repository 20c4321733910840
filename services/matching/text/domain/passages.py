"""A text cut into sentences and into pieces that an embedding can take in, each exactly as it stands there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 700
"""Characters that one embedding takes in: models read some hundred words, and one vector of more says little."""
LONGEST_QUOTE = 110
"""Characters of a sentence that is quoted for its meaning."""


@dataclass(frozen=True)
class Effort:
    """What embedding costs: passages, each with a vector of its own, and the characters of them all."""

    passages: int
    characters: int


MOST_OF_TEXT = Effort(32, 5_000)
"""What is embedded of one text at most: the rest is read by its words alone."""
MOST_OF_ORGANISATION = Effort(96, 12_000)
"""What is embedded of a company, or of all needs of a request, at most: some six seconds of a processor."""

_SENTENCE = re.compile(r"[^.!?;\n]+(?:[.!?;](?=\S)[^.!?;\n]*)*[.!?;]*")
_WORD = re.compile(r"[^\W_]")

Span = tuple[int, int]


def sentences(text: str) -> tuple[Span, ...]:
    """Return the places of a text's sentences, in order; what holds no letter or digit is none.

    A full stop with no space after it (3.5, e.g.) ends nothing; a sentence over `LONGEST` characters is cut between
    words.
    """
    spans: list[Span] = []
    for found in _SENTENCE.finditer(text):
        if _WORD.search(found.group()):
            spans += _cut(text, *_stripped(text, *found.span()))
    return tuple(spans)


def pieces(text: str) -> tuple[Span, ...]:
    """Return the places of as few pieces of whole sentences as there can be with at most `LONGEST` characters each."""
    out: list[Span] = []
    for start, end in sentences(text):
        if out and end - out[-1][0] <= LONGEST:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return tuple(out)


def units(text: str) -> tuple[str, ...]:
    """Return every passage of a text that is embedded, each once: its pieces and its sentences."""
    return tuple(dict.fromkeys(text[start:end] for start, end in (*pieces(text), *sentences(text))))


def closely_read(texts: Iterable[str], most: Effort = MOST_OF_ORGANISATION) -> list[int]:
    """Return for each text of an organisation how many characters from its beginning are embedded.

    These are whole sentences within `MOST_OF_TEXT`, and within what the texts before it have left of `most`. A text
    within both is embedded whole.
    """
    passages, characters = most.passages, most.characters
    ends = []
    for text in texts:
        left = Effort(min(passages, MOST_OF_TEXT.passages), min(characters, MOST_OF_TEXT.characters))
        end = _beginning(text, left)
        ends.append(end)
        embedded = units(text[:end])
        passages -= len(embedded)
        characters -= sum(map(len, embedded))
    return ends


def _beginning(text: str, most: Effort) -> int:
    whole = units(text) if len(text) <= most.characters else None
    if whole is not None and len(whole) <= most.passages and sum(map(len, whole)) <= most.characters:
        return len(text)
    # A sentence is embedded by itself and in its piece, which it begins or makes longer.
    passages = characters = piece = end = 0
    for start, until in sentences(text):
        begins = not end or until - piece > LONGEST
        piece = start if begins else piece
        passages += 2 if begins else 1
        characters += until - start + (until - start if begins else until - end)
        if passages > most.passages or characters > most.characters:
            break
        end = until
    return end


def shortened(text: str, start: int, end: int, longest: int) -> Span:
    """Return the beginning of a passage, whole words of at most `longest` characters; a longer first word is cut."""
    if end - start <= longest:
        return start, end
    cut = text.rfind(" ", start + 1, start + longest + 1)
    return _stripped(text, start, cut if cut > start else start + longest)


def _stripped(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _cut(text: str, start: int, end: int) -> list[Span]:
    out = []
    while end - start > LONGEST:
        out.append(shortened(text, start, end, LONGEST))
        start = out[-1][1]
        start, end = _stripped(text, start, end)
    return [*out, (start, end)] if start < end else out
