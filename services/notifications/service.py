"""The notifications service, as the deployment sees it."""

from __future__ import annotations

from services.notifications.deliveries.commands import mails
from shared.lasting import making_what_lasts
from shared.service import Link, Parts, Service


def _load() -> Parts:
    # Only here: the parts take 0.7 s of CPU to import, the command line without them 0.3 s.
    with making_what_lasts():
        from services.notifications.parts import PARTS

    return PARTS


SERVICE = Service(
    name="notifications",
    paths=("/api/v1/deliveries", "/mailbox", "/sign-out/notifications", "/api/v1/openapi/notifications.json"),
    database="notifications_database",
    owns=("deliveries",),
    reads=("companies", "partners", "introductions"),
    navigation=(Link("/mailbox", "Mailbox"),),
    commands=(mails,),
    load=_load,
)
