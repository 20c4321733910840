"""How the words of a concept are written down, and a matcher that finds many such stems in one pass.

A stem is one or more words. Case and accents do not matter (`folding.fold`). In each word an asterisk says where a
longer word may go on: `sepsis` is that word only, `dialys*` a beginning, `*cancer` an ending, `*cancer*` any
place inside a word, as Nordic and German compounds need. Several words stand next to each other (no comma or
other break between). `a ~ b`: a and b, each one or more words, at most five words apart, in either order, inside one
sentence.
Before it, `?` marks a weak sign (half strength), `-` words where the concept is not meant; an `!` at the
end: only in texts of the stem's own language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from shared.lasting import making_what_lasts
from shared.words.folding import WORD, fold
from shared.words.kept import kept

Shape = Literal["whole", "prefix", "suffix", "infix"]
SHORTEST: dict[Shape, int] = {"whole": 2, "prefix": 3, "suffix": 4, "infix": 4}
WEAK = 0.5
NEAR = 5
_SENTENCE_END = re.compile(r"[.!?;]|\n\s*\n")
_BREAK = re.compile(r"[,.:!?;()\[\]]|\n\s*\n")


class BadStemError(ValueError):
    """A stem that cannot be read; the message says why and what to write instead."""


@dataclass(frozen=True)
class WordPattern:
    """One folded word of a stem and how it must stand in a text's word."""

    text: str
    shape: Shape


@dataclass(frozen=True)
class Stem:
    """One stem: `words` next to each other and, where there are any, `beside` them others that may stand apart.

    `sign`: 1.0, WEAK, or 0.0 for words that rule out.
    """

    words: tuple[WordPattern, ...]
    beside: tuple[WordPattern, ...]
    sign: float
    own_language: bool


@lru_cache(maxsize=100_000)  # a thesaurus is read more than once: checked, made, and extended
def read_stem(notation: str) -> Stem:
    """Read a stem's notation. Raises BadStemError when it is empty, too short to be safe, or malformed."""
    rest = notation.strip()
    sign = 1.0
    if rest[:1] in ("?", "-"):
        sign = WEAK if rest[0] == "?" else 0.0
        rest = rest[1:]
    own_language = rest.endswith("!")
    rest = rest.removesuffix("!")
    groups = [group.split() for group in rest.split(" ~ ")]
    if len(groups) > 2:
        raise BadStemError(f"stem {notation!r}: write `~` once")
    if not all(groups):
        raise BadStemError(f"stem {notation!r} has no word")
    alone = len(groups) == 1 and len(groups[0]) == 1
    words, *beside = (tuple(_read_word(word, notation, alone) for word in group) for group in groups)
    return Stem(words, beside[0] if beside else (), sign, own_language)


def _read_word(written: str, notation: str, alone: bool) -> WordPattern:
    left, right = written.startswith("*"), written.endswith("*")
    text = fold(written.strip("*")).text
    if not WORD.fullmatch(text):
        raise BadStemError(f"stem {notation!r}: write {written!r} as separate words of letters and digits")
    shape: Shape = "infix" if left and right else "suffix" if left else "prefix" if right else "whole"
    shortest = 1 if shape == "whole" and not alone else SHORTEST[shape]
    if len(text) < shortest:
        raise BadStemError(
            f"stem {notation!r}: a {shape} needs {shortest} letters or more, {text!r} is shorter"
        )
    return WordPattern(text, shape)


@dataclass(frozen=True)
class Found:
    """A stem found: the key it was given with, its sign, and its span in the folded text."""

    key: str
    sign: float
    start: int
    end: int


@dataclass(frozen=True)
class _Use:
    key: str
    language: str
    stem: Stem
    ids: tuple[int, ...]
    beside: tuple[int, ...]


