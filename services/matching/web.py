"""The web app of matching."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from services.matching.api.changes import blueprint as changes_api
from services.matching.api.duplicates import blueprint as duplicates_api
from services.matching.api.exclusions import blueprint as exclusions_api
from services.matching.api.fairness import blueprint as fairness_api
from services.matching.api.gaps import blueprint as gaps_api
from services.matching.api.plans import blueprint as plans_api
from services.matching.api.policies import blueprint as policies_api
from services.matching.api.programmes import blueprint as programmes_api
from services.matching.api.routes import blueprint as api
from services.matching.api.why_not import blueprint as why_not_api
from services.matching.domain.text.thesaurus import thesaurus_with
from services.matching.duplicates import Suggestions
from services.matching.pages.duplicates import blueprint as duplicate_pages
from services.matching.pages.exclusions import blueprint as exclusion_pages
from services.matching.pages.fairness import blueprint as fairness_pages
from services.matching.pages.gaps import blueprint as gap_pages
from services.matching.pages.plans import blueprint as plan_pages
from services.matching.pages.policies import blueprint as policy_pages
from services.matching.pages.programmes import blueprint as programme_pages
from services.matching.pages.routes import blueprint as pages
from services.matching.pages.why_not import blueprint as why_not_pages
from services.matching.previews import Previews
from services.matching.store import open_store
from services.matching.texts.engines import make_engine
from shared.clock import Clock, system_clock
from shared.ids import IdSource, random_ids
from shared.settings import Settings
from shared.web.app import create_service_app


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
        api=[
            api,
            exclusions_api,
            why_not_api,
            policies_api,
            changes_api,
            plans_api,
            gaps_api,
            fairness_api,
            duplicates_api,
            programmes_api,
        ],
        page_blueprints=[
            pages,
            exclusion_pages,
            why_not_pages,
            policy_pages,
            plan_pages,
            gap_pages,
            fairness_pages,
            duplicate_pages,
            programme_pages,
        ],
    )
    app.extensions["handslag-database"] = database
    app.extensions["handslag-duplicates"] = Suggestions()
    app.extensions["handslag-previews"] = Previews(
        database,
        # Vectors are computed by workers; what has none yet is read by its words.
        lambda: make_engine(
            settings.text_engine, thesaurus_with(settings.thesaurus), database, computes=False
        ),
    )
    return app
