"""Which profiles may name each other: that both are there is not enough, they must belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.profiles.refusals import wrong


def check_visit_of_partner(visit: Mapping[str, Any] | None, partner_id: str) -> None:
    """Raise RefusedError when a match request names a visit of another partner than its own.

    A visit without a partner is open to the requests of all, as a trip abroad is.
    """
    if visit is not None and visit.get("partner_id") not in (None, partner_id):
        raise wrong(
            "visit_id",
            "names the visit %(id)s, which is another partner's",
            "name a visit of %(partner_id)s, or leave it out",
            id=visit["id"],
            partner_id=partner_id,
        )


def check_partner_of_visit(partner_id: str | None, requests: Sequence[Mapping[str, Any]]) -> None:
    """Raise RefusedError when a visit gets a partner while a request that names it is another's."""
    others = [one["id"] for one in requests if partner_id not in (None, one["partner_id"])]
    if others:
        raise wrong(
            "partner_id",
            "is not that of the match requests for this visit: %(ids)s",
            "change the visit of those first",
            ids=", ".join(others[:10]),
        )
