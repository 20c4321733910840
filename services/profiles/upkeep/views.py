"""What profiles holds of an organisation, for who asks for it."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from services.profiles.organisations import store as organisations
from services.profiles.organisations.domain.codes import KINDS, REQUESTS, VISITS
from services.profiles.submissions import store as submissions
from services.profiles.submissions.domain.submission import Submission
from services.profiles.submissions.erase import held_by
from services.profiles.upkeep import store
from services.profiles.upkeep.store import TOPIC_OF
from shared.rights import Asked, Held, Kind


def knows(connection: Connection, kind: Kind, id: str) -> bool:
    """Say whether there is a profile of this id."""
    return organisations.get_profile(connection, TOPIC_OF[kind], id) is not None


def held(connection: Connection, asked: Asked) -> Held:
    """Return the profile with its own requests and visits, what came in about it, and who else names it."""
    profile = organisations.get_profile(connection, TOPIC_OF[asked.kind], asked.id)
    own = {
        topic: store.list_states_of_partner(connection, topic, asked.id) if asked.kind == "partner" else []
        for topic in (REQUESTS, VISITS)
    }
    name = profile["name"] if profile else None
    return {
        "profile": profile,
        **own,
        "submissions": [
            submission_held(one)
            for one in submissions.list_about(connection, TOPIC_OF[asked.kind], asked.id, profile)
        ],
        "named_by": store.list_naming(connection, asked.kind, asked.id, name),
    }


def held_apart(connection: Connection, asked: str) -> list[Held]:
    """Return the submission of an id, or those that hold a mail address."""
    return [submission_held(one) for one in held_by(connection, asked)]


def submission_held(submission: Submission) -> Held:
    """Return what is held of a submission."""
    return {
        "id": submission.id,
        "kind": KINDS[submission.kind].aggregate,
        "status": submission.status.value,
        "received_at": submission.received_at,
        "decided_at": submission.decided_at,
        "reason": submission.reason,
        "submitted": dict(submission.sent),
        "records": [vars(record) for record in submission.records],
    }
