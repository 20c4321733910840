"""What profiles holds of an organisation, for who asks for it."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from services.profiles.organisations import store as organisations
from services.profiles.upkeep import store
from services.profiles.upkeep.store import TOPIC_OF
from shared.rights import Asked, Held, Kind


def knows(connection: Connection, kind: Kind, id: str) -> bool:
    """Say whether there is a profile of this id."""
    return organisations.get_profile(connection, TOPIC_OF[kind], id) is not None


def held(connection: Connection, asked: Asked) -> Held:
    """Return the profile with its own requests and visits, and who else names it."""
    profile = organisations.get_profile(connection, TOPIC_OF[asked.kind], asked.id)
    own = {
        topic: store.states_of_partner(connection, topic, asked.id) if asked.kind == "partner" else []
        for topic in ("requests", "visits")
    }
    name = profile["name"] if profile else None
    return {
        "profile": profile,
        **own,
        "named_by": store.list_naming(connection, asked.kind, asked.id, name),
    }
