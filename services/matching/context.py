"""What the app that answers was made with: database, clock, ids, text engine; for API and pages alike."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, current_app

from services.matching.text.domain.concept_engine import TextEngine
from shared.clock import Clock
from shared.ids import IdSource
from shared.settings.registry import Settings
from shared.storage.engine import Database

_DATABASE = "handslag-database"  # readiness looks for it under this name in every service
_ENGINE = "handslag-text-engine"


def put_context(app: Flask, database: Database, engine: Callable[[], TextEngine]) -> None:
    """Put an app's database into it, and what makes, or has made, its text engine."""
    app.extensions[_DATABASE] = database
    app.extensions[_ENGINE] = engine


def database() -> Database:
    """Return the database of the app that answers."""
    opened: Database = current_app.extensions[_DATABASE]
    return opened


def text_engine() -> TextEngine:
    """Return the engine to read texts with now: by words alone until a worker has made what nearness rests on."""
    engine: Callable[[], TextEngine] = current_app.extensions[_ENGINE]
    return engine()


def clock() -> Clock:
    """Return the clock of the app that answers."""
    told: Clock = current_app.config["CLOCK"]
    return told


def ids() -> IdSource:
    """Return the source of ids of the app that answers."""
    source: IdSource = current_app.config["IDS"]
    return source


def settings() -> Settings:
    """Return the settings of the app that answers."""
    read: Settings = current_app.config["SETTINGS"]
    return read
