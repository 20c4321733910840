"""`python -m shared.storage.migrations MODULE "what it does"`: write the step from the last one to a module's tables.

MODULE has the service's `metadata`, as services.notifications.tables. Read the step before it is committed: what is
renamed looks like something dropped and something added.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from alembic import command

from shared.storage.engine import open_database
from shared.storage.migrations import FOLDER, newest
from shared.storage.migrations.configuration import configured


def write_step(metadata: sa.MetaData, message: str) -> None:
    """Write the next step into the folder of a metadata, found by comparing with a database at the last one."""
    folder: Path = metadata.info[FOLDER]
    with TemporaryDirectory() as temporary:
        database = open_database(f"sqlite:///{temporary}/last.sqlite", metadata)
        number = f"{int(newest(folder)) + 1:04}"
        with database.writing() as connection:
            config = configured(folder, connection=connection, metadata=metadata)
            command.revision(config, message, autogenerate=True, rev_id=number)
        database.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write_step(import_module(sys.argv[1]).metadata, sys.argv[2])
