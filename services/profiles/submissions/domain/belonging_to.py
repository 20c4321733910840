"""Which organisation, and which mail addresses, a submission is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.profiles.organisations.domain.codes import COMPANIES, PARTNERS
from services.profiles.submissions.domain.likeness import name_key
from services.profiles.submissions.domain.submission import Submission, address_of
from shared.words.countries import same_country


def is_about(submission: Submission, kind: str, id: str, state: Mapping[str, Any] | None) -> bool:
    """Say whether a submission names an organisation: by its id, its contact's address, or its name.

    A name says it only for the same kind of organisation, and not between two countries. `state` is the
    organisation's, None where it is gone.
    """
    if kind == PARTNERS and submission.partner_id == id:
        return True
    if state is None:
        return False
    email = ((state.get("contact") or {}).get("email") or "").lower()
    if email and address_of(submission.kind, submission.sent) == email:
        return True
    said = submission.organisation
    if (COMPANIES if submission.kind == COMPANIES else PARTNERS) != kind or not said.get("name"):
        return False
    country, theirs = said.get("country") or "", state.get("country") or ""
    same_place = not country or not theirs or same_country(country, theirs)
    return same_place and name_key(said["name"]) == name_key(state["name"])


def holds_address(submission: Submission, address: str) -> bool:
    """Say whether a mail address, in lower case, stands anywhere in what was sent or in what it changed."""
    whole = re.compile(rf"(?<![\w.+-]){re.escape(address)}(?!\w|[.-]\w)")
    changes = [value for record in submission.records for value in (record.before, record.after)]
    return any(whole.search(text.lower()) for text in _texts([submission.sent, *changes]))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _texts([name, one])
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
