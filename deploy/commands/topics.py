"""`handslag topics`: looking after the event log's topics."""

from __future__ import annotations

import click

from deploy.commands.common import answer, fail, json_option, own_settings


@click.group()
def topics() -> None:
    """Look after the event log's topics."""


@topics.command(name="apply")
@json_option
def topics_apply(as_json: bool) -> None:
    """Create the topics that are missing."""
    from shared.event_log import event_log_of
    from shared.event_log.port import EventLogError
    from shared.events.catalogue import TOPICS

    settings = own_settings()
    try:
        with event_log_of(settings) as event_log:
            created = event_log.apply_topics(list(TOPICS))
    except EventLogError as error:
        fail(str(error))
    answer({"created": created}, as_json, f"created: {', '.join(created) or 'nothing, all are there'}")
