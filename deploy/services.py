"""The services there are: only this module names them, and nothing deeper of them is imported here."""

from __future__ import annotations

from collections.abc import Sequence

from services.matching.service import SERVICE as MATCHING
from services.notifications.service import SERVICE as NOTIFICATIONS
from services.profiles.service import SERVICE as PROFILES
from shared.service import Link, Service

SERVICES: dict[str, Service] = {service.name: service for service in (PROFILES, MATCHING, NOTIFICATIONS)}
"""Every service by name, in the order in which news goes through them: from the submission to the mailbox."""

READS = {service.name: service.reads for service in SERVICES.values() if service.reads}
"""The topics that each consumer group reads."""

OWNED = tuple((service.name, topic) for service in SERVICES.values() for topic in service.owns)
"""Every topic with its owner, in the order in which they are put in order: those first that others refer to."""

ALL = "all"
CHOICES = (*SERVICES, ALL)

API_DOCS = Link("/api/v1/docs", "API")
NAVIGATION: Sequence[Link] = (
    # The first page comes first, whichever service has it.
    *sorted(
        (link for service in SERVICES.values() for link in service.navigation),
        key=lambda link: link.address != "/",
    ),
    API_DOCS,
)
"""What every page leads to; the pages stand in different services behind one address."""


def chosen(name: str) -> Sequence[Service]:
    """Return the service of a name, or every one for `all`, the one that takes the rest of the paths last."""
    members = SERVICES.values() if name == ALL else (SERVICES[name],)
    return sorted(members, key=lambda service: "/" in service.paths)
