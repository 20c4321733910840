"""Lines for people or JSON for machines, and what stands in neither."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from shared.storage.engine import open_database
from shared.telemetry import logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    own = {name: logging.getLogger(name).level for name in logs.OWN}
    logs.begin_request()  # whatever test was before on this thread
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, one in own.items():
        logging.getLogger(name).setLevel(one)
    logs.begin_request()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_json_line_says_where_it_comes_from_and_what_it_belongs_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("json", "info", "matching", "work")
    with logs.belonging_to(request_id="r-1"):
        logging.getLogger("shared.messaging.relay").info("%d rows å", 3, extra={"event_id": "acme:1"})
    logging.getLogger("shared.messaging.relay").debug("nothing")
    [line] = lines(capsys)
    assert line.pop("time").endswith("Z")
    assert line.pop("pid") > 0
    assert line == {
        "level": "info",
        "logger": "shared.messaging.relay",
        "service": "matching",
        "process": "work",
        "thread_name": "MainThread",
        "request_id": "r-1",
        "event_id": "acme:1",
        "message": "3 rows å",
    }


def test_a_request_says_its_own_service_and_leaves_nothing_to_the_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("json", "warning", "all", "web")
    logs.begin_request(service="profiles", request_id="1")
    logging.getLogger("deploy.runtime.web").warning("one")
    logs.begin_request(service="matching")
    logging.getLogger("deploy.runtime.web").warning("two")
    one, two = lines(capsys)
    assert (one["service"], one["request_id"]) == ("profiles", "1")
    assert two["service"] == "matching"
    assert "request_id" not in two


def test_libraries_tell_no_details_at_any_level(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "debug", "all", "work")
    for name in ("kafka.producer.kafka", "sqlalchemy.engine", "urllib3"):
        logging.getLogger(name).info("Sending (value=%r)", b"canary")
    logging.getLogger("services.matching").debug("ours")
    assert [line["message"] for line in lines(capsys)] == ["ours"]


@pytest.mark.parametrize("form", ["json", "text"])
def test_addresses_and_the_values_of_rows_are_blotted_out(
    form: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    logs.configure(form, "info", "all", "work")
    log = logging.getLogger("services.notifications")
    name = "canary three"
    log.warning("550 <canary.one@example.org>: no such user", extra={"to": "canary.two@example.org"})
    database = open_database(f"sqlite:///{tmp_path}/a.sqlite", sa.MetaData())
    try:
        with database.reading() as connection:
            connection.execute(sa.text("SELECT * FROM nowhere WHERE name = :name"), {"name": name})
    except sa.exc.OperationalError:
        log.exception("failed")
    finally:
        database.close()
    try:
        raise ValueError("null value\nDETAIL:  Failing row contains (canary\nfour, canary).")
    except ValueError:
        log.exception("failed")
    said = capsys.readouterr().err
    assert "no such user" in said
    assert "nowhere" in said, "the traceback is there"
    assert "Failing row" not in said
    assert "canary" not in said


def test_the_log_goes_to_what_is_standard_error_when_a_line_comes(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text", "info", "all", "web")
    logs.configure("text", "info", "all", "web")
    logging.getLogger("deploy.runtime.web").warning("once")
    assert capsys.readouterr().err.count("once") == 1
