"""The profiles service, as the deployment sees it."""

from __future__ import annotations

from services.profiles.importing.commands import import_group
from shared.lasting import making_what_lasts
from shared.service import Link, Parts, Service


def _load() -> Parts:
    # Only here: the parts take 0.8 s of CPU to import, the command line without them 0.3 s.
    with making_what_lasts():
        from services.profiles.parts import PARTS

    return PARTS


SERVICE = Service(
    name="profiles",
    paths=(
        "/api/v1/companies",
        "/api/v1/partners",
        "/api/v1/visits",
        "/api/v1/requests",
        "/api/v1/submissions",
        "/api/v1/openapi/profiles.json",
        "/submissions",
        "/submit",
        "/sign-out/profiles",
        "/static/profiles",
    ),
    database="profiles_database",
    owns=("companies", "partners", "visits", "requests"),
    navigation=(Link("/submissions", "Submissions"),),
    commands=(import_group,),
    load=_load,
)
