"""The commands for a person's or organisation's rights: `export`, `erase`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from shared.command_line import answer, fail, json_option, own_settings, progress, storage_problem
from shared.rights import APART
from shared.settings.registry import Settings

kind_option = click.option(
    "--kind",
    type=click.Choice(("company", "partner")),
    help="Which, where a company and a partner share the id.",
)


@click.command()
@click.argument("id")
@kind_option
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@json_option
def export(id: str, kind: Any, output: Path | None, as_json: bool) -> None:
    """Export all that is held of the company or partner ID, as one JSON document.

    ID may be the mail address of its contact, or of a submission that is in no record yet.
    The document holds personal data: a file is its owner's alone.
    """
    from deploy.operations.databases import opened_databases
    from deploy.operations.export import counts, find_organisation, held_apart, held_of
    from shared.clock import system_clock

    settings = own_settings()
    with _told(settings), opened_databases(settings) as databases:
        apart = None if kind else held_apart(databases, id, system_clock())
        held = apart or held_of(databases, settings, *find_organisation(databases, id, kind), system_clock())
        if output is not None:
            with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(json.dumps(held, ensure_ascii=False, indent=2) + "\n")
    if output is None:
        answer(held, as_json, json.dumps(held, ensure_ascii=False, indent=2))
        return
    told = {"file": str(output), "kind": held["kind"], "id": held["id"], **counts(held)}
    answer(told, as_json, f"{output}: {held['kind']} {held['id']}, {_listed(counts(held))}")


@click.command()
@click.argument("id")
@kind_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--wait",
    metavar="SECONDS",
    type=click.IntRange(0),
    default=60,
    show_default=True,
    help="How long to watch.",
)
@json_option
def erase(id: str, kind: Any, yes: bool, wait: int, as_json: bool) -> None:
    """Erase the company or partner ID everywhere, for good; a partner's requests and visits go with it.

    Introductions and reports of others stay, without its name and words. The work processes must run: the command
    watches until all is gone, and says what is left. Run it again for an ID that is erased already to look after it.
    ID may be a submission's, or a mail address that only submissions have.
    """
    from deploy.operations.databases import opened_databases
    from deploy.operations.erase import erase_apart, erase_organisation
    from deploy.operations.export import counts, held_apart, held_of, to_erase
    from shared.clock import system_clock

    settings = own_settings()
    with _told(settings), opened_databases(settings) as databases:
        apart = None if kind else held_apart(databases, id, system_clock())
        if apart:
            chosen, found, held = APART, id, apart
        else:
            organisation = to_erase(databases, id, kind)
            (chosen, found), held = organisation, held_of(databases, settings, *organisation, system_clock())
        if not yes:
            click.confirm(
                f"{chosen} {found} will be gone for good: {_listed(counts(held))}. Erase it?",
                abort=True,
                err=True,
            )
        if apart:
            done = erase_apart(settings, databases, id, system_clock)
        else:
            done = erase_organisation(settings, databases, *organisation, system_clock, wait, progress())
    lines = [f"{chosen} {found} is erased: {_listed(counts(held))}."]
    lines += [f"left: {line}" for line in done.left]
    if done.left:
        lines.append(
            "The work processes do the rest: start them if they do not run, then run this again to see."
        )
    lines += [f"later: {line}" for line in done.later]
    named_by = held.get("named_by", [])
    lines += [f"to look at: {one['kind']} {one['id']} names it in its own words" for one in named_by]
    result = {
        "kind": chosen,
        "id": found,
        "erased": counts(held),
        "done": not done.left,
        "left": list(done.left),
        "later": list(done.later),
        "named_by": named_by,
    }
    answer(result, as_json, "\n".join(lines))


def _listed(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in numbers.items())


@contextmanager
def _told(settings: Settings) -> Iterator[None]:
    """End the command with exit code 1, and say why, when it cannot be done."""
    import sqlalchemy.exc

    from deploy.operations.export import AmbiguousError, UnknownError
    from shared.storage.opening import DatabaseAwayError

    try:
        yield
    except (UnknownError, AmbiguousError, DatabaseAwayError) as error:
        fail(str(error))
    except sqlalchemy.exc.DBAPIError as error:
        fail(f"a database does not do what it is asked: {error.orig}")
    except OSError as error:
        fail(storage_problem(settings, error))
