"""The log: lines for people or JSON for machines, on standard error, with what belongs to a line and nothing personal.

Our own modules log at the level that is asked for; libraries only what is at least a warning, for what they say in
detail (a message with its bytes, a statement with its values) may be personal. Mail addresses are blotted out
wherever they come from.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.types import EventDict, Processor

from shared.telemetry import traces

OWN = ("deploy", "services", "shared")
ADDRESS = re.compile(r"(?<![^\s@<>\"'(),;:])[^\s@<>\"'(),;:]++@[^\s@<>\"'(),;]+")
"""Begins where a run of such characters begins, and nowhere else: a long run is looked through once."""
BLOT = "…@…"
DETAIL = re.compile(r"DETAIL:.*?(?=\n\n|\Z)", re.DOTALL)
"""What PostgreSQL says of a row that breaks a rule: all of its values."""


def configure(form: str, level: str, service: str, process: str) -> None:
    """Have this process log.

    `form` is text or json, `level` debug, info, warning or error; `service` and `process` stand in each JSON line.
    """
    handler = _ToStandardError()
    handler.setFormatter(_json_lines(service, process) if form == "json" else _text_lines())
    root = logging.getLogger()
    root.handlers = [*(one for one in root.handlers if not isinstance(one, _ToStandardError)), handler]
    named = getattr(logging, level.upper())
    root.setLevel(max(named, logging.WARNING))
    for name in OWN:
        logging.getLogger(name).setLevel(named)


@contextmanager
def belonging_to(**values: str) -> Iterator[None]:
    """Write these values into every line that is logged in the block, on its thread."""
    with structlog.contextvars.bound_contextvars(**values):
        yield


def begin_request(**values: str) -> None:
    """Write these values into every line that this thread logs, until the next request begins."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**values)


class _ToStandardError(logging.Handler):
    """Writes to what is standard error when a line comes."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:  # noqa: BLE001  # a log that cannot be written must not stop the work
            self.handleError(record)


def _json_lines(service: str, process: str) -> logging.Formatter:
    def place(_logger: Any, _method: str, line: EventDict) -> EventDict:
        line.setdefault("service", service)
        return {**line, "process": process, "pid": os.getpid()}

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_gathering(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            place,
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            _without_persons,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _text_lines() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_gathering(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _without_persons,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0, pad_level=False),
        ],
    )


def _gathering() -> list[Processor]:
    """Return the steps that gather what belongs to a line that the standard library's logging hands over."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _without_leftovers,
        structlog.processors.CallsiteParameterAdder({structlog.processors.CallsiteParameter.THREAD_NAME}),
        _with_trace,
    ]


def _without_leftovers(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Take out what another handler may have written on the record when it was first."""
    line.pop("message", None)
    line.pop("asctime", None)
    return line


def _with_trace(_logger: Any, _method: str, line: EventDict) -> EventDict:
    trace_id = traces.current_trace_id()
    if trace_id is not None:
        line["trace_id"] = trace_id
    return line


def _without_persons(_logger: Any, _method: str, line: EventDict) -> EventDict:
    return {name: without_persons(value) if isinstance(value, str) else value for name, value in line.items()}


def without_persons(text: str) -> str:
    """Blot out mail addresses, and the values in PostgreSQL's details."""
    if "@" not in text and "DETAIL:" not in text:
        return text
    return DETAIL.sub("DETAIL: …", ADDRESS.sub(BLOT, text))
