"""Texts in the reader's language, within a web request and outside of one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.support import Translations

FOLDER = Path(__file__).with_name("translations")


def N_(text: str) -> str:
    """Mark a text as one that is translated where it is shown."""
    return text


@cache
def translator(language: str) -> Callable[[str], str]:
    """Return a function that translates marked texts into `sv` or `en`; a text without a translation stays English."""
    return Translations.load(FOLDER, [language]).gettext
