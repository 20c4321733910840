"""The web app of profiles."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from services.profiles.database import open_store
from services.profiles.organisations.api import blueprints
from services.profiles.problems import handle_refusals
from shared.clock import Clock, system_clock
from shared.ids import IdSource, random_ids
from shared.settings.registry import Settings
from shared.web.app import create_service_app


def create_app(settings: Settings, clock: Clock = system_clock, ids: IdSource = random_ids) -> Flask:
    """Make the app over the database that the settings name.

    Raises sqlalchemy.exc.SQLAlchemyError or OSError when the database cannot be opened, RuntimeError
    when no secret key is set.
    """
    database = open_store(settings.profiles_database)
    app = create_service_app(
        "profiles", Path(__file__).parent, settings, clock, ids, api=blueprints(database, clock, ids)
    )
    handle_refusals(app)
    app.extensions["handslag-database"] = database
    return app
