"""What is wrong with what was sent, field by field."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is wrong with a field, and how to mend it; `fix` is empty where `problem` says all.

    `%(name)s` in the texts stands for one of `values`; texts without values stand as they are. So a page can translate
    a text before its values are filled in. A field without a name is the whole of what was sent.
    """

    field: str
    problem: str
    fix: str = ""
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def filled(self, text: str) -> str:
        """Return a text with the values in their places."""
        return text % self.values if self.values else text

    def __str__(self) -> str:
        """Return field, problem and fix as one line."""
        texts = [self.filled(self.problem), self.filled(self.fix)]
        return f"{self.field}: {'; '.join(text for text in texts if text)}"

    def to_json(self) -> dict[str, str]:
        """Return the fault as an entry of a problem's `errors`."""
        fix = self.filled(self.fix)
        problem = self.filled(self.problem)
        return {"field": self.field, "problem": problem, **({"fix": fix} if fix else {})}
