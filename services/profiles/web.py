"""The web app of profiles."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from services.profiles.database import open_store
from services.profiles.organisations.api import blueprints
from services.profiles.refusal_answers import handle_refusals
from services.profiles.submissions.api import submissions_blueprint, taking_in
from services.profiles.submissions.door import Door, guard_door
from services.profiles.submissions.pages import page_blueprints
from services.profiles.submissions.views import KnownOrganisations
from services.profiles.tables import ended_sessions
from shared.clock import Clock, system_clock
from shared.ids import IdSource, random_ids
from shared.settings.registry import Settings
from shared.storage.ended_sessions import EndedSessions
from shared.web.app import create_service_app


def create_app(settings: Settings, clock: Clock = system_clock, ids: IdSource = random_ids) -> Flask:
    """Make the app over the database that the settings name.

    Raises sqlalchemy.exc.SQLAlchemyError or OSError when the database cannot be opened, RuntimeError
    when no secret key is set.
    """
    database = open_store(settings)
    known, door = KnownOrganisations(), Door(database, clock)
    app = create_service_app(
        "profiles",
        Path(__file__).parent,
        settings,
        clock,
        ids,
        api=(
            *blueprints(database, clock, ids, taking_in(database, clock, ids)),
            submissions_blueprint(database, clock, ids, known),
        ),
        page_blueprints=page_blueprints(database, clock, ids, known, door),
        ended=EndedSessions(database, ended_sessions, clock),
    )
    handle_refusals(app)
    guard_door(app, door)
    app.extensions["handslag-database"] = database
    return app
