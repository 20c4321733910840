"""The active companies and their features, kept in memory so that a changed company costs its own texts only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.organisations.domain.model import ACTIVE, company_from_state
from services.matching.organisations.store import projection
from services.matching.scoring.domain.features import (
    CompanyFeatures,
    company_features,
    lack_vectors,
    texts_of_company,
)
from services.matching.scoring.domain.policy import ScoringPolicy
from services.matching.text.domain.concept_engine import TextEngine
from shared.clock import from_text
from shared.storage import rows
from shared.storage.engine import Database

AT_ONCE = 200
"""Companies whose texts are prepared in one go."""


class FeatureCache:
    """Holds the features of all active companies; one a worker, not safe to share between threads."""

    def __init__(self, engine: TextEngine) -> None:
        self.engine = engine
        self._features: CompanyFeatures | None = None
        # Companies that were read by their words for want of vectors, which a worker may have made by now.
        self._lacking: frozenset[str] = frozenset()
        self.moments: dict[str, datetime] = {}

    def prepare(self, database: Database) -> None:
        """Have the vectors of the texts of new and changed companies made, outside of any long transaction."""
        if not self.engine.vector_size:
            return
        with database.reading() as connection:
            versions = {id: version for id, (version, _) in _active(connection).items()}
        known = self._known()
        changed = [one for one, version in versions.items() if known.get(one) != version]
        for some in rows.in_parts(changed, AT_ONCE):
            with database.reading() as connection:
                states = projection.get_states(connection, tables.companies, some)
            companies = [company_from_state(one.state) for one in states.values()]
            self.engine.prepare(text for one in companies for text in texts_of_company(one))

    def features(
        self, connection: Connection, policy: ScoringPolicy, waiting: Collection[str] = ()
    ) -> CompanyFeatures:
        """Read the features of the companies that are active in the database, in the order of their ids.

        Only companies of a new version are read from the database and made into features; the others' rows are
        taken over from the call before: they do not depend on the policy. One that lacked vectors is made anew, too,
        unless it is known to be `waiting` for them.
        `moments` then says by id when each of them was changed.
        """
        heads = _active(connection)
        versions = {id: version for id, (version, _) in heads.items()}
        old, known = self._features, self._known(waiting)
        if old is None or self._lacking.difference(waiting) or known != versions:
            changed = [one for one, version in versions.items() if known.get(one) != version]
            states = projection.get_states(connection, tables.companies, changed)
            new = company_features(
                [company_from_state(states[one].state) for one in sorted(states)], self.engine
            )
            kept = [one for one in known if known[one] == versions.get(one)]
            lacking = _without_vectors(new) if self.engine.vector_size else frozenset()
            self._lacking = self._lacking.intersection(kept) | lacking
            self._features = replace(new if old is None else joined(old, kept, new), lacking=self._lacking)
            new_moments = {one: from_text(heads[one][1]) for one in changed}
            self.moments = {one: self.moments[one] for one in kept} | new_moments
            return self._features
        return old

    def _known(self, waiting: Collection[str] = ()) -> dict[str, int]:
        """Return by id the versions of the companies whose features need not be made anew."""
        if self._features is None:
            return {}
        again = self._lacking.difference(waiting)
        return {one.id: one.version for one in self._features.companies if one.id not in again}


def _without_vectors(features: CompanyFeatures) -> frozenset[str]:
    """Return the companies with a text that has something to embed and was read by its words."""

    both = zip(features.companies, features.readings, strict=True)
    return frozenset(company.id for company, fields in both if lack_vectors(fields))


def _active(connection: Connection) -> dict[str, tuple[int, str]]:
    return projection.list_heads(connection, tables.companies, tables.companies.c.status == ACTIVE)


def joined(old: CompanyFeatures, kept: Sequence[str], new: CompanyFeatures) -> CompanyFeatures:
    """Return the features of the `kept` companies of `old` and all of `new`, in the order of their ids.

    Right because a row depends on its own company and the engine alone.
    """
    keep = set(kept)
    rows = [row for row, one in enumerate(old.companies) if one.id in keep]
    companies = (*(old.companies[row] for row in rows), *new.companies)
    order = sorted(range(len(companies)), key=lambda place: companies[place].id)
    readings = (*(old.readings[row] for row in rows), *new.readings)
    spots = (*(old.spots[row] for row in rows), *new.spots)
    areas = (*(old.areas[row] for row in rows), *new.areas)
    return CompanyFeatures(
        readings=tuple(readings[place] for place in order),
        spots=tuple(spots[place] for place in order),
        areas=tuple(areas[place] for place in order),
        matrices={
            part: np.concatenate([old.matrices[part][rows], new.matrices[part]])[order]
            for part in old.matrices
        },
        engine=new.engine,
        companies=tuple(companies[place] for place in order),
    )
