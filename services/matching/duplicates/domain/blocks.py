"""Which pairs of organisations are worth comparing, so that not all are: those that share a key, and those that name
each other.

Keys: website host, contact domain, rare words of the name, neighbours in the alphabet of names (forwards and
backwards, so that a slip of the pen at either end does not part two), and minimal hashes of the words of the texts
(Broder, On the resemblance and containment of documents, 1997).
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from services.matching.duplicates.domain.naming import GENERIC, distinctive, name_words
from services.matching.text.domain.word_pieces import STOP_WORDS
from shared.words.folding import WORD, folded_words

Pair = tuple[str, str]

MOST_ALIKE = 12
"""A key that more share tells none from another: a portal's host, a common word."""
NEIGHBOURS = 4
BANDS, ROWS = 8, 2
"""Texts of which a share s of the words is the same meet with the chance 1 - (1 - s^2)^8: 0.9 at one half."""
FEWEST_WORDS = 5
"""A shorter text says too little to be known again by."""
QUOTE_BEFORE = 60
MOST_NAME_WORDS = 12
"""Words of the longest name that is looked for in texts."""

_SAME = re.compile(
    r"\bformerly|(also|previously|now|better|commonly|otherwise) (known|called|named|operating|trading)"
    r"|known as|trading as|d/?b/?a\b|a\.?k\.?a\b|\bbrand(s|ed|ing)?\b|rebrand|renamed|changed (its|our) name"
    r"|under the name|in other markets"
    r"|varumärk|under namnet|tidigare|kallas|heter|bytt namn|hette|även känd|även känt"
    r"|under navnet|varemerk|varemærk|tidligere|også kjent|også kendt|heder"
    r"|unter dem namen|vormals|ehemals|früher|auch bekannt|firmiert|heißt|marke\b"
    r"|sous le nom|anciennement|aussi connu|marque\b|bajo el nombre|antes conocid|también conocid|marca\b"
    r"|voorheen|onder de naam|aiemmin|nimellä|dawniej|pod nazwą|раніше|відом[аи]й? як|під назвою|бывш|известн",
    re.IGNORECASE,
)
"""Words near a name that say that it is the same organisation."""


@dataclass(frozen=True)
class Named:
    """What keys are made of: folded words of the name, host, domain and texts."""

    words: tuple[str, ...]
    host: str
    domain: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Blocks:
    """The `pairs` to compare (ids in order), and of them those whose `texts` may be alike.

    `mentions`: (by, whom) to the words in which one names the other, and whether it says that it is the same.
    """

    pairs: frozenset[Pair]
    texts: frozenset[Pair]
    mentions: Mapping[Pair, tuple[str, bool]]


def candidate_pairs(named: Mapping[str, Named]) -> Blocks:
    """Return the pairs to compare, out of organisations by id."""
    mentions = _mentions(named)
    texts = frozenset(_sharing(_text_keys(named)))
    pairs = {(min(pair), max(pair)) for pair in mentions} | texts
    pairs |= set(_sharing(_keys(named)))
    for backwards in (False, True):
        pairs |= set(_neighbours(named, backwards))
    return Blocks(frozenset(pairs), texts, mentions)


def _keys(named: Mapping[str, Named]) -> Iterator[tuple[str, str]]:
    for id, one in sorted(named.items()):
        if one.host:
            yield f"host {one.host}", id
        if one.domain:
            yield f"domain {one.domain}", id
        for word in set(one.words):
            if word not in GENERIC:
                yield f"word {word}", id
        yield f"name {' '.join(sorted(one.words))}", id


def _sharing(keys: Iterable[tuple[str, str]]) -> Iterator[Pair]:
    sharing: dict[str, set[str]] = defaultdict(set)
    for key, id in keys:
        sharing[key].add(id)
    for ids in sharing.values():
        if 1 < len(ids) <= MOST_ALIKE:
            yield from combinations(sorted(ids), 2)


