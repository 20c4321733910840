"""Where a restore puts things, and whether these places are empty."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

import sqlalchemy as sa

from deploy.operations.backup_folder import MAILBOX, BackupError
from deploy.operations.databases import open_as_set
from deploy.services import SERVICES
from shared.messaging.relay_lock import has_relay
from shared.service import Service
from shared.settings.registry import Settings, hide_password
from shared.storage.copying import row_counts

OWN_ROWS = {"pool", "relay_fence", "holds"}
"""Tables that have a row in a database that nothing was ever put in."""


def is_sqlite(settings: Settings, service: Service) -> bool:
    """Say whether a service's database is a file."""
    return service.database_url(settings).startswith("sqlite:")


def sqlite_path(settings: Settings, service: Service) -> Path:
    """Return the file of a service's database."""
    return Path(str(sa.make_url(service.database_url(settings)).database))


def check_places(settings: Settings, begun: bool) -> None:
    """Raise BackupError that names all that is in the way of a restore, and the fix.

    Where a restore had `begun`, what is there came from it and is not in the way; a work process always is.
    """
    found = [] if begun else [*_files(settings)]
    for service in SERVICES.values():
        if is_sqlite(settings, service):
            continue
        url = service.database_url(settings)
        with closing(open_as_set(settings, service)) as database:
            if has_relay(database):
                found.append(f"the database {hide_password(url)} has a work process that is active: stop it")
                continue
            with database.reading() as connection:
                counts = row_counts(connection, service.parts.metadata)
        filled = [f"{number} {name}" for name, number in counts.items() if number and name not in OWN_ROWS]
        if filled and not begun:
            found.append(f"the database {hide_password(url)} holds {', '.join(filled)}: name a new one")
    if found:
        raise BackupError(
            "a restore needs an empty machine. In the way: "
            + "; ".join(found)
            + ". Nothing was changed. Files are moved away, for example with their folder, or another "
            "HANDSLAG_STATE_DIR is set"
        )


def _files(settings: Settings) -> list[str]:
    paths = [sqlite_path(settings, service) for service in SERVICES.values() if is_sqlite(settings, service)]
    there = [path for path in paths if path.exists()]
    if settings.event_log.startswith("sqlite:///"):
        events = Path(unquote(settings.event_log.removeprefix("sqlite:///")))
        there += sorted(events.glob(f"{settings.topic_prefix}.*.sqlite"))[:1]
    there += sorted((settings.state_dir / MAILBOX).glob("*.eml"))[:1]
    return [str(path) for path in there]
