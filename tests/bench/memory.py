"""The memory of processes: what each has for itself and its share of what several have in common."""

from __future__ import annotations

from pathlib import Path


def megabytes(pid: int) -> float:
    """Return the proportional set size of a process and of those it started, in MB; what is gone counts nothing."""
    return sum(_own(one) for one in (pid, *_descendants(pid)))


def _own(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1000
    except OSError:
        pass
    return 0.0


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(one) for one in listing.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_descendants(child)]
    return found
