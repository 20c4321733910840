"""Match requests from programs, checked as the API checks them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from services.profiles.organisations.actions import create
from services.profiles.organisations.domain.codes import REQUESTS
from services.profiles.organisations.domain.profile_state import State
from services.profiles.organisations.schemas.profiles import NEW
from shared.ids import IdSource


def create_request(connection: Connection, fields: Mapping[str, Any], now: datetime, ids: IdSource) -> State:
    """Create a match request from fields as the API takes them; `partner_id` is enough.

    Raises marshmallow.ValidationError for fields that the API would refuse, and what `create` raises.
    """
    return create(connection, REQUESTS, NEW[REQUESTS]().load(dict(fields)), now, ids)
