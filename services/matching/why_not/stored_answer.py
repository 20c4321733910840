"""Why a company was not chosen, from the database that the settings name."""

from __future__ import annotations

from typing import Any

from services.matching.database import open_store
from services.matching.text.domain.thesaurus import thesaurus_with
from services.matching.text.engines import at_hand, make_engine
from services.matching.why_not.views import answer
from shared.settings.registry import Settings


def read_why_not(settings: Settings, request_id: str, company_id: str) -> dict[str, Any]:
    """Say why a company was not chosen for a request, as the API does.

    Texts are read as web processes do: by the vectors that a worker has made. Raises
    services.matching.why_not.views.UnknownError when there is no such report or company.
    """
    database = open_store(settings.matching_database)
    try:
        thesaurus = thesaurus_with(settings.thesaurus)
        engine = at_hand(make_engine(settings.text_engine, thesaurus, database, computes=False))
        with database.reading() as connection:
            return answer(connection, request_id, company_id, engine)
    finally:
        database.close()
