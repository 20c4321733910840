"""`python -m tests.bench.extra_memory POOL COMPANIES NEEDS BEST TIMES`: the search in a process of its own.

Prints one JSON object: `seconds` (median of so many searches), `extra_megabytes` (the most that the first search held
beside the matrices), `matrices_megabytes`. Linux only.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

from services.matching.scoring.domain.features import best_companies
from tests.bench.drawn import draw
from tests.bench.measure import BenchError


def in_own_process(pool: Path, companies: int, needs: int, best: int, times: int = 1) -> dict[str, float]:
    """Search in a process of its own and return what it prints; raises BenchError when it fails."""
    numbers = [str(one) for one in (companies, needs, best, times)]
    command = [sys.executable, "-m", "tests.bench.extra_memory", str(pool), *numbers]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(f"the search in a process of its own failed: {done.stderr.strip()[-500:]}")
    result: dict[str, float] = json.loads(done.stdout)
    return result


def main(pool: Path, companies: int, needs: int, best: int, times: int) -> None:
    """Draw, search and print."""
    asked, offered = draw(pool, companies, needs)
    # From here on the most is counted anew (proc(5), clear_refs).
    Path("/proc/self/clear_refs").write_text("5")
    before = _kilobytes("VmRSS")
    seconds = []
    extra = 0
    for repetition in range(times):
        start = time.perf_counter()
        best_companies(asked, offered, best)
        seconds.append(time.perf_counter() - start)
        if repetition == 0:
            extra = _kilobytes("VmHWM") - before
    sizes = [matrix.nbytes for side in (asked, offered) for matrix in side.matrices.values()]
    print(
        json.dumps(
            {
                "seconds": statistics.median(seconds),
                "extra_megabytes": extra * 1024 / 1e6,
                "matrices_megabytes": sum(sizes) / 1e6,
            }
        )
    )


def _kilobytes(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    if not found:
        raise BenchError(f"this system does not tell {name}")
    return int(found[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(one) for one in sys.argv[2:6]))
