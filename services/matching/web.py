"""The web app of matching."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from services.matching.context import put_context
from services.matching.database import open_store
from services.matching.duplicates.actions import Suggestions
from services.matching.duplicates.api import blueprint as duplicates_api
from services.matching.duplicates.pages import blueprint as duplicate_pages
from services.matching.planning.api import blueprint as plans_api
from services.matching.planning.fairness_api import blueprint as fairness_api
from services.matching.planning.fairness_pages import blueprint as fairness_pages
from services.matching.planning.gap_api import blueprint as gaps_api
from services.matching.planning.gap_pages import blueprint as gap_pages
from services.matching.planning.pages import blueprint as plan_pages
from services.matching.policies.api import blueprint as policies_api
from services.matching.policies.pages import blueprint as policy_pages
from services.matching.policies.previews import Previews
from services.matching.programmes.api import blueprint as programmes_api
from services.matching.programmes.pages import blueprint as programme_pages
from services.matching.review.api import blueprint as api
from services.matching.review.api import changes as changes_api
from services.matching.review.api import exclusions as exclusions_api
from services.matching.review.pages import blueprint as pages
from services.matching.review.pages import exclusions as exclusion_pages
from services.matching.text.domain.thesaurus import thesaurus_with
from services.matching.text.engines import make_engine
from services.matching.why_not.api import blueprint as why_not_api
from services.matching.why_not.pages import blueprint as why_not_pages
from shared.clock import Clock, system_clock
from shared.ids import IdSource, random_ids
from shared.settings.registry import Settings
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
    app.extensions["handslag-duplicates"] = Suggestions()
    previews = Previews(
        database,
        # Vectors are computed by workers; what has none yet is read by its words.
        lambda: make_engine(
            settings.text_engine, thesaurus_with(settings.thesaurus), database, computes=False
        ),
    )
    app.extensions["handslag-previews"] = previews
    put_context(app, database, previews.engine)
    return app
