"""The peer of our web process: the least Flask and marshmallow app with one committed insert.

`python -m tests.bench.least_app DATABASE PORT WORKERS` serves it under gunicorn as our own web process is served.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import uuid
from pathlib import Path

from flask import Flask, Response, request
from marshmallow import Schema, fields

from deploy.runtime.web import serve_wsgi
from shared.settings.registry import for_tests
from shared.storage.file_lock import Gate
from tests.bench.embedded_log import PRAGMAS


class CapabilitySchema(Schema):
    """One thing a company offers."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    text = fields.String(required=True)
    focus_areas = fields.List(fields.String(), required=True)


class CompanySchema(Schema):
    """The fields that are posted, checked by type."""

    name = fields.String(required=True)
    country = fields.String(required=True)
    city = fields.String(required=True)
    website = fields.String(required=True)
    kind = fields.String(required=True)
    language = fields.String(required=True)
    description = fields.String(required=True)
    capabilities = fields.List(fields.Nested(CapabilitySchema), required=True)


def create_app(database: Path) -> Flask:
    """Make the app; it keeps companies in a table of its own, under the pragmas of the services' databases."""
    app, own, gate = Flask(__name__), threading.local(), Gate(database.with_suffix(".gate"))
    schema = CompanySchema()
    with sqlite3.connect(database) as plain:
        plain.execute("PRAGMA journal_mode=WAL")
        plain.execute("CREATE TABLE IF NOT EXISTS companies (id TEXT PRIMARY KEY, state TEXT NOT NULL)")

    @app.post("/api/v1/companies")
    def create() -> Response:
        state = {"id": uuid.uuid4().hex, **schema.load(request.get_json())}
        text = json.dumps(state, ensure_ascii=False)
        if not hasattr(own, "connection"):
            own.connection = sqlite3.connect(database, timeout=30, isolation_level=None)
            for pragma in PRAGMAS:
                own.connection.execute(f"PRAGMA {pragma}")
        with gate.held():
            own.connection.execute("BEGIN IMMEDIATE")
            own.connection.execute("INSERT INTO companies VALUES (?, ?)", (state["id"], text))
            own.connection.execute("COMMIT")
        return Response(text, status=201, mimetype="application/json")

    return app


def main() -> None:
    """Serve it on loopback."""
    database, port, workers = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    settings = for_tests(database.parent, port=port)
    serve_wsgi(lambda: create_app(database), "least", settings, workers)


if __name__ == "__main__":
    main()
