"""Whole texts as vectors: hashed beginnings and pieces of words, the same for a text whatever other texts there are."""

from __future__ import annotations

import math
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from shared.words.folding import folded_words
from shared.words.kept import kept

DIMENSIONS = 1024
LENGTHS = (4, 5)

# Words of grammar and of every profile in this trade: they join no need with any offer.
_STOP_WORDS = (
    "a an and are as at be by can for from has have how in into is it its more of on or our over than that the their "
    "them they this to up us we what when where which who will with without within you your also not new need needs "
    "och att av de den det din du efter eller en er ett for fran har hos hur i in inte kan man med men mot mycket nar "
    "nu om pa sa sig sin sina ska som till under upp ut utan vad var vara vi vid samt som alla aven blir genom mellan "
    "og af at det den der du efter eller en er et fra har hvor i ikke kan med men mod na om pa sig som til ud ved vi "
    "vil dere deres skal uten uden mellem gjennom gjennem flere bedre "
    "und der die das den dem des ein eine einer eines einem einen auch auf aus bei bis durch fur im in ist mit nach "
    "nicht oder sich sie sind so uber um von vor werden wie wir zu zum zur dass als an am "
    "ja on ei se ovat seka tai les des une aux pour par dans sur avec est sont los las una para por con del que "
    "care healthcare health hospital hospitals patient patients medical service services solution solutions system "
    "systems company companies based sweden swedish looking wants seeks offers makes provides "
    "vard varden sjukvard halsa sjukhus patienter losning losningar tjanster foretag bolag svensk svenska sverige "
    "sygehus sykehus sundhed helse krankenhaus klinik kliniken losungen sucht pasienter soker leder sager tillverkar "
)
STOP_WORDS = frozenset(_STOP_WORDS.split())


@kept(50_000)
def _pieces(word: str) -> bytes:
    """Return the hashed pieces of a word, two bytes each: the dimension from 1 on, less than 0 where it takes away.

    Packed, for many words are kept, and a stranger chooses how long theirs are.
    """
    padded = f"_{word}_"
    pieces = {padded[start : start + size] for size in LENGTHS for start in range(len(padded) - size + 1)}
    pieces.add(padded)
    hashes = [zlib.crc32(piece.encode()) for piece in sorted(pieces)]
    signed = (number % DIMENSIONS + 1 if number >> 31 else -(number % DIMENSIONS) - 1 for number in hashes)
    return array("h", signed).tobytes()


def text_vector(texts: Iterable[str]) -> npt.NDArray[np.float32]:
    """Return the unit vector of several texts taken as one; zeros when they say nothing.

    A word's pieces count 1 + ln(times), divided by the root of their number, so that a long word is one word.
    """
    vector = np.zeros(DIMENSIONS)
    words = Counter(
        word for text in dict.fromkeys(texts) for word in folded_words(text) if word not in STOP_WORDS
    )
    for word, times in sorted(words.items()):
        pieces = array("h", _pieces(word))
        share = (1.0 + math.log(times)) / math.sqrt(len(pieces))
        for piece in pieces:
            if piece > 0:
                vector[piece - 1] += share
            else:
                vector[-piece - 1] -= share
    length = math.sqrt(float(vector @ vector))
    return (vector / length if length else vector).astype(np.float32)
