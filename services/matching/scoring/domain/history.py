"""The introductions that were made before, as far as matching knows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class PastIntroduction:
    """A company and a partner that were introduced, in which request and when (aware)."""

    partner_id: str
    company_id: str
    at: datetime
    request_id: str = ""


@dataclass(frozen=True)
class History:
    """All introductions known; an empty one knows of none."""

    introductions: tuple[PastIntroduction, ...] = ()

    def last_introduced(
        self, partner_id: str, company_id: str, as_of: datetime, within_days: int, except_request: str = ""
    ) -> datetime | None:
        """Return when the two were last introduced, at most `within_days` days before `as_of`, and not after it.

        Introductions of `except_request` are left out: a report is not changed by what came of it.
        """
        since = as_of - timedelta(days=within_days)
        moments = (
            one.at
            for one in self.introductions
            if (one.partner_id, one.company_id) == (partner_id, company_id)
            and since <= one.at <= as_of
            and not (one.request_id and one.request_id == except_request)
        )
        return max(moments, default=None)
