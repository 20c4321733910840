"""The matching service, as the deployment sees it."""

from __future__ import annotations

from services.matching.commands import report
from services.matching.evaluation.commands import evaluate
from services.matching.topics_read import READS
from services.matching.upkeep.commands import rebuild, thesaurus
from services.matching.why_not.commands import why_not
from shared.lasting import making_what_lasts
from shared.service import Link, Parts, Service
from shared.settings.registry import Settings


def _load() -> Parts:
    # Only here: the parts take 1.0 s of CPU to import, the command line without them 0.3 s.
    with making_what_lasts():
        from services.matching.parts import PARTS

    return PARTS


def _problem(settings: Settings, runs: bool) -> str | None:
    if not settings.thesaurus and settings.text_engine in {"auto", "concepts"}:
        return None
    # Only here: it brings numpy, and only where the settings name something is there anything to check.
    from services.matching.text.settings_check import text_engine_problem, thesaurus_problem

    return thesaurus_problem(settings) or (text_engine_problem(settings) if runs else None)


SERVICE = Service(
    name="matching",
    paths=("/",),
    database="matching_database",
    owns=("introductions",),
    reads=READS,
    navigation=(
        Link("/", "Home"),
        Link("/reports", "Match reports"),
        Link("/plans", "Plans"),
        Link("/policies", "Scoring"),
        Link("/duplicates", "Duplicates"),
    ),
    commands=(evaluate, rebuild, report, thesaurus, why_not),
    problem=_problem,
    load=_load,
)
