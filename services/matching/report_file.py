"""A match report as a file, from the database that the settings name."""

from __future__ import annotations

import dataclasses
import json
import secrets

from services.matching import context
from services.matching.database import open_store
from services.matching.reports.store.reports import get_report
from services.matching.review.files import report_as_html, report_as_pdf, report_as_xlsx
from services.matching.review.strangers import NOTHING, by_strangers
from services.matching.web import create_app
from shared.settings.registry import Settings


def read_report(settings: Settings, request_id: str, kind: str, language: str) -> bytes | None:
    """Return a report as `json`, `html`, `xlsx` or `pdf`, or None when there is none."""
    database = open_store(settings.matching_database)
    try:
        with database.reading() as connection:
            report = get_report(connection, request_id)
            strangers = NOTHING if report is None else by_strangers(connection, report.content)
    finally:
        database.close()
    if report is None:
        return None
    if kind == "html":
        # A file signs no sessions: any key does where none is set.
        keyed = dataclasses.replace(settings, secret_key=settings.secret_key or secrets.token_urlsafe())
        app = create_app(keyed)
        try:
            return report_as_html(app, request_id, language).encode()
        finally:
            with app.app_context():
                context.database().close()
    if kind == "xlsx":
        return report_as_xlsx(report.content, language, strangers)
    if kind == "pdf":
        return report_as_pdf(report.content, language, strangers)
    return (
        json.dumps(strangers.marked(report.content.to_json()), ensure_ascii=False, indent=2, sort_keys=True)
        + "\n"
    ).encode()
