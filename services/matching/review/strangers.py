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
FROM_ANYONE = "from_anyone"
"""Under this the parts that strangers made stand beside what they are of; it is left out where they made none."""
_CONTACT = "contact"
_PROFILE = "profile"
_BLOCKS = "blocks"
_CAPABILITIES = "capabilities."


@dataclass(frozen=True)
class ByStrangers:
    """The parts that strangers made; nothing stands here where they made none.

    `asking`: parts of the partner's record and of the request; `companies`: by id; `exclusions`: the parts that an
    exclusion rests on, a lifted one too, by company id and code.
    """

    asking: list[str] = field(default_factory=list)
    companies: Mapping[str, list[str]] = field(default_factory=dict)
    exclusions: Mapping[tuple[str, str], list[str]] = field(default_factory=dict)

    def marked(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return a report's JSON with `from_anyone` at its head, its matches and its exclusions, where there is any."""
        return {
            **content,
            "matches": [
                with_mark(one, self.companies.get(one["company"]["id"])) for one in content["matches"]
            ],
            "excluded": [
                with_mark(one, self.exclusions.get((one["company"]["id"], one["code"])))
                for one in content["excluded"]
            ],
            **({FROM_ANYONE: self.asking} if self.asking else {}),
        }

    def lifted_marked(self, lifted: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return lifted exclusions with the parts that each rested on under `from_anyone`, where there are any."""
        return [with_mark(one, self.exclusions.get((one["company"]["id"], one["code"]))) for one in lifted]


NOTHING = ByStrangers()


def by_strangers(
    connection: Connection, report: Report, lifted: Iterable[Mapping[str, Any]] = ()
) -> ByStrangers:
    """Return what strangers made of a report, and of exclusions that were lifted, as the records stand now."""
    exclusions = [(one.company.id, one.code) for one in report.excluded]
    exclusions += [(one["company"]["id"], one["code"]) for one in lifted]
    ids = {one.company.id for one in report.matches} | {id for id, _ in exclusions}
    companies = projection.get_states(connection, tables.companies, ids)
    partner = projection.get_state(connection, tables.partners, report.partner.id)
    request = projection.get_state(connection, tables.requests, report.request_id)
    asking = dict.fromkeys(part for one in (partner, request) for part in _parts(one))
    return ByStrangers(
        list(asking),
        {id: parts for id, stored in companies.items() if (parts := _parts(stored))},
        {
            (id, code): parts
            for id, code in exclusions
            if (parts := _rests_on(code, companies.get(id), partner, request))
        },
    )


def companies_by_strangers(connection: Connection, ids: Iterable[str]) -> dict[str, list[str]]:
    """Return, by id, the parts of companies that strangers made, as the records stand now."""
    companies = projection.get_states(connection, tables.companies, set(ids))
    return {id: parts for id, stored in companies.items() if (parts := _parts(stored))}


def asking_by_strangers(connection: Connection, report: Report) -> list[str]:
    """Return the parts of the partner's record and of the request that strangers made."""
    partner = projection.get_state(connection, tables.partners, report.partner.id)
    request = projection.get_state(connection, tables.requests, report.request_id)
    return list(dict.fromkeys(part for one in (partner, request) for part in _parts(one)))


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


def with_mark(one: Mapping[str, Any], parts: list[str] | None) -> dict[str, Any]:
    """Return something told, with the parts by strangers that it rests on."""
    return {**one, **({FROM_ANYONE: parts} if parts else {})}


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
