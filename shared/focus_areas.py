"""The organiser's focus areas: data, read from `focus_areas.json` beside this module."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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
