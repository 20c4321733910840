"""The commands of who runs Handslag: `status`, `dead …`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from deploy.services import SERVICES
from shared.command_line import answer, fail, json_option, own_settings

if TYPE_CHECKING:
    from deploy.operations.dead import LetterName

yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
service_option = click.option("--service", type=click.Choice(tuple(SERVICES)), help="Only this service's.")


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Show what waits where on this machine, and what to do about it; exits with 1 when something needs attention."""
    from deploy.operations import status_lines
    from deploy.operations.machine_state import read_machine_state
    from shared.clock import system_clock

    lines = status_lines.lines_of(read_machine_state(own_settings()), system_clock())
    answer(status_lines.as_json(lines), as_json, status_lines.as_table(lines))
    sys.exit(1 if any(line.attention for line in lines) else 0)


@click.group()
def dead() -> None:
    """Look after dead letters: events that could not have their effect. Each is named SERVICE:NUMBER."""


@dead.command(name="list")
@service_option
@json_option
def dead_list(service: str | None, as_json: bool) -> None:
    """List the dead letters that wait to be settled, and why they are dead."""
    from deploy.operations.dead import list_letters, summary

    with _told():
        found = [summary(name, letter) for name, letter in list_letters(own_settings(), _services(service))]
    rows = ["{id}  {topic}/{key}  {failed_at}  {reason}".format_map(letter) for letter in found]
    answer({"dead": len(found), "letters": found}, as_json, "\n".join(rows) or "There are no dead letters.")


@dead.command(name="show")
@click.argument("letter")
@json_option
def dead_show(letter: str, as_json: bool) -> None:
    """Show all of the dead letter LETTER (SERVICE:NUMBER). It may hold personal data."""
    from deploy.operations.dead import as_text, details, find_letter

    name = _name(letter)
    with _told():
        shown = details(name, find_letter(own_settings(), name))
    answer(shown, as_json, as_text(shown))


@dead.command(name="replay")
@click.argument("letter", required=False)
@click.option("--all", "every", is_flag=True, help="Replay all that wait to be settled.")
@service_option
@json_option
def dead_replay(letter: str | None, every: bool, service: str | None, as_json: bool) -> None:
    """Replay the dead letter LETTER (SERVICE:NUMBER), or all of them: their handlers have them again.

    A letter whose aggregate has moved on ends as superseded. Exits with 1 when one fails again.
    """
    from deploy.operations.dead import list_letters, replay_letters
    from shared.clock import system_clock

    if (letter is None) != every or (letter is not None and service):
        raise click.UsageError("name one dead letter, or give --all (and --service for one service's)")
    settings = own_settings()
    with _told():
        if letter is not None:
            names = [_name(letter)]
        else:
            names = [name for name, _ in list_letters(settings, _services(service))]
        done = list(replay_letters(settings, names, system_clock))
    rows = [{"id": str(one.name), "outcome": one.outcome, "reason": one.reason} for one in done]
    count = {word: sum(one.outcome == word for one in done) for word in ("replayed", "superseded", "failed")}
    text = [f"{row['id']}  {row['outcome']}  {row['reason']}".rstrip() for row in rows]
    text.append("{replayed} replayed, {superseded} superseded, {failed} failed".format_map(count))
    answer({**count, "letters": rows}, as_json, "\n".join(text))
    sys.exit(1 if count["failed"] else 0)


@dead.command(name="discard")
@click.argument("letter")
@click.option("--reason", required=True, help="Why it is given up; it is kept with the letter.")
@yes_option
@json_option
def dead_discard(letter: str, reason: str, yes: bool, as_json: bool) -> None:
    """Discard the dead letter LETTER (SERVICE:NUMBER); it is kept, with the reason."""
    from deploy.operations.dead import discard_letter, find_letter
    from shared.clock import system_clock

    if not reason.strip():
        raise click.UsageError("--reason must say why the letter is given up")
    name, settings = _name(letter), own_settings()
    with _told():
        found = find_letter(settings, name)
        if not yes:
            said = f"{name} ({found.record.topic}/{found.record.key}: {found.reason}) will never have its effect."
            click.confirm(f"{said} Discard it?", abort=True, err=True)
        discard_letter(settings, name, reason, system_clock)
    answer({"id": str(name), "status": "discarded", "reason": reason}, as_json, f"{name} is discarded.")


def _services(service: str | None) -> tuple[str, ...]:
    return (service,) if service else tuple(SERVICES)


def _name(text: str) -> LetterName:
    from deploy.operations.dead import read_name

    try:
        return read_name(text)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@contextmanager
def _told() -> Iterator[None]:
    """End the command with exit code 1, and say why, when what it works on is away or not there."""
    from shared.messaging.dead_letters import NoSuchDeadLetterError
    from shared.storage.opening import DatabaseAwayError

    try:
        yield
    except (DatabaseAwayError, NoSuchDeadLetterError) as error:
        fail(str(error))
