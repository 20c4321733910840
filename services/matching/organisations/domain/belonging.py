"""Which states may be taken together: that one names the other is not enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_for_visit(request: Mapping[str, Any], visit: Mapping[str, Any]) -> bool:
    """Say whether a match request's meetings belong in a visit: it names the visit, which is no other partner's.

    A visit without a partner takes the requests of all, as a trip abroad does.
    """
    return request.get("visit_id") == visit["id"] and visit.get("partner_id") in (None, request["partner_id"])
