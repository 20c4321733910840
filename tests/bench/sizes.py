"""`python -m tests.bench.sizes FILE.svg`: what the search costs as companies grow in number, as a table and a picture.

Each size is searched in a process of its own: the seconds are the median of three, the memory is the most that a search
held beside the matrices.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.bench.drawn import read_pool
from tests.bench.extra_memory import in_own_process

COMPANIES = (1_000, 3_000, 10_000, 30_000, 100_000)
NEEDS, BEST, SEARCHES = 1_000, 20, 3
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 400, 300, 70, 50, 20, 50
INK, FAINT, COLOURS = "#222", "#ddd", ("#0b6e99", "#b35900")

Row = Mapping[str, float]


def measure_sizes(show: Callable[[str], None] = lambda line: None) -> list[Row]:
    """Return for each size `companies`, `needs`, `seconds`, `extra_megabytes`, `matrices_megabytes`.

    Raises BenchError or OSError when one cannot be measured.
    """
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="handslag-bench-") as folder:
        pool = Path(folder) / "pool.npz"
        read_pool(pool)
        for companies in COMPANIES:
            show(f"measuring: {companies:,} companies")
            measured = in_own_process(pool, companies, NEEDS, BEST, SEARCHES)
            rounded = {name: round(value, 6) for name, value in measured.items()}
            rows.append({"companies": companies, "needs": NEEDS, **rounded})
    return rows


def sizes_table(rows: Sequence[Row]) -> str:
    """Write the sizes as a readable table."""
    lines = [f"{'companies':>10}{'needs':>8}{'seconds':>10}{'extra MB':>10}{'matrices MB':>13}"]
    lines += [
        f"{row['companies']:10,}{row['needs']:8,}{row['seconds']:10.3f}{row['extra_megabytes']:10.0f}"
        f"{row['matrices_megabytes']:13.0f}"
        for row in rows
    ]
    return "\n".join(lines)


def picture(rows: Sequence[Row]) -> str:
    """Draw seconds and megabytes against companies, both scales by powers of ten, as an SVG document."""
    across = [row["companies"] for row in rows]
    seconds = _panel(0, f"Seconds, {NEEDS:,} needs", across, [("", [row["seconds"] for row in rows])])
    memory = _panel(
        WIDTH,
        "Megabytes",
        across,
        [
            ("matrices", [row["matrices_megabytes"] for row in rows]),
            ("searching, beside them", [row["extra_megabytes"] for row in rows]),
        ],
    )
    title = "Finding the best companies of every need: cost against the number of companies"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="{INK}">\n<title>{title}</title>\n'
        f'<rect width="{2 * WIDTH}" height="{HEIGHT}" fill="#fff"/>\n'
        + "\n".join([*seconds, *memory])
        + "\n</svg>\n"
    )


def _panel(
    start: int, title: str, across: Sequence[float], lines: Sequence[tuple[str, Sequence[float]]]
) -> list[str]:
    values = [max(value, 1e-3) for _, line in lines for value in line]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    first, last = math.log10(across[0]), math.log10(across[-1])

    def x(value: float) -> float:
        part = (math.log10(value) - first) / ((last - first) or 1.0)
        return round(start + LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        part = (math.log10(max(value, 1e-3)) - low) / (high - low)
        return round(HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM), 1)

    out = [f'<text x="{start + LEFT}" y="{TOP - 20}" font-weight="bold">{title}</text>']
    for power in range(low, high + 1):
        at = y(10.0**power)
        out.append(f'<path d="M{x(across[0])} {at}H{x(across[-1])}" stroke="{FAINT}"/>')
        out.append(f'<text x="{start + LEFT - 8}" y="{at + 4}" text-anchor="end">{10.0**power:,g}</text>')
    for count in across:
        out.append(
            f'<text x="{x(count)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{count / 1000:,g} k</text>'
        )
    out.append(
        f'<text x="{start + (LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">companies</text>'
    )
    for (name, line), colour in zip(lines, COLOURS, strict=False):
        points = [(x(count), y(value)) for count, value in zip(across, line, strict=True)]
        path = " ".join(f"{a},{b}" for a, b in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{a}" cy="{b}" r="3" fill="{colour}"/>' for a, b in points]
        end = points[-1]
        out.append(f'<text x="{end[0]}" y="{end[1] - 8}" text-anchor="end" fill="{colour}">{name}</text>')
    return out


def main(file: Path) -> None:
    """Measure, print the table and write the picture."""
    rows = measure_sizes(show=lambda line: print(line, file=sys.stderr))
    file.write_text(picture(rows), encoding="utf-8")
    print(sizes_table(rows))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
