"""What texts say and no concept knows: for staff who extend the thesaurus."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from services.matching.text.domain.concept_engine import TextEngine, standard_engine
from services.matching.text.domain.spans import Spans
from services.matching.text.domain.word_pieces import STOP_WORDS
from shared.words.folding import WORD, Folded, fold, folded_words

SHORTEST = 5
"""Letters of a word that is listed; shorter ones are seldom a subject of their own."""
LONGEST_EXAMPLE = 90
"""Letters of an example."""
COMMON = 0.2
"""A word of more than this share of a language's organisations is a common word of the language or the trade …"""
ENOUGH_TO_TELL = 25
"""… where at least so many organisations write in it."""

COMMON_WORDS_FILE = Path(__file__).with_name("common_words.txt")


class Text(NamedTuple):
    """One text of an organisation and its language (ISO 639-1, or empty when not known)."""

    organisation: str
    text: str
    language: str


@dataclass(frozen=True)
class UnknownWord:
    """A folded word, the number of organisations that use it, their languages, and one phrase that has it."""

    word: str
    organisations: int
    languages: tuple[str, ...]
    example: str


def unknown_words(texts: Iterable[Text], engine: TextEngine | None = None) -> list[UnknownWord]:
    """List the words that no concept knows, those of most organisations first, then the longer ones, then by letters.

    Left out: words under `SHORTEST` letters or with a digit, words of grammar, common words of a language, and words
    of which another listed form is the beginning (`boende` and `boenden` are one, with the shorter form).
    """
    engine = engine or standard_engine()
    users: dict[str, dict[str, set[str]]] = {}
    examples: dict[str, str] = {}
    writers: dict[str, set[str]] = {}
    for one in texts:
        writers.setdefault(one.language, set()).add(one.organisation)
        for word, start, end, folded in _unknown_in(one, engine):
            users.setdefault(word, {}).setdefault(one.language, set()).add(one.organisation)
            examples.setdefault(word, _phrase(one.text, *folded.span(start, end)))
    for word in [word for word, of in users.items() if _is_common(of, writers)]:
        del users[word]
    counted = [
        UnknownWord(
            min(forms),
            len(set().union(*(some for form in forms for some in users[form].values()))),
            tuple(sorted({language for form in forms for language in users[form] if language})),
            examples[min(forms)],
        )
        for forms in _forms(sorted(users))
    ]
    return sorted(counted, key=lambda found: (-found.organisations, -len(found.word), found.word))


def _unknown_in(one: Text, engine: TextEngine) -> Iterable[tuple[str, int, int, Folded]]:
    folded = fold(one.text)
    known = Spans((mention.start, mention.end) for mention in engine.read(one.text, one.language).mentions)
    for match in WORD.finditer(folded.text):
        word = match.group()
        if len(word) < SHORTEST or word in common_words() or not word.isalpha():
            continue
        start, end = folded.span(*match.span())
        if not known.touch(start, end):
            yield word, *match.span(), folded


@cache
def common_words() -> frozenset[str]:
    """Return the folded words of everyday language that are listed in `common_words.txt`, and those of grammar."""
    lines = COMMON_WORDS_FILE.read_text(encoding="utf-8").splitlines()
    listed = (line.partition(":")[2] for line in lines if not line.startswith("#"))
    return STOP_WORDS.union(*(folded_words(words) for words in listed))


def _is_common(of: dict[str, set[str]], writers: dict[str, set[str]]) -> bool:
    return any(
        len(writers[language]) >= ENOUGH_TO_TELL and len(some) > COMMON * len(writers[language])
        for language, some in of.items()
    )


def _forms(words: Iterable[str]) -> Iterable[list[str]]:
    """Put the forms of a word together, of words in order: those that add up to three letters to the shortest."""
    groups: dict[str, list[str]] = {}
    for word in words:
        base = next((word[:-ending] for ending in (3, 2, 1) if word[:-ending] in groups), word)
        groups.setdefault(base, []).append(word)
    return groups.values()


def _phrase(text: str, start: int, end: int) -> str:
    """Return the words around a place, exactly as they stand, with no line break inside."""
    room = max(0, LONGEST_EXAMPLE - (end - start)) // 2
    first, last = max(0, start - room), min(len(text), end + room)
    while first > 0 and first < start and not text[first - 1].isspace():
        first += 1
    while last < len(text) and last > end and not text[last].isspace():
        last -= 1
    return " ".join(text[first:last].split())
