"""What is held of a company or a partner, for who asks for it: `handslag export`, and what `erase` takes away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from deploy.operations.databases import Databases
from deploy.services import SERVICES
from shared.clock import to_text
from shared.rights import APART, KINDS, Asked, Erasing, Erasure, Held, Kind
from shared.service import Service
from shared.settings.registry import Settings

NOT_COUNTED = ("named_by", "contacts")


class UnknownError(Exception):
    """Nothing is known of what was asked for; the message says so."""


class AmbiguousError(Exception):
    """Several have what was asked for; the message says how to choose."""


def find_organisation(databases: Databases, asked: str, kind: Kind | None) -> tuple[Kind, str]:
    """Return the kind and id of the organisation that has an id, or whose contact has a mail address.

    Raises UnknownError and AmbiguousError.
    """
    kinds = [one for one in KINDS if kind in (None, one)]
    found = [(one, asked) for one in kinds if _is_known(databases, one, asked)]
    if not found and "@" in asked:
        found = [pair for pair in _with_address(databases, asked) if pair[0] in kinds]
    if not found:
        raise UnknownError(f"nothing is known of {asked}" + _when_erased(databases, asked))
    if len(found) > 1:
        names = ", ".join(f"{one} {id}" for one, id in found)
        fix = "name one of their ids" if "@" in asked else "choose with --kind company or --kind partner"
        raise AmbiguousError(f"{asked} is several: {names}; {fix}")
    return found[0]


def to_erase(databases: Databases, id: str, kind: Kind | None) -> tuple[Kind, str]:
    """Return the kind and id of an organisation that is to be erased, one that is erased already included.

    Raises UnknownError and AmbiguousError; the latter for the mail address of a contact too, who is a person beside it.
    """
    if "@" in id:
        raise AmbiguousError(
            f"{id} is a person's address: erase the organisation by its id, or take the contact out of its profile"
        )
    try:
        return find_organisation(databases, id, kind)
    except UnknownError:
        erased = {one.kind for one in _erased(databases, id)}
        again = [one for one in KINDS if kind in (None, one) and one in erased]
        if len(again) != 1:
            raise
        return again[0], id


def held_of(databases: Databases, settings: Settings, kind: Kind, id: str, now: datetime) -> Held:
    """Return all that is held of an organisation as JSON values: states, requests, visits, reports, introductions,
    reviews, lifted exclusions, deliveries, mails, and who else names it.
    """
    held: Held = {"id": id, "kind": kind, "made_at": to_text(now)}
    for name, service in SERVICES.items():
        with databases[name].reading() as connection:
            held |= service.parts.rights.held(connection, Asked(kind, id, settings, held))
    held["named_by"] = held.pop("named_by")  # of others: last
    return held


def held_apart(databases: Databases, asked: str, now: datetime) -> Held | None:
    """Return what is held of an id or a mail address that no organisation has; None where one has it, or nothing is.

    That is what came in without an account and is in no record.
    """
    known = any(_is_known(databases, kind, asked) for kind in KINDS)
    if known or ("@" in asked and _with_address(databases, asked)):
        return None
    found: list[Held] = []
    for name, service in SERVICES.items():
        with databases[name].reading() as connection:
            found += service.parts.rights.apart(connection, asked)
    if not found:
        return None
    return {"id": asked, "kind": APART, "made_at": to_text(now), "profile": None, "submissions": found}


def counts(held: Mapping[str, object]) -> dict[str, int]:
    """Count what is held, by what it is; `named_by` apart."""
    return {
        "profiles": int(held["profile"] is not None),
        **{
            name: len(value)
            for name, value in held.items()
            if isinstance(value, list) and name not in NOT_COUNTED
        },
    }


def erasing_service() -> tuple[Service, Erasing]:
    """Return the service that erases organisations, and how."""
    return next((one, erasing) for one in SERVICES.values() if (erasing := one.parts.erasing))


def _is_known(databases: Databases, kind: Kind, id: str) -> bool:
    for name, service in SERVICES.items():
        with databases[name].reading() as connection:
            if service.parts.rights.knows(connection, kind, id):
                return True
    return False


def _with_address(databases: Databases, address: str) -> list[tuple[Kind, str]]:
    found: set[tuple[Kind, str]] = set()
    for name, service in SERVICES.items():
        with databases[name].reading() as connection:
            found.update(service.parts.rights.with_address(connection, address))
    return sorted(found)


def _erased(databases: Databases, id: str) -> Iterator[Erasure]:
    service, erasing = erasing_service()
    with databases[service.name].reading() as connection:
        yield from (one for one in erasing.erased(connection, id) if one.kind in KINDS)


def _when_erased(databases: Databases, id: str) -> str:
    moments = ", ".join(one.erased_at[:19] + "Z" for one in _erased(databases, id))
    return f" (erased at {moments})" if moments else ""
