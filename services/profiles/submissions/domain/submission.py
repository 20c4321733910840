"""A submission: what a stranger sent, where it stands, and which records came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from services.profiles.organisations.domain.codes import REQUESTS

DECIDED_KEPT = timedelta(days=30)
"""How long a submission is kept once it is decided: as long as that can be taken back."""
SOURCE_KEPT = timedelta(days=30)
"""How long it is known which submissions came from one source."""


LONGEST_REASON = 2_000
"""Characters of why a submission is not taken."""
AGGREGATES = {"company": "companies", "partner": "partners", "request": "requests"}
"""The kinds of what is submitted, by what one of them is called."""


class SubmissionStatus(StrEnum):
    """Where a submission stands."""

    WAITING = "waiting"
    LET_IN = "let_in"
    NOT_TAKEN = "not_taken"
    WITHDRAWN = "withdrawn"


class DecidedBy(StrEnum):
    """Who decided on a submission."""

    STAFF = "staff"
    SENDER = "sender"


@dataclass(frozen=True)
class RecordOf:
    """A record that a submission made (`made`), or whose fields it changed from `before` to `after`.

    `version` is the record's after that. `provenance_before` and `provenance_after` are those of the parts that
    hold the fields; a part of which nothing was known before is None.
    """

    kind: str
    id: str
    version: int
    made: bool
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    provenance_before: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    provenance_after: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Submission:
    """What a stranger sent. `kind` is a key of `codes.KINDS`; moments are texts; `source` is a keyed digest or None."""

    id: str
    kind: str
    status: SubmissionStatus
    received_at: str
    sent: Mapping[str, Any]
    source: str | None
    decided_at: str | None = None
    decided_by: DecidedBy | None = None
    reason: str = ""
    records: tuple[RecordOf, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether nobody has decided on it."""
        return self.status is SubmissionStatus.WAITING

    @property
    def not_put_back(self) -> list[RecordOf]:
        """The records that still say something of its changes, or something else since, though it was taken back."""
        if self.status is SubmissionStatus.LET_IN:
            return []
        return [record for record in self.records if record.after]

    def has_record(self, kind: str, id: str) -> bool:
        """Say whether it made or changed a record."""
        return any((record.kind, record.id) == (kind, id) for record in self.records)

    @property
    def organisation(self) -> Mapping[str, Any]:
        """What it says of the organisation behind it; empty for a request that names its partner by an id alone."""
        return organisation_of(self.kind, self.sent)

    @property
    def name(self) -> str:
        """The organisation's name; a request's title where it names none."""
        return str(self.organisation.get("name") or self.sent.get("title") or "")

    @property
    def partner_id(self) -> str | None:
        """The partner that it names by an id, whether there is one or not."""
        return self.sent.get("partner_id")


def organisation_of(kind: str, sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what was sent of the organisation behind a submission."""
    return sent.get("partner") or {} if kind == REQUESTS else sent


def address_of(kind: str, sent: Mapping[str, Any]) -> str:
    """Return the contact's mail address in lower case; empty where there is none."""
    contact = organisation_of(kind, sent).get("contact") or {}
    return str(contact.get("email") or "").lower()