def _neighbours(named: Mapping[str, Named], backwards: bool) -> Iterator[Pair]:
    step = -1 if backwards else 1
    ordered = sorted(
        ("".join(distinctive(one.words) or one.words)[::step], id) for id, one in named.items() if one.words
    )
    # Names alike are one place: who stands beside whom must not hang on the ids between.
    places: list[list[str]] = []
    last = None
    for name, id in ordered:
        if name != last:
            places.append([])
        places[-1].append(id)
        last = name
    for place, ids in enumerate(places):
        for further in places[place : place + NEIGHBOURS + 1]:
            if len(ids) <= MOST_ALIKE and len(further) <= MOST_ALIKE:
                yield from (
                    (min(one, other), max(one, other)) for one in ids for other in further if one != other
                )


def _text_keys(named: Mapping[str, Named]) -> Iterator[tuple[str, str]]:
    # An odd factor turns numbers of 32 bits into others, each into one: an order of its own for each hash.
    factors = np.array(
        [zlib.crc32(f"duplicates {number}".encode()) | 1 for number in range(BANDS * ROWS)], dtype=np.uint64
    )
    hashes: dict[str, int] = {}
    for id, one in sorted(named.items()):
        words = {word for text in one.texts for word in folded_words(text)} - STOP_WORDS
        if len(words) < FEWEST_WORDS:
            continue
        for word in words - hashes.keys():
            hashes[word] = zlib.crc32(word.encode())
        numbers = np.array(sorted(hashes[word] for word in words), dtype=np.uint64)
        least: npt.NDArray[np.uint64] = ((numbers[:, None] * factors[None, :]) & np.uint64(0xFFFFFFFF)).min(
            axis=0
        )
        for band in range(BANDS):
            yield f"text {band} {least[band * ROWS : (band + 1) * ROWS].tolist()}", id


def _mentions(named: Mapping[str, Named]) -> dict[Pair, tuple[str, bool]]:
    """Find the names of others in each one's texts, written with a capital letter; the strongest mention counts."""
    by_words: dict[tuple[str, ...], set[str]] = {}
    for id, one in sorted(named.items()):
        if one.words and distinctive(one.words) and len("".join(one.words)) >= 3:
            by_words.setdefault(one.words, set()).add(id)
    # A name that more have tells none from another. Names of more words stand in no text as they are.
    by_words = {
        words: ids
        for words, ids in by_words.items()
        if len(ids) <= MOST_ALIKE and len(words) <= MOST_NAME_WORDS
    }
    lengths: dict[str, set[int]] = defaultdict(set)
    for words in by_words:
        lengths[words[0]].add(len(words))
    found: dict[Pair, tuple[str, bool]] = {}
    users: Counter[tuple[str, ...]] = Counter()
    for id, one in sorted(named.items()):
        used = set()
        for text in one.texts:
            for words, quote, same in _names_in(text, lengths, by_words):
                used.add(words)
                for other in by_words[words] - {id}:
                    if (id, other) not in found or (same and not found[id, other][1]):
                        found[id, other] = quote, same
        users.update(used)
    common = {other for words, times in users.items() if times > MOST_ALIKE for other in by_words[words]}
    return {pair: said for pair, said in found.items() if pair[1] not in common or said[1]}


def _names_in(
    text: str, lengths: Mapping[str, set[int]], by_words: Mapping[tuple[str, ...], set[str]]
) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    spans = [match.span() for match in WORD.finditer(text)]
    folded = [name_words(text[start:end]) for start, end in spans]
    for place, first in enumerate(folded):
        start = spans[place][0]
        if len(first) != 1 or not (text[start].isupper() or text[start].isdigit()):
            continue
        for length in sorted(lengths.get(first[0], ())):
            words = tuple(word for part in folded[place : place + length] for word in part)
            if words in by_words and place + length <= len(spans):
                end = spans[place + length - 1][1]
                before = text[max(0, start - QUOTE_BEFORE) : start]
                after = text[end : end + QUOTE_BEFORE]
                near = re.split(r"[.!?]\s", before)[-1] + " " + re.split(r"[.!?]\s", after)[0]
                yield words, text[start:end], bool(_SAME.search(near))
