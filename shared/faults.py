"""What is wrong with what was sent, field by field."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is wrong with a field, and how to mend it; an empty `fix`: nothing better is known than to correct it.

    `%(name)s` in the texts stands for one of `values`; texts without values stand as they are. So a page can translate
    a text before its values are filled in.
    """

    field: str
    problem: str
    fix: str = ""
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def filled(self, text: str) -> str:
        """Return a text with the values in their places."""
        return text % self.values if self.values else text

    def __str__(self) -> str:
        """Return field, problem and fix as one sentence."""
        fix = f"; {self.filled(self.fix)}" if self.fix else ""
        return f"{self.field} {self.filled(self.problem)}{fix}"
