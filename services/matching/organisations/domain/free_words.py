"""Words that people write freely, read as codes and names that can be compared."""

from __future__ import annotations


def code_of(words: str) -> str:
    """Return words as a code, however they were written: `tender_open` for `Tender open` and `tender-open`."""
    return "_".join(words.casefold().replace("-", " ").replace("_", " ").split())


def folded_name(name: str) -> str:
    """Return a name or id without outer blanks and differences of case."""
    return name.strip().casefold()
