"""The reports that one worker knows to be as they should be, and which of them a change of companies can touch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.matching.reports.domain.change_impact import (
    Watched,
    bars_of,
    changed_between,
    only_scored,
    stacked,
    touched,
)
from services.matching.reports.domain.report import Report, content_digest
from services.matching.reports.store.due import Same
from services.matching.scoring.domain.features import CompanyFeatures, NeedFeatures
from services.matching.scoring.domain.policy import ScoringPolicy

MOST_CHANGED = 1000
"""Companies that change at once, from which on all reports are made again."""


@dataclass(frozen=True)
class _Entry:
    same: Same
    needs: NeedFeatures
    bars: list[float]


class SettledReports:
    """Reports as a worker made them; each is what it would make of the companies it followed last.

    Knowledge of the moment: a worker that has none makes every report that is stale.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._watched: Watched | None = None
        self._touched: dict[str, set[str]] = {}
        self._companies: CompanyFeatures | None = None
        self._policy: ScoringPolicy | None = None

    def follow(
        self, companies: CompanyFeatures, policy: ScoringPolicy, open_requests: Collection[str]
    ) -> None:
        """Note the companies and the open requests as they are now.

        Reports that the companies' changes can touch are forgotten, and so is all of other requests.
        """
        for request_id in (self._entries.keys() | self._touched.keys()) - set(open_requests):
            self.forget(request_id)
            self._touched.pop(request_id, None)
        before, self._companies = self._companies, companies
        if before is None or policy != self._policy:
            self.forget_all()
        elif before is not companies and self._entries:
            if len(changed_between(before, companies)) > MOST_CHANGED:
                self.forget_all()
            else:
                for request_id, ids in touched(self._watch(), before, companies).items():
                    self.forget(request_id)
                    self._touched.setdefault(request_id, set()).update(ids)
        self._policy = policy

    def add(
        self,
        request_id: str,
        wanted: int,
        report: Report,
        needs: NeedFeatures,
        reach: Sequence[float],
        companies: CompanyFeatures,
        policy: ScoringPolicy,
    ) -> None:
        """Add a report that was saved; without effect when it was not made of what was followed last."""
        self._touched.pop(request_id, None)
        self.forget(request_id)
        if companies is self._companies and policy == self._policy:
            same = Same(wanted, content_digest(report), report.as_of)
            self._entries[request_id] = _Entry(same, only_scored(needs), bars_of(report, reach, policy))
            self._watched = None

    def forget(self, request_id: str) -> None:
        """Forget a report."""
        if self._entries.pop(request_id, None) is not None:
            self._watched = None

    def forget_all(self) -> None:
        """Forget all reports."""
        self._entries, self._watched, self._touched = {}, None, {}

    def touched_by(self, request_id: str) -> frozenset[str]:
        """Return the companies that are known to have changed a report since it was added."""
        return frozenset(self._touched.get(request_id, ()))

    @property
    def known(self) -> Mapping[str, Same]:
        """Return what is known, by request."""
        return {request_id: entry.same for request_id, entry in self._entries.items()}

    def _watch(self) -> Watched:
        if self._watched is None:
            entries = list(self._entries.items())
            self._watched = Watched(
                stacked([entry.needs for _, entry in entries]),
                np.array([bar for _, entry in entries for bar in entry.bars], dtype=np.float32),
                [request_id for request_id, entry in entries for _ in entry.bars],
            )
        return self._watched
