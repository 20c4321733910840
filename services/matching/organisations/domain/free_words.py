"""Words that people write freely, read as codes and names that can be compared."""

from __future__ import annotations

from collections.abc import Iterable

from shared.words.folding import fold


def code_of(words: str) -> str:
    """Return words as a code, however they were written: `tender_open` for `Tender open` and `tender-open`."""
    return "_".join(words.casefold().replace("-", " ").replace("_", " ").split())


def folded_name(name: str) -> str:
    """Return a name or id without outer blanks and differences of case, accents and invisible characters."""
    return fold(name).text.strip()


def is_named(ids_or_names: Iterable[str], id: str, name: str) -> bool:
    """Say whether a list of ids or names has the organisation of an id and a name in it."""
    named = {folded_name(one) for one in ids_or_names} - {""}
    return not named.isdisjoint((folded_name(id), folded_name(name)))
