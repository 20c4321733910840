"""What the headings of a table mean, however people write them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from shared.words.folding import folded_words
from shared.words.kept import kept

_REMARK = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")
_TWO_NAMES = re.compile(r"[/|\n\r]+")


@kept(4096)
def heading_key(heading: str) -> str:
    """Return a heading without case, accents, spaces, punctuation and invisible characters: `E-post *` is `epost`."""
    return "".join(folded_words(heading))


@dataclass(frozen=True)
class Headings:
    """The fields that a table may have, by the keys of their headings, and those that it must have.

    A heading of `weaker` counts only where no other heading of the table means the same field.
    """

    fields: Mapping[str, str]
    required: tuple[str, ...] = ()
    weaker: frozenset[str] = field(default=frozenset())

    @classmethod
    def named(cls, names: Iterable[str], required: Collection[str] = ()) -> Headings:
        """Make headings that mean the fields of their own names."""
        return cls({heading_key(name): name for name in names}, tuple(required))

    def field_of(self, heading: str) -> str | None:
        """Return the field that a heading means; None where it is not known.

        A remark in brackets is left out where the whole is not known, and two names with a slash or a line break
        between them are known where both mean one field.
        """
        plain = _REMARK.sub(" ", heading)
        for text in (heading, plain):
            found = self.fields.get(heading_key(text))
            if found:
                return found
        parts = {self.fields.get(heading_key(part)) for part in _TWO_NAMES.split(plain) if part.strip()}
        return parts.pop() if len(parts) == 1 else None

    def is_weaker(self, heading: str) -> bool:
        """Tell whether a heading gives way to another one that means the same."""
        return heading_key(_REMARK.sub(" ", heading)) in self.weaker
