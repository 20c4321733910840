"""Texts that are translated where they are shown."""

from __future__ import annotations


def N_(text: str) -> str:
    """Mark a text as one that is translated where it is shown."""
    return text
