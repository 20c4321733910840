"""Headers that are plainly those `to_message` writes, read and written without the CloudEvents SDK's steps.

Most records have just these, and the SDK's checks of names and types are most of the work then. Whatever is in
doubt is left to the SDK: it decides, and its errors are the ones that are told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from shared.event_log.port import Headers

CONTENT_TYPE = "application/json"
VERSION_EXTENSION = "aggregateversion"
TRACE_HEADER = "ce_traceparent"
"""CloudEvents' extension for distributed tracing; it comes last, and says nothing of the event itself."""
_VERSION = f"ce_{VERSION_EXTENSION}"
NAMES = (
    "ce_specversion",
    "ce_id",
    "ce_type",
    "ce_source",
    "ce_time",
    "ce_subject",
    _VERSION,
)
"""Every event's headers, in the order in which we write them; `content-type` comes last where there is a value."""
_NAMES_WITH_CONTENT = (*NAMES, "content-type")
_SPECVERSION = ("ce_specversion", b"1.0")
_CONTENT = ("content-type", CONTENT_TYPE.encode())
_MOMENT = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z")


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a record's headers say of its event; texts as they stand there."""

    id: str
    type: str
    subject: str | None
    moment: datetime
    version: str
    content_type: str | None


def read_usual(headers: Headers) -> Attributes | None:
    """Read the headers, or return None when the SDK is needed to say whether and how they can be read."""
    if not headers:
        return None
    if headers[-1][0] == TRACE_HEADER:
        headers = headers[:-1] or headers
    names, values = zip(*headers, strict=True)
    content_type = None
    if names == _NAMES_WITH_CONTENT:
        content_type = CONTENT_TYPE
        if values[7] != CONTENT_TYPE.encode():
            return None
    elif names != NAMES:
        return None
    specversion, id, kind, source, moment, subject, version = values[:7]
    if specversion != b"1.0" or not (id and kind and source and subject) or not _MOMENT.fullmatch(moment):
        return None
    try:
        source.decode()
        at = datetime.fromisoformat(moment.decode()).astimezone(UTC)
        return Attributes(id.decode(), kind.decode(), subject.decode(), at, version.decode(), content_type)
    except ValueError:
        return None


def write_usual(
    id: str, kind: str, source: str, moment: str, subject: str, version: str, with_content: bool
) -> Headers:
    """Write the headers that the SDK would write; `moment` is a moment in UTC as RFC 3339 with `Z`."""
    type_header, source_header = _of_type(kind, source)
    written = (
        _SPECVERSION,
        ("ce_id", id.encode()),
        type_header,
        source_header,
        ("ce_time", moment.encode()),
        ("ce_subject", subject.encode()),
        (_VERSION, version.encode()),
    )
    return (*written, _CONTENT) if with_content else written


@cache
def _of_type(kind: str, source: str) -> tuple[tuple[str, bytes], tuple[str, bytes]]:
    return ("ce_type", kind.encode()), ("ce_source", source.encode())
