"""Bringing a folder of sample organisations in: import, contacts where there are none, a request a partner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from services.profiles.importing.importer import ImportFailedError, import_file
from services.profiles.importing.match_requests import create_request
from services.profiles.organisations import actions
from services.profiles.organisations import store as profiles_store
from shared.clock import Clock
from shared.ids import IdSource
from shared.service import TakeInError, TakenIn
from shared.sheets.sheet import FileError
from shared.storage.engine import Database

SAMPLE_DOMAIN = "sample.invalid"
PAGE = 100


def take_in(
    database: Database, folder: Path, rejects: Path, clock: Clock, ids: IdSource, show: Callable[[str], None]
) -> TakenIn:
    """Import `companies.csv` and `partners.csv` of a folder, and make one match request per partner.

    An organisation without a contact gets `ID@sample.invalid`, so only for data that nobody is written to
    about. What is there already stays as it is. Raises TakeInError for a file that cannot be imported.
    """
    rejected, files = 0, []
    for kind in ("companies", "partners"):
        try:
            result = import_file(database, kind, folder / f"{kind}.csv", clock, ids, None, rejects)
        except (FileError, ImportFailedError) as error:
            raise TakeInError(str(error)) from error
        show(
            f"{kind}: {result.added + result.changed + result.unchanged} taken in, {result.rejected} rejected"
        )
        rejected += result.rejected
        files += [result.rejects_file] if result.rejects_file else []
        for state in _active(database, kind):
            if not state.get("contact"):
                _give_contact(database, kind, state, clock())
    partners = _active(database, "partners")
    for partner in partners:
        _request(database, partner, clock(), ids)
    counts = {kind: len(_active(database, kind)) for kind in ("companies", "requests")}
    return TakenIn(counts["companies"], len(partners), counts["requests"], rejected, tuple(files))


def request_id_of(partner_id: str) -> str:
    """Return the id of the one request that a sample partner makes."""
    return f"R-{partner_id}"[:64]


def _give_contact(database: Database, kind: str, state: dict[str, Any], now: datetime) -> None:
    fields = {**state, "contact": {"email": f"{state['id']}@{SAMPLE_DOMAIN}"}}
    for kept in ("id", "version", "status", "updated_at"):
        fields.pop(kept)
    with database.writing() as connection:
        actions.replace(connection, kind, state["id"], fields, now, None)


def _request(database: Database, partner: dict[str, Any], now: datetime, ids: IdSource) -> None:
    wanted = {"id": request_id_of(partner["id"]), "partner_id": partner["id"]}
    with database.writing() as connection:
        if profiles_store.get_profile(connection, "requests", wanted["id"]) is None:
            create_request(connection, wanted, now, ids)


def _active(database: Database, kind: str) -> list[dict[str, Any]]:
    states: list[dict[str, Any]] = []
    with database.reading() as connection:
        for page in range(1, 1_000_000):
            found = profiles_store.list_profiles(
                connection, kind, profiles_store.Wanted(page=page, page_size=PAGE)
            )
            states += found
            if len(found) < PAGE:
                break
    return [state for state in states if state["status"] != "withdrawn"]
