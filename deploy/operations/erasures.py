"""The ledger of what was erased: a restore applies it, so that a backup brings nobody back.

A file of one JSON object a line, `{"id", "kind", "erased_at"}`; `kind` is the aggregate's word in the catalogue
(`company`, `partner`, …). It is kept outside of backups.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from shared.events.catalogue import TOPICS

LEDGER = "erased.jsonl"


class LedgerError(Exception):
    """A ledger that cannot be read; the message names the line."""


def read_ledger(path: Path) -> Mapping[str, frozenset[str]]:
    """Give the erased ids by topic; raises LedgerError for a line that names nothing, OSError."""
    topics = {topic.aggregate: topic.name for topic in TOPICS.values()}
    found: dict[str, set[str]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            found.setdefault(topics[entry["kind"]], set()).add(str(entry["id"]))
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(
                f'line {number} of {path} must be {{"id": …, "kind": {", ".join(topics)}, "erased_at": …}}'
            ) from error
    return {topic: frozenset(ids) for topic, ids in found.items()}
