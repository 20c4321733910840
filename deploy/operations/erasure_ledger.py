"""The ledger of what was erased: a restore applies it, so that a backup brings nobody back.

A file of one JSON object a line, `{"id", "kind", "erased_at", "version"}`; `kind` is the aggregate's word in the
catalogue (`company`, `partner`, …) or `submission`, `version` the tombstone's: what is newer was submitted
afterwards under the same id. It is kept outside of backups.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from shared.events.catalogue import TOPICS
from shared.rights import APART, Erasure
from shared.storage.whole_file import write_whole

LEDGER = "erased.jsonl"
ANY_VERSION = 10**18
"""Of a line that names none."""


class LedgerError(Exception):
    """A ledger that cannot be read; the message names the line."""


def read_ledger(path: Path) -> Mapping[str, Mapping[str, int]]:
    """Return the erased ids by topic (submissions by their own word), each with its tombstone's version.

    Raises LedgerError for a line that names nothing, OSError.
    """
    topics = {**{topic.aggregate: topic.name for topic in TOPICS.values()}, APART: APART}
    found: dict[str, dict[str, int]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            ids = found.setdefault(topics[entry["kind"]], {})
            id, version = str(entry["id"]), int(entry.get("version", ANY_VERSION))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LedgerError(
                f'line {number} of {path} must be {{"id": …, "kind": {", ".join(topics)}, "erased_at": …}}'
            ) from error
        ids[id] = max(version, ids.get(id, 0))
    return found


def keep_ledger(path: Path, erasures: Iterable[Erasure]) -> None:
    """Add to the ledger what it does not say yet; the file is there whole, for its owner alone. Raises OSError."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    new = [json.dumps(vars(one)) for one in erasures]
    whole = dict.fromkeys([*filter(str.strip, lines), *new])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, "".join(f"{line}\n" for line in whole).encode())
