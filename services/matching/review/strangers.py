"""What strangers made of that which a report says: of who asks, of each company, of each exclusion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.i18n import N_
from services.matching.organisations.store import projection
from services.matching.organisations.store.projection import Stored
from services.matching.reports.domain.report import Report
from services.matching.scoring.domain.exclusions import ExclusionCode
from shared.events.origins import PROVENANCE, parts_by_anyone

MARK = N_("From anyone; let in by staff")
MARK_WITH_CONTACT = N_("From anyone, its contact too; let in by staff")
_CONTACT = "contact"
_PROFILE = "profile"
_BLOCKS = "blocks"
_CAPABILITIES = "capabilities."


@dataclass(frozen=True)
class ByStrangers:
    """The parts that strangers made; nothing stands here where they made none.

    `asking`: parts of the partner's record and of the request; `companies`: by id; `exclusions`: the parts that an
    exclusion rests on, by company id and code.
    """

    asking: list[str] = field(default_factory=list)
    companies: Mapping[str, list[str]] = field(default_factory=dict)
    exclusions: Mapping[tuple[str, str], list[str]] = field(default_factory=dict)

    def marked(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return a report's JSON with `from_anyone` at its head, its matches and its exclusions, where there is any."""
        return {
            **content,
            "matches": [_with(one, self.companies.get(one["company"]["id"])) for one in content["matches"]],
            "excluded": [
                _with(one, self.exclusions.get((one["company"]["id"], one["code"])))
                for one in content["excluded"]
            ],
            **({"from_anyone": self.asking} if self.asking else {}),
        }


NOTHING = ByStrangers()


def by_strangers(connection: Connection, report: Report) -> ByStrangers:
    """Return what strangers made of a report, as the records stand now."""
    ids = {one.company.id for part in (report.matches, report.excluded) for one in part}
    companies = projection.get_states(connection, tables.companies, ids)
    partner = projection.get_state(connection, tables.partners, report.partner.id)
    request = projection.get_state(connection, tables.requests, report.request_id)
    asking = dict.fromkeys(part for one in (partner, request) for part in _parts(one))
    exclusions = {(one.company.id, one.code): companies.get(one.company.id) for one in report.excluded}
    return ByStrangers(
        list(asking),
        {id: parts for id, stored in companies.items() if (parts := _parts(stored))},
        {
            (id, code): parts
            for (id, code), company in exclusions.items()
            if (parts := _rests_on(code, company, partner, request))
        },
    )


def exclusions_by_strangers(connection: Connection, report: Report, company_id: str) -> dict[str, list[str]]:
    """Return, by the code of an exclusion that it would be, the parts by strangers that it rests on for one company."""
    company = projection.get_state(connection, tables.companies, company_id)
    partner = projection.get_state(connection, tables.partners, report.partner.id)
    request = projection.get_state(connection, tables.requests, report.request_id)
    found = {code.value: _rests_on(code, company, partner, request) for code in ExclusionCode}
    return {code: parts for code, parts in found.items() if parts}


def mark_of(parts: Iterable[str] | None) -> str:
    """Return the words, to be translated, for what has these parts by strangers; empty where it has none."""
    made = list(parts or ())
    return (MARK_WITH_CONTACT if _CONTACT in made else MARK) if made else ""


def _with(one: Mapping[str, Any], parts: list[str] | None) -> dict[str, Any]:
    return {**one, **({"from_anyone": parts} if parts else {})}


def _rests_on(code: str, company: Stored | None, partner: Stored | None, request: Stored | None) -> list[str]:
    """Return the parts by strangers that an exclusion rests on."""
    if code == ExclusionCode.COMPANY_DECLINES:
        return [part for part in _parts(company) if part == _BLOCKS]
    if code == ExclusionCode.PARTNER_DECLINES:
        return [part for part in _parts(partner) if part == _BLOCKS]
    if code == ExclusionCode.EXCLUDED_MARKET:
        # Where a record has no blocks of a known maker, its profile holds the markets that it rules out.
        known = (company.state.get(PROVENANCE) or {}) if company else {}
        return [part for part in _parts(company) if part == (_BLOCKS if _BLOCKS in known else _PROFILE)]
    if code == ExclusionCode.OUTSIDE_MARKETS:
        return [part for part in _parts(company) if part == _PROFILE]
    if code == ExclusionCode.REGULATORY_STATUS_MISSING:
        asked = [part for part in _parts(request) if part == _PROFILE]
        return asked + [part for part in _parts(company) if part.startswith(_CAPABILITIES)]
    return []


def _parts(stored: Stored | None) -> list[str]:
    return [] if stored is None else parts_by_anyone(stored.state)
