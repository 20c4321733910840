"""The web app of matching: the blueprints that the features offer, over one database."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from services.matching.context import put_context
from services.matching.database import open_store
from services.matching.duplicates import api as duplicates_api
from services.matching.duplicates import pages as duplicates_pages
from services.matching.planning import api as planning_api
from services.matching.planning import pages as planning_pages
from services.matching.policies import api as policies_api
from services.matching.policies import pages as policies_pages
from services.matching.policies.views import Previews, put_previews
from services.matching.programmes import api as programmes_api
from services.matching.programmes import pages as programmes_pages
from services.matching.review import api as review_api
from services.matching.review import pages as review_pages
from services.matching.tables import ended_sessions
from services.matching.text.domain.thesaurus import thesaurus_with
from services.matching.text.engines import make_engine
from services.matching.why_not import api as why_not_api
from services.matching.why_not import pages as why_not_pages
from shared.clock import Clock, system_clock
from shared.ids import IdSource, random_ids
from shared.settings.registry import Settings
from shared.storage.ended_sessions import EndedSessions
from shared.web.app import create_service_app

API = (
    *review_api.BLUEPRINTS,
    *why_not_api.BLUEPRINTS,
    *policies_api.BLUEPRINTS,
    review_api.changes,
    *planning_api.BLUEPRINTS,
    *duplicates_api.BLUEPRINTS,
    *programmes_api.BLUEPRINTS,
)
"""In the order in which the OpenAPI document tells of them."""
PAGES = (
    *review_pages.BLUEPRINTS,
    *why_not_pages.BLUEPRINTS,
    *policies_pages.BLUEPRINTS,
    *planning_pages.BLUEPRINTS,
    *duplicates_pages.BLUEPRINTS,
    *programmes_pages.BLUEPRINTS,
)


def create_app(settings: Settings, clock: Clock = system_clock, ids: IdSource = random_ids) -> Flask:
    """Make the app over the database that the settings name.

    Raises sqlalchemy.exc.SQLAlchemyError or OSError when the database cannot be opened, RuntimeError when no
    secret key is set.
    """
    database = open_store(settings.matching_database)
    app = create_service_app(
        "matching",
        Path(__file__).parent,
        settings,
        clock,
        ids,
        api=API,
        page_blueprints=PAGES,
        ended=EndedSessions(database, ended_sessions, clock),
    )
    previews = Previews(
        database,
        # Vectors are computed by workers; what has none yet is read by its words.
        lambda: make_engine(
            settings.text_engine, thesaurus_with(settings.thesaurus), database, computes=False
        ),
    )
    put_previews(app, previews)
    put_context(app, database, previews.engine)
    return app