class StemMatcher:
    """Finds stems in folded texts; each word of a text is looked up once, whatever the number of stems."""

    @making_what_lasts()
    def __init__(self, stems: Iterable[tuple[str, str, Stem]]) -> None:
        """Take (key, language, stem); a key may come many times."""
        self._tables: dict[Shape, dict[str, int]] = {"whole": {}, "prefix": {}, "suffix": {}, "infix": {}}
        self._uses: dict[int, list[_Use]] = {}
        for key, language, stem in stems:
            ids, beside = self._number(stem.words), self._number(stem.beside)
            self._uses.setdefault(ids[0], []).append(_Use(key, language, stem, ids, beside))
        self._lengths = {
            shape: sorted({len(text) for text in table}) for shape, table in self._tables.items()
        }
        self.word_ids = kept(50_000)(self._word_ids)

    def _number(self, words: Sequence[WordPattern]) -> tuple[int, ...]:
        count = sum(len(table) for table in self._tables.values())
        numbers = []
        for word in words:
            table = self._tables[word.shape]
            if word.text not in table:
                table[word.text] = count
                count += 1
            numbers.append(table[word.text])
        return tuple(numbers)

    def _word_ids(self, word: str) -> tuple[int, ...]:
        found: set[int] = set()
        tables, lengths, size = self._tables, self._lengths, len(word)
        whole = tables["whole"].get(word)
        if whole is not None:
            found.add(whole)
        for length in lengths["prefix"]:
            if length <= size and (hit := tables["prefix"].get(word[:length])) is not None:
                found.add(hit)
        for length in lengths["suffix"]:
            if length <= size and (hit := tables["suffix"].get(word[size - length :])) is not None:
                found.add(hit)
        infix = tables["infix"]
        for length in lengths["infix"]:
            for start in range(size - length + 1):
                if (hit := infix.get(word[start : start + length])) is not None:
                    found.add(hit)
        return tuple(sorted(found))

    def find(self, folded: str, language: str) -> list[Found]:
        """Return every stem's occurrences in a folded text, in the order of their first words."""
        spans = [match.span() for match in WORD.finditer(folded)]
        hits = [self.word_ids(folded[start:end]) for start, end in spans]
        out: list[Found] = []
        for place, ids in enumerate(hits):
            for number in ids:
                for use in self._uses.get(number, ()):
                    if use.stem.own_language and language and use.language != language:
                        continue
                    ends = self._ends(use, place, hits, spans, folded)
                    if ends is not None:
                        out.append(Found(use.key, use.stem.sign, spans[ends[0]][0], spans[ends[1]][1]))
        return out

    @staticmethod
    def _ends(
        use: _Use, place: int, hits: Sequence[tuple[int, ...]], spans: Sequence[tuple[int, int]], folded: str
    ) -> tuple[int, int] | None:
        """Return the first and the last word of a stem whose first word stands at `place`; None: it is not there."""
        size = len(use.ids)
        if size > 1 and not _stand_at(use.ids, place, hits, spans, folded):
            return None
        first, last = place, place + size - 1
        if not use.beside:
            return first, last
        size = len(use.beside)
        for distance in range(1, NEAR + 1):
            if _stand_at(use.beside, last + distance, hits, spans, folded):
                last += distance + size - 1
                break
            if _stand_at(use.beside, first - distance - size + 1, hits, spans, folded):
                first -= distance + size - 1
                break
        else:
            return None
        return None if _SENTENCE_END.search(folded, spans[first][1], spans[last][0]) else (first, last)


def _stand_at(
    ids: Sequence[int],
    place: int,
    hits: Sequence[tuple[int, ...]],
    spans: Sequence[tuple[int, int]],
    folded: str,
) -> bool:
    """Say whether words stand one after the other from `place` on."""
    end = place + len(ids) - 1
    return (
        place >= 0
        and end < len(hits)
        and all(wanted in hits[place + step] for step, wanted in enumerate(ids))
        and (
            end == place
            or not any(_BREAK.search(folded, spans[at][1], spans[at + 1][0]) for at in range(place, end))
        )
    )
