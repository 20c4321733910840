"""The organiser's focus areas: data, read from `focus_areas.json` beside this module."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shared.words.folding import folded_words

STANDARD_FILE = Path(__file__).with_name("focus_areas.json")


@dataclass(frozen=True)
class FocusArea:
    """One area; `names` by language code, at least `en`; a retired one is kept on old profiles and offered no more."""

    code: str
    names: Mapping[str, str]
    retired: bool = False

    def name(self, language: str) -> str:
        """Return the name in a language, in English where that language has none."""
        return self.names.get(language) or self.names["en"]


@cache
def read_focus_areas(path: Path = STANDARD_FILE) -> Mapping[str, FocusArea]:
    """Read a focus-area file into areas by code, in the file's order.

    Raises ValueError when the file is not a JSON list of objects with `code` and `names` that has `en`.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        areas = [FocusArea(row["code"], dict(row["names"]), bool(row.get("retired", False))) for row in rows]
        if not areas or any("en" not in area.names for area in areas):
            raise ValueError("every area needs a name in English (`en`)")
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is no list of focus areas: {error!r}") from error
    return {area.code: area for area in areas}


@cache
def _codes_by_word() -> Mapping[str, str]:
    """Return codes by what people write for them: the code, the names, and the halves of a name that joins two."""
    areas = read_focus_areas()
    words: dict[str, str] = {_key(code): code for code in areas}
    for code, area in areas.items():
        for name in area.names.values():
            words.setdefault(_key(name), code)
            halves = re.split(r" (?:and|och) ", name)
            for half in halves if len(halves) == 2 else ():
                words.setdefault(_key(half), code)
    return words


def focus_area_code(word: str) -> str | None:
    """Return the code of a focus area's code or name in any of its languages; None where it is not known."""
    return _codes_by_word().get(_key(word))


def _key(word: str) -> str:
    return " ".join(folded_words(word))
