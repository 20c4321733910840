"""The web app of notifications."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from services.notifications.deliveries.api import blueprint as api
from services.notifications.deliveries.pages import blueprint as pages
from services.notifications.tables import ended_sessions, metadata
from shared.clock import Clock, system_clock
from shared.ids import IdSource, random_ids
from shared.settings.registry import Settings
from shared.storage.ended_sessions import EndedSessions
from shared.storage.engine import open_database
from shared.web.app import create_service_app


def create_app(settings: Settings, clock: Clock = system_clock, ids: IdSource = random_ids) -> Flask:
    """Make the app over the database that the settings name.

    Raises sqlalchemy.exc.SQLAlchemyError or OSError when the database cannot be opened, RuntimeError when no
    secret key is set.
    """
    database = open_database(settings.notifications_database, metadata)
    app = create_service_app(
        "notifications",
        Path(__file__).parent,
        settings,
        clock,
        ids,
        api=[api],
        page_blueprints=[pages],
        ended=EndedSessions(database, ended_sessions, clock),
    )
    app.extensions["handslag-database"] = database
    return app
