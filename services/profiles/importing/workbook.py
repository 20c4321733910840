"""Which sheet of a workbook is read: the first one that a person sees and that has the required columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from shared.sheets.file_kind import FileKind
from shared.sheets.headings import Headings
from shared.sheets.sheet import ROWS_OF_TITLES, FileError, Row, Sheet, SheetMaker

LAST_LINE = 1_048_576
_LINES_LOOKED_AT = 20 * ROWS_OF_TITLES
_NAMED_SHEETS = 20
_MOST_SHEETS = 200


@dataclass(frozen=True)
class WorkbookSheet:
    """One sheet: its name, whether a person sees it, and a function that reads its rows, also those without text."""

    name: str
    visible: bool
    rows: Callable[[], Iterable[Row]]


def read_workbook(
    sheets: Iterable[WorkbookSheet], kind: FileKind, headings: Headings, wanted: str = ""
) -> Sheet:
    """Read the first visible sheet with the required columns, or the visible one of the name `wanted`.

    The names of the others stand in what it says of its reading. Raises FileError when there is none, which names
    what each visible sheet lacks.
    """
    found: Sheet | None = None
    others: list[str] = []
    makers: list[tuple[str, SheetMaker]] = []
    for number, one in enumerate(sheets):
        if number == _MOST_SHEETS:
            raise FileError(
                f"has more than {_MOST_SHEETS} sheets; take those out that have no rows to import"
            )
        if not one.visible:
            others.append(f"{one.name} (hidden)")
        elif wanted and one.name.strip().casefold() != wanted.strip().casefold():
            others.append(one.name)
        elif found is not None:
            others.append(f"{one.name}{_has_them_too(one, kind, headings)}")
        else:
            maker = _read(one, kind, headings)
            makers.append((one.name, maker))
            if maker.complete:
                found = replace(maker.sheet(), separator="")
                found = replace(found, reading=replace(found.reading, sheet=one.name))
            else:
                others.append(one.name)
    if found is None:
        raise FileError(_why_none(makers, others, headings, wanted))
    shown = [
        *others[:_NAMED_SHEETS],
        *([f"and {len(others) - _NAMED_SHEETS} more"] if others[_NAMED_SHEETS:] else []),
    ]
    return replace(found, reading=replace(found.reading, other_sheets=tuple(shown)))


def _read(one: WorkbookSheet, kind: FileKind, headings: Headings, only_headings: bool = False) -> SheetMaker:
    maker = SheetMaker(headings, kind, "")
    for row in one.rows():
        maker.add(row)
        decided = maker.undecided and row.line > _LINES_LOOKED_AT
        if decided or (not maker.undecided and (only_headings or not maker.complete)):
            break
    maker.settle()
    return maker


def _has_them_too(one: WorkbookSheet, kind: FileKind, headings: Headings) -> str:
    try:
        return " (has the columns too)" if _read(one, kind, headings, only_headings=True).complete else ""
    except FileError:
        return ""


def _why_none(
    makers: list[tuple[str, SheetMaker]], others: list[str], headings: Headings, wanted: str
) -> str:
    with_cells = [(name, maker) for name, maker in makers if not maker.undecided]
    if wanted and not makers:
        return f"has no visible sheet {wanted!r}; it has {', '.join(others[:_NAMED_SHEETS]) or 'none'}"
    if not with_cells:
        hidden = f"; not read: {', '.join(others[:_NAMED_SHEETS])}" if len(others) > len(makers) else ""
        if len(makers) == 1 and not hidden:
            return "is empty; the first row must name the columns"
        return f"has no sheet with cells that a person sees{hidden}"
    if len(with_cells) == 1:
        name, maker = with_cells[0]
        more = [one for one in others if one != name]
        return (
            f"lacks the columns {', '.join(maker.lacking)}; it has {', '.join(filter(None, maker.names))[:300]}"
            + (f" (sheet {name}; not read: {', '.join(more[:_NAMED_SHEETS])})" if more else "")
        )
    each = "; ".join(
        f"sheet {name} lacks {', '.join(maker.lacking)}, it has {', '.join(filter(None, maker.names))[:100]}"
        for name, maker in with_cells[:_NAMED_SHEETS]
    )
    return f"has no sheet with the columns {', '.join(headings.required)}: {each}"
