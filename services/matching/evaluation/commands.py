"""The command `evaluate`: match quality on labelled data."""

from __future__ import annotations

from pathlib import Path

import click

from shared.command_line import answer, fail, json_option, own_settings

folder = click.Path(exists=True, file_okay=False, path_type=Path)
existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--data", type=folder, help="Folder with the three files by their usual names.")
@click.option("--companies", type=existing_file)
@click.option("--partners", type=existing_file)
@click.option("--relevance", type=existing_file)
@click.option("--unserved", type=existing_file, help="Needs judged as served or not (need,served).")
@click.option("--blank", is_flag=True, help="Leave out the focus areas that were given.")
@json_option
def evaluate(
    data: Path | None,
    companies: Path | None,
    partners: Path | None,
    relevance: Path | None,
    unserved: Path | None,
    blank: bool,
    as_json: bool,
) -> None:
    """Measure match quality on labelled data, beside simple baselines and with each part left out."""
    from services.matching.evaluation.labelled_files import EvaluateError, evaluate_files, table

    files = {
        name: given or (data / f"{name}.csv" if data else None)
        for name, given in (("companies", companies), ("partners", partners), ("relevance", relevance))
    }
    missing = [f"--{name}" for name, path in files.items() if path is None]
    if missing:
        raise click.UsageError(f"give --data, or {', '.join(missing)}")
    if unserved or (data and (data / "unserved.csv").exists()):
        files["unserved"] = unserved or (data / "unserved.csv" if data else None)
    settings = own_settings()
    given = {name: path for name, path in files.items() if path}
    try:
        result = evaluate_files(given, blank, settings.text_engine, settings.thesaurus)
    except (EvaluateError, ValueError, OSError) as error:
        fail(str(error))
    answer(result, as_json, table(result))
