"""The commands of who looks after mails: `mails retry`."""

from __future__ import annotations

import click

from shared.command_line import answer, fail, json_option, own_settings


@click.group()
def mails() -> None:
    """Look after the mails that have not gone out."""


@mails.command(name="retry")
@click.option("--reason", help="Only those with this reason, as `handslag status` shows it.")
@json_option
def retry(reason: str | None, as_json: bool) -> None:
    """Have all mails that failed, and all that are queued for later, tried again now.

    For after a setting or the mail server was mended. Mails that were sent or cancelled stay as they are; mails without
    a contact wait for one. The work process of notifications sends them.
    """
    from services.notifications.deliveries.actions import retry_deliveries
    from services.notifications.tables import metadata
    from shared.clock import system_clock
    from shared.storage.opening import DatabaseAwayError, opened

    url = own_settings().notifications_database
    try:
        with opened(url, metadata, "notifications_database") as database, database.writing() as connection:
            number = retry_deliveries(connection, system_clock(), reason)
    except DatabaseAwayError as error:
        fail(str(error))
    answer(
        {"retried": number},
        as_json,
        f"{number} mails are tried again now; `handslag status` says what becomes of them.",
    )
