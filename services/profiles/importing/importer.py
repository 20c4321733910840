"""Saving the rows of a file as profiles: each row is checked as the API checks, and rows are saved in chunks."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy.exc
from marshmallow import ValidationError
from sqlalchemy.engine import Connection

from services.profiles.importing import told as told_of
from services.profiles.importing.columns import (
    COLUMNS,
    OFFERS,
    RowReading,
    column_of_field,
    fields_of_row,
    offers_differ,
    read_cells,
)
from services.profiles.importing.input_file import read_sheet
from services.profiles.importing.rejects import Rejection, write_rejects
from services.profiles.organisations import actions, store
from services.profiles.organisations.domain.codes import KINDS
from services.profiles.organisations.domain.profile_state import State, fields_of
from services.profiles.organisations.domain.provenance import (
    BY_IMPORT,
    CONTACT,
    Repeats,
)
from services.profiles.organisations.schemas.profiles import NEW
from services.profiles.refusals import Refusal, RefusedError
from shared.clock import Clock
from shared.events.origins import parts_by_anyone
from shared.faults import Fault
from shared.ids import ID_PATTERN, IdSource
from shared.messaging.outbox import EventTooLargeError
from shared.sheets.sheet import Row, Sheet, SheetReading
from shared.storage.engine import Database
from shared.web.problems import faults_in
from shared.words.countries import country_code
from shared.words.invisible import trimmed
from shared.words.not_known import is_not_known

CHUNK = 200
"""Rows that are saved together: few enough that others who write do not wait long."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ImportResult:
    """What became of a file's rows, and how the file was read; `rejects_file` is None when none was rejected."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejects_file: Path | None = None
    warnings: tuple[str, ...] = ()
    rejections: tuple[Rejection, ...] = field(default=(), repr=False)
    reading: SheetReading | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Reading:
    """What a person says of a file: its encoding (CSV), the sheet to read (workbooks), and to store nothing."""

    encoding: str = ""
    sheet: str = ""
    dry_run: bool = False


NOTHING_SAID = Reading()


class ImportFailedError(Exception):
    """The storage failed on the way; `result` holds what was saved before, and the file can be imported again."""

    def __init__(self, message: str, result: ImportResult) -> None:
        super().__init__(message)
        self.result = result


def import_file(
    database: Database,
    kind: str,
    path: Path,
    clock: Clock,
    ids: IdSource,
    progress: Progress | None = None,
    rejects_folder: Path | None = None,
    how: Reading = NOTHING_SAID,
) -> ImportResult:
    """Import companies or partners (`kind`) from a CSV file or a workbook.

    A row whose id is known changes that profile, every other row makes a new one. A row that cannot be taken stops
    no other; it is written to a rejects file in `rejects_folder` (default: beside the input). `progress` is called
    after every chunk with the number of rows done and of all rows. `how` says what the file does not, and whether to
    store nothing and write no file, and only to tell what would become of each row. Raises FileError when the file
    cannot be read at all, and nothing was imported; ImportFailedError when the database or the rejects file could not
    be written.
    """
    sheet = read_sheet(path, kind, how.encoding, how.sheet)
    work = _Import(kind, sheet, clock, ids)
    work.warnings.extend((*sheet.reading.notes, *told_of.column_warnings(sheet, kind)))
    for start in range(0, len(sheet.rows), CHUNK):
        chunk = sheet.rows[start : start + CHUNK]
        try:
            with _transaction(database, keep=not how.dry_run) as connection:
                done = work.take(connection, chunk)
        except (sqlalchemy.exc.DBAPIError, RefusedError, OSError) as error:
            result = work.result(None)
            saved = result.added + result.changed + result.unchanged
            reason = getattr(error, "orig", error)
            raise ImportFailedError(
                f"the storage failed at the rows from line {chunk[0].line} on ({reason}); {saved} rows before "
                "them are saved. When it is mended, import the same file again: what is saved stays as it is.",
                result,
            ) from error
        work.keep(done)
        if progress:
            progress(min(start + CHUNK, len(sheet.rows)), len(sheet.rows))
    if not work.rejections or how.dry_run:
        return work.result(None)
    try:
        rejects = write_rejects(path, rejects_folder or path.parent, sheet, work.rejections)
    except OSError as error:
        raise ImportFailedError(
            f"the good rows are saved, but the {len(work.rejections)} rejected ones could not be written to a "
            f"file ({error}). Name a folder that can be written to and import the same file again.",
            work.result(None),
        ) from error
    return work.result(rejects)


def derived_id(kind: str, name: str, country: str) -> str:
    """Return the id of a profile whose row has none: always the same for the same name and country.

    Case, white space and compatible forms of characters make no difference.
    """
    key = "\n".join(
        " ".join(unicodedata.normalize("NFKC", text).casefold().split()) for text in (name, country)
    )
    digest = hashlib.sha256(f"{kind}\n{key}".encode(errors="replace")).hexdigest()
    return f"{KINDS[kind].aggregate}-{digest[:16]}"


@dataclass
class _Done:
    """What became of one chunk, not yet committed."""

    counts: Counter[str] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    lines_taken_for_empty: dict[tuple[str, str], list[int]] = field(default_factory=dict)


class _Import:
    """The state of one import: what became of the rows so far."""

    def __init__(self, kind: str, sheet: Sheet, clock: Clock, ids: IdSource) -> None:
        self._kind = kind
        self._sheet = sheet
        self._clock = clock
        self._ids = ids
        self._schema = NEW[kind]()
        self._line_of_id: dict[str, int] = {}
        self._counts: Counter[str] = Counter()
        self.rejections: list[Rejection] = []
        self.warnings: list[str] = []
        self._lines_taken_for_empty: dict[tuple[str, str], list[int]] = {}

    def take(self, connection: Connection, rows: Sequence[Row]) -> _Done:
        """Save a chunk of rows, in the caller's transaction.

        A row is rejected before anything of it is written; any other error concerns the whole chunk.
        """
        done = _Done()
        now = self._clock()
        for row in rows:
            try:
                done.counts[self._take_row(connection, row, now, done)] += 1
            except _RejectedError as rejected:
                done.rejections.append(Rejection(row, rejected.reasons))
        return done

    def keep(self, done: _Done) -> None:
        """Count a chunk that is committed."""
        self._counts.update(done.counts)
        self.rejections.extend(done.rejections)
        self.warnings.extend(done.warnings)
        for cell, lines in done.lines_taken_for_empty.items():
            self._lines_taken_for_empty.setdefault(cell, []).extend(lines)

    def result(self, rejects_file: Path | None) -> ImportResult:
        """Return what became of the rows that are committed."""
        return ImportResult(
            added=self._counts["added"],
            changed=self._counts["changed"],
            unchanged=self._counts["unchanged"],
            rejected=len(self.rejections),
            rejects_file=rejects_file,
            warnings=(*self.warnings, *told_of.taken_for_empty(self._lines_taken_for_empty)),
            rejections=tuple(self.rejections),
            reading=self._sheet.reading,
        )

    def _take_row(self, connection: Connection, row: Row, now: datetime, done: _Done) -> str:
        if row.problem:
            raise _RejectedError([row.problem])
        cells = {name: trimmed(cell) for name, cell in self._sheet.values(row).items()}
        told: list[str] = []
        reading = read_cells(self._kind, cells)
        id = self._id_of(row, cells, reading, told)
        current = store.get_profile(connection, self._kind, id) if ID_PATTERN.fullmatch(id) else None
        stored = fields_of(current) if current else None
        if offers_differ(self._kind, stored):
            field_name = OFFERS[self._kind][0]
            told.append(f"line {row.line}: {id} has {field_name} of its own, which are left as they are")
        try:
            fields = self._load(id, reading, current, stored)
            state, became = self._save(connection, id, fields, current, now, self._repeats(reading, stored))
            told.extend(told_of.strangers_parts(self._kind, row, reading.values, current, state))
        except RefusedError as error:
            if error.kind not in (Refusal.INVALID, Refusal.WITHDRAWN):
                raise
            reasons = [f"{fault.field} {fault.sentence()}" for fault in error.faults]
            raise _RejectedError(reasons or [str(error)]) from error
        except EventTooLargeError as error:
            raise _RejectedError([str(error)]) from error
        done.warnings += told
        done.warnings += [told_of.left_out(row, cells, fault) for fault in reading.faults]
        if reading.values.get("country") and country_code(fields["country"]) is None:
            done.warnings.append(told_of.unknown_country(row, cells))
        for name, text in reading.empty:
            done.lines_taken_for_empty.setdefault((name, text), []).append(row.line)
        return became

    def _fields(
        self, values: Mapping[str, Any], current: State | None, stored: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Return the fields that a row asks for; a stranger's contact is kept or replaced whole."""
        if current is None or CONTACT not in parts_by_anyone(current):
            return fields_of_row(self._kind, values, stored)
        fields = fields_of_row(self._kind, values, {**(stored or {}), CONTACT: None})
        if not (fields.get(CONTACT) or {}).get("email"):
            fields[CONTACT] = current[CONTACT]
        return fields

    def _load(
        self, id: str, reading: RowReading, current: State | None, stored: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Return a row's fields, checked as the API checks them, without the cells that cannot be read.

        Raises _RejectedError when a needed cell is one of these, or when what is wrong is in none of the cells.
        """
        kept: dict[str, Any] = {}
        while True:
            self._refuse_needed(reading.faults)
            fields = {**self._fields(reading.values, current, stored), "id": id}
            for name in kept:
                fields.pop(name, None)
            try:
                return {**self._schema.load(fields), **kept}
            except ValidationError as error:
                faults = self._faults(error)
                before = len(reading.values), len(kept)
                for fault, path in faults:
                    self._leave_out(fault, path, reading, stored, kept)
                if before == (len(reading.values), len(kept)):
                    raise _RejectedError(
                        _reasons([*(fault for fault, _ in faults), *reading.faults])
                    ) from error

    def _leave_out(
        self,
        fault: Fault,
        path: str,
        reading: RowReading,
        stored: Mapping[str, Any] | None,
        kept: dict[str, Any],
    ) -> None:
        """Go on without the cell that a fault is about, or with what stands in the profile where no cell is."""
        field_name = path.split(".")[0]
        if fault.field in reading.values or _is_needed(self._kind, fault.field):
            reading.leave_out(fault)
        elif field_name == "contact":
            given = [name for name in reading.values if COLUMNS[self._kind][name].part == "contact"]
            for name in given:
                reading.leave_out(Fault(name, "has no mail address beside it", "write one in contact_email"))
            if not given and stored:
                kept[field_name] = stored[field_name]
        elif stored and field_name in stored:
            # Older versions took what is refused today: it stays until somebody changes it.
            kept[field_name] = stored[field_name]

    def _refuse_needed(self, faults: Sequence[Fault]) -> None:
        needed = [fault for fault in faults if _is_needed(self._kind, fault.field)]
        if needed:
            raise _RejectedError(_reasons([*needed, *faults]))

    def _faults(self, error: ValidationError) -> list[tuple[Fault, str]]:
        """Return what is wrong by column, with the field's path."""
        return [
            (replace(fault, field=column_of_field(self._kind, fault.field)), fault.field)
            for fault in faults_in(error.messages)
        ]

    def _id_of(self, row: Row, cells: Mapping[str, str], reading: RowReading, warnings: list[str]) -> str:
        id = cells.get("id") or ""
        if is_not_known(id):
            reading.empty.append(("id", id))
            id = ""
        if not id:
            self._refuse_needed(reading.faults)
            id = derived_id(self._kind, cells.get("name", ""), cells.get("country", ""))
            warnings.append(f"line {row.line}: has no id; {id} is used, derived from name and country")
        first = self._line_of_id.setdefault(id, row.line)
        if first != row.line:
            raise _RejectedError(
                [
                    f"the id {id} of line {row.line} is on line {first} already, which was read; choose"
                    " another or delete one of the two"
                ]
            )
        return id

    def _save(
        self,
        connection: Connection,
        id: str,
        fields: dict[str, Any],
        current: State | None,
        now: datetime,
        repeats: Repeats,
    ) -> tuple[State, str]:
        if current is None:
            return actions.create(connection, self._kind, fields, now, self._ids, BY_IMPORT), "added"
        state = actions.replace(connection, self._kind, id, fields, now, None, BY_IMPORT, repeats)
        return state, "unchanged" if fields_of(state) == fields_of(current) else "changed"

    def _repeats(self, reading: RowReading, stored: Mapping[str, Any] | None) -> Repeats:
        """Say of a part whether the row's cells say all of it: what they leave as it is is not confirmed by them."""
        offers = OFFERS[self._kind][0]
        of_its_own = offers_differ(self._kind, stored)

        def says_all(part: str, says: Any) -> bool:
            if of_its_own and part.startswith(f"{offers}."):
                return False
            return not told_of.not_said(self._kind, part, says, reading.values)

        return says_all


def _is_needed(kind: str, name: str) -> bool:
    column = COLUMNS[kind].get(name)
    return column is None or column.needed


def _reasons(faults: Iterable[Fault]) -> list[str]:
    """Return each reason once: a cell that fills two fields has its fault twice."""
    return list(dict.fromkeys(f"{fault.field} {fault.sentence()}" for fault in faults))


@contextmanager
def _transaction(database: Database, *, keep: bool) -> Iterator[Connection]:
    """Open a transaction that may write, and undo it at the end unless it is to be kept."""
    with database.writing() as connection:
        if keep:
            yield connection
            return
        trial = connection.begin_nested()
        try:
            yield connection
        finally:
            trial.rollback()


class _RejectedError(Exception):
    """A row that is not taken."""

    def __init__(self, reasons: Iterator[str] | Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(self.reasons))
