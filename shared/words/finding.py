"""Finding a name by what people type: plain letters for accented ones and the other way round, words in any order.

A name is kept as `findable` beside the name as it is written. What is typed is read by `sought`, and looked for there
as parts of that text: in a database by LIKE, elsewhere by `is_found`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.words.composing import compatible
from shared.words.folding import fold

LEAST_LOOSE = 3
"""Letters that a word must have left before another way of writing its vowels is looked for, too."""

_DROPPED = "'’‘‛‚`´ʹʻʼʽˈ′＇\"“”„‟«»‹›″./"
_SPACED = "-‐‑‒–—―−⸺⸻﹘﹣－,;"
_SIGNS = str.maketrans({**dict.fromkeys(_DROPPED, ""), **dict.fromkeys(_SPACED, " "), "&": " & "})
# An accent that stands alone, taken apart.
_ACCENT_ALONE = re.compile(" (?=[\u0300-\u036f])")
# As å, ä, æ, ö, ø and ü are written where a keyboard lacks them: Aalborg, Mueller, Goeteborg.
_WITHOUT_ACCENT = re.compile(r"(a)[ae]|(o)e|(u)e")

Sought = Sequence[Sequence[str]]
"""Words that must all be found, in any order; each in one of its spellings."""


def findable(text: str) -> str:
    """Return what a text is found by: folded, without quotation marks, full stops and slashes, dashes as spaces.

    A second line has the text with `aa` and `ae` as `a`, `oe` as `o` and `ue` as `u`, where that differs.
    """
    plain = _plain(text)
    loose = _loose(plain)
    return plain if loose == plain else f"{plain}\n{loose}"


def sought(typed: str) -> Sought:
    """Return the words that were typed, folded as `findable` folds; none where only signs were typed."""
    words = dict.fromkeys(filter(None, map(_plain, typed.split())))
    return [
        [word, loose] if (loose := _loose(word)) != word and len(loose) >= LEAST_LOOSE else [word]
        for word in words
    ]


def is_found(text: str, words: Sought) -> bool:
    """Say whether a text that is already `findable` holds all words."""
    return all(any(spelling in text for spelling in word) for word in words)


def _plain(text: str) -> str:
    # Before, for composing makes a space and a mark of an acute accent that stands alone.
    alike = _ACCENT_ALONE.sub("", compatible(text.translate(_SIGNS)))
    return " ".join(fold(alike).text.translate(_SIGNS).split())


def _loose(plain: str) -> str:
    return _WITHOUT_ACCENT.sub(lambda found: found.group()[0], plain)
