"""What is wrong with one field, and how to mend it: in templates, so that pages can translate them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field


@dataclass(frozen=True)
class Fault:
    """What is wrong with a field, and how to mend it; `%(name)s` in the texts stands for one of `values`.

    Texts without values stand as they are. `fix` is empty where `problem` says all. A field without a name is the whole
    of what was sent.
    """

    field: str
    problem: str
    fix: str = ""
    values: Mapping[str, object] = dataclass_field(default_factory=dict)

    def __str__(self) -> str:
        """Return field, problem and fix as one line."""
        return f"{self.field}: {self.sentence()}"

    def sentence(self) -> str:
        """Return problem and fix as one sentence, whose subject is the field."""
        return "; ".join(text for text in (self._filled(self.problem), self._filled(self.fix)) if text)

    def to_json(self) -> dict[str, str]:
        """Return the fault as an entry of a problem's `errors`."""
        fix = self._filled(self.fix)
        return {"field": self.field, "problem": self._filled(self.problem), **({"fix": fix} if fix else {})}

    def _filled(self, text: str) -> str:
        return text % self.values if self.values else text
