"""The commands that keep and bring back: `backup`, `restore`, `reconcile`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from shared.command_line import answer, fail, json_option, own_settings, progress, storage_problem
from shared.settings.registry import Settings

any_folder = click.Path(file_okay=False, path_type=Path)
there = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=any_folder)
@click.option(
    "--keep",
    metavar="DAYS",
    type=click.IntRange(1, 35),
    help="Make FOLDER/TIME, and once it is checked delete the backups in FOLDER that are older (at most 35 days).",
)
@click.option("--check", is_flag=True, help="Only check the backup that is there.")
@json_option
def backup(folder: Path, keep: int | None, check: bool, as_json: bool) -> None:
    """Copy all that has to be kept into FOLDER, while everything serves; it holds personal data.

    Databases on SQLite and PostgreSQL, what is newer in the event log, the built-in mailbox. Settings and secrets are
    not in it.
    """
    from deploy.operations import backup as making
    from deploy.operations.backup_folder import check_backup
    from shared.clock import system_clock

    if check and keep:
        raise click.UsageError("give --check or --keep, not both")
    settings, deleted = own_settings(), list[str]()
    with _told(settings):
        if check:
            manifest = check_backup(folder)
        elif keep:
            folder, manifest, deleted = making.make_kept_backup(
                settings, folder, keep, system_clock, progress()
            )
        else:
            manifest = making.make_backup(settings, folder, system_clock, progress())
    rows = {service: sum(told["rows"].values()) for service, told in manifest["services"].items()}
    size = sum(file["bytes"] for file in manifest["files"].values())
    text = f"{folder}: made at {manifest['made_at'][:19]}Z by {manifest['program']}, whole, {size / 1e6:.1f} MB\n"
    text += ", ".join(f"{number} rows of {service}" for service, number in rows.items())
    text += f", {manifest['events']} newer events, {manifest['mails']} mails in the mailbox"
    text += "".join(f"\ndeleted: {name}" for name in deleted)
    told = {name: manifest[name] for name in ("made_at", "program", "events", "mails")}
    answer({"folder": str(folder), **told, "rows": rows, "bytes": size, "deleted": deleted}, as_json, text)


@click.command()
@click.argument("folder", type=there)
@click.option(
    "--erased",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The ledger of what was erased since the backup.  [default: erased.jsonl in the state directory]",
)
@click.option(
    "--send-queued",
    is_flag=True,
    help="Send the mails that were queued, though they may have been sent since.",
)
@json_option
def restore(folder: Path, erased: Path | None, send_queued: bool, as_json: bool) -> None:
    """Bring the backup in FOLDER onto this machine, which must be empty, on the engines that the settings name.

    A Kafka log may hold what it held: what is newer there is taken up, what it lacks is published again.
    """
    from deploy.operations.restore import restore_backup
    from shared.clock import system_clock

    settings = own_settings()
    with _told(settings):
        done = restore_backup(settings, folder, system_clock, erased, send_queued, progress())
    found = done.reconciled
    text = (
        f"Restored as of {done.made_at[:19]}Z: {found.adopted} brought up to a newer state, "
        f"{found.erased} erased again, {found.published} to publish, {done.held} mails held back, "
        f"{done.mails} mails in the mailbox.\n"
        "Start `handslag serve`, or the services' processes; `handslag status` says when all has arrived."
    )
    answer({"made_at": done.made_at, **vars(found), "held": done.held, "mails": done.mails}, as_json, text)


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def reconcile(yes: bool, as_json: bool) -> None:
    """Put databases that were brought back by other means in order with the event log, while nothing works on them.

    For a database that was restored with PostgreSQL's own tools or by its host, and for an event log that was
    lost. `handslag restore` does it by itself.
    """
    from deploy.operations.restore_in_place import reconcile_in_place
    from shared.clock import system_clock

    settings = own_settings()
    if not yes:
        click.confirm("All web and work processes must be stopped. Are they?", abort=True, err=True)
    with _told(settings):
        found = reconcile_in_place(settings, system_clock)
    text = (
        f"{found.adopted} brought up to a newer state, {found.erased} erased again, {found.published} to publish. "
        "Start the processes again."
    )
    answer(vars(found), as_json, text)


@contextmanager
def _told(settings: Settings) -> Iterator[None]:
    """End the command with exit code 1, and say why, when it cannot be done."""
    import sqlalchemy.exc

    from deploy.operations.backup_folder import BackupError
    from deploy.operations.erasure_ledger import LedgerError
    from deploy.operations.restore_mark import UnfinishedRestoreError
    from shared.event_log.port import EventLogError
    from shared.storage.opening import DatabaseAwayError

    try:
        yield
    except (BackupError, LedgerError, DatabaseAwayError, EventLogError, UnfinishedRestoreError) as error:
        fail(str(error))
    except sqlalchemy.exc.DBAPIError as error:
        fail(f"a database does not do what it is asked: {error.orig}")
    except OSError as error:
        fail(storage_problem(settings, error))
