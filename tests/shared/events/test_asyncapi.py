"""The AsyncAPI document says what the catalogue says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shared.events.asyncapi import document, text
from shared.events.catalogue import EVENT_TYPES, TOPICS

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "asyncapi.yaml"


def test_the_committed_document_is_current() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == text(), (
        "write it anew: .venv/bin/python -m shared.events.asyncapi > docs/asyncapi.yaml"
    )


def test_every_topic_is_a_channel_and_every_type_a_message() -> None:
    made = document()
    assert set(made["channels"]) == set(TOPICS)
    assert set(made["components"]["messages"]) == set(EVENT_TYPES)


def test_personal_data_is_said_to_be_in_companies_and_partners_only() -> None:
    holding = {
        name for name, one in document()["channels"].items() if "Holds personal data." in one["description"]
    }
    assert holding == {"companies", "partners"}


def test_every_reference_leads_somewhere() -> None:
    made = document()

    def follow(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                target: Any = made
                for step in part["$ref"].removeprefix("#/").split("/"):
                    target = target[step]
            for value in part.values():
                follow(value)
        elif isinstance(part, list):
            for value in part:
                follow(value)

    follow(made)
