"""The commands of who looks after matching: `thesaurus check`, `thesaurus unknown`, `rebuild matching`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from shared.command_line import answer, fail, json_option, own_settings, progress

existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def thesaurus() -> None:
    """Look after the concepts that texts are read by (docs/thesaurus.md). HANDSLAG_THESAURUS names your own file."""


@thesaurus.command(name="check")
@click.argument("file", required=False, type=existing_file)
@json_option
def check(file: Path | None, as_json: bool) -> None:
    """Check FILE as concepts of your own on top of the standard ones; without FILE, what HANDSLAG_THESAURUS names.

    Names every fault with its concept, its field and the fix, and exits with 1 when there is one. Warns where no
    stem finds the own name of a concept of yours.
    """
    from services.matching.text.domain.concept_engine import ConceptEngine
    from services.matching.text.domain.thesaurus import BadThesaurusError, read_thesaurus, standard_thesaurus
    from services.matching.text.domain.unread_names import unread_names
    from shared.focus_areas import read_focus_areas

    settings = own_settings()
    own = file or (Path(settings.thesaurus) if settings.thesaurus else None)
    try:
        found = read_thesaurus(own=own, area_codes=list(read_focus_areas()))
    except BadThesaurusError as error:
        answer({"good": False, "problems": error.problems}, as_json, "\n".join(error.problems))
        sys.exit(1)
    except OSError as error:
        fail(str(error))
    engine = ConceptEngine(found)
    warnings = [
        f"concept {concept!r}: names.{language}: no stem finds {name!r}; add one"
        for concept, language, name in unread_names(engine)
        if found.concepts[concept] != standard_thesaurus().concepts.get(concept)
    ]
    stems = Counter(language for one in found.concepts.values() for language, _ in one.stems)
    counts = dict(stems.most_common())
    result = {
        "good": True,
        "concepts": len(found.concepts),
        "stems": counts,
        "engine": engine.name,
        "warnings": warnings,
        "problems": [],
    }
    spoken = ", ".join(f"{language} {count}" for language, count in counts.items())
    text = [*warnings, f"{len(found.concepts)} concepts in order. Stems: {spoken}. Engine: {engine.name}"]
    answer(result, as_json, "\n".join(text))


@thesaurus.command(name="unknown")
@click.option("--companies", type=existing_file, help="A CSV file as for import, instead of what runs here.")
@click.option("--partners", type=existing_file, help="A CSV file as for import, instead of what runs here.")
@click.option("--most", default=100, show_default=True, type=click.IntRange(1), help="Words to list.")
@click.option(
    "--least", default=2, show_default=True, type=click.IntRange(1), help="Organisations that use a word."
)
@json_option
def unknown(companies: Path | None, partners: Path | None, most: int, least: int, as_json: bool) -> None:
    """List words that texts use and no concept knows, each with an example; common words are left out."""
    from services.matching.text.domain.concept_engine import engine_by_words
    from services.matching.text.domain.thesaurus import BadThesaurusError, thesaurus_with
    from services.matching.text.domain.unknown_words import unknown_words
    from services.matching.upkeep.thesaurus_texts import texts_of_file, texts_of_state
    from shared.sheets.sheet import FileError
    from shared.storage.opening import DatabaseAwayError

    settings = own_settings()
    try:
        engine = engine_by_words(thesaurus_with(settings.thesaurus))
        files = [file for file in (companies, partners) if file]
        texts = (
            [text for file in files for text in texts_of_file(file)] if files else texts_of_state(settings)
        )
    except (FileError, BadThesaurusError, DatabaseAwayError, OSError) as error:
        fail(str(error))
    found = [one for one in unknown_words(texts, engine) if one.organisations >= least]
    rows = [
        {
            "word": one.word,
            "organisations": one.organisations,
            "languages": list(one.languages),
            "example": one.example,
        }
        for one in found[:most]
    ]
    result = {"organisations": len({text.organisation for text in texts}), "found": len(found), "words": rows}
    lines = [
        f"{one.organisations:4}  {one.word:28} {'/'.join(one.languages):8} {one.example}"
        for one in found[:most]
    ]
    if len(found) > most:
        lines.append(f"… and {len(found) - most} more (--most)")
    answer(
        result,
        as_json,
        "\n".join(lines)
        or f"No word that {least} organisations or more use is unknown. --least 1 lists them all.",
    )


@click.group()
def rebuild() -> None:
    """Make again what is derived from events."""


@rebuild.command(name="matching")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def rebuild_matching(yes: bool, as_json: bool) -> None:
    """Make matching's projection and the reports of open requests again, from the event log.

    Decisions are kept. It works while everything serves.
    """
    from services.matching.upkeep.rebuild_watch import open_reports, rebuild_and_watch
    from shared.clock import system_clock

    settings = own_settings()
    with _told():
        if not yes:
            click.confirm(
                f"The reports of open requests ({open_reports(settings)}) are not to be seen until they are made "
                "again; decisions are kept. Go on?",
                abort=True,
                err=True,
            )
        done = rebuild_and_watch(settings, system_clock, progress())
    text = f"{done.reports} reports emptied, {done.events} events to read again. " + (
        f"All is made again after {done.seconds} s."
        if done.done
        else "The work process of matching does the rest: start it (`handslag serve`, or `handslag work matching`) "
        "if it does not run, and see `handslag status`. The reports come back when all events are read."
    )
    answer(vars(done), as_json, text)


@contextmanager
def _told() -> Iterator[None]:
    """End the command with exit code 1, and say why, when what a rebuild works on is away."""
    from shared.event_log.port import EventLogError, GroupInUseError
    from shared.storage.opening import DatabaseAwayError

    try:
        yield
    except GroupInUseError as error:
        fail(
            f"{error}. Nothing was changed: an earlier rebuild is under way or has only just ended. Run this again "
            "in a minute; `handslag status` says what is left."
        )
    except (DatabaseAwayError, EventLogError) as error:
        fail(str(error))
