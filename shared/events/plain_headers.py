"""Headers that are plainly those `to_message` writes, read and written without the CloudEvents SDK's steps.

Most records have just these, and the SDK's checks of names and types are most of the work then. Whatever is in
doubt is left to the SDK: it decides, and its errors are the ones that are told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.event_log.port import Headers

CONTENT_TYPE = "application/json"
VERSION_EXTENSION = "aggregateversion"
_NAMES = (
    "ce_specversion",
    "ce_id",
    "ce_type",
    "ce_source",
    "ce_time",
    "ce_subject",
    f"ce_{VERSION_EXTENSION}",
)
_NAMES_WITH_CONTENT = (*_NAMES, "content-type")
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


def read_plain(headers: Headers) -> Attributes | None:
    """Read the headers, or give None when the SDK is needed to say whether and how they can be read."""
    if not headers:
        return None
    names, values = zip(*headers, strict=True)
    content_type = None
    if names == _NAMES_WITH_CONTENT:
        content_type = CONTENT_TYPE
        if values[7] != CONTENT_TYPE.encode():
            return None
    elif names != _NAMES:
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


def write_plain(
    id: str, kind: str, source: str, moment: str, subject: str, version: str, with_content: bool
) -> Headers:
    """Write the headers that the SDK would write; `moment` is a moment in UTC as RFC 3339 with `Z`."""
    texts = ("1.0", id, kind, source, moment, subject, version)
    written = tuple((name, text.encode()) for name, text in zip(_NAMES, texts, strict=True))
    return (*written, ("content-type", CONTENT_TYPE.encode())) if with_content else written
