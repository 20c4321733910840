"""What is held of a company or a partner, for who asks for it: `handslag export`, and what `erase` takes away."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Literal

import sqlalchemy as sa

import services.matching.tables as matching_tables
import services.notifications.tables as notifications_tables
import services.profiles.organisations.store as profiles_store
from deploy.operations.opening import STORES, opened
from services.matching.introductions.store import reviews_of_company
from services.matching.organisations.store import projection
from services.notifications.mail.mailbox import Mailbox
from services.notifications.mail.server import mailbox_of
from services.profiles.organisations.erase import last_version
from shared.clock import to_text
from shared.settings.registry import Settings
from shared.storage.engine import Database

Kind = Literal["company", "partner"]
TOPIC_OF: Mapping[Kind, str] = {"company": "companies", "partner": "partners"}
Held = dict[str, Any]

_SHOWN_OF_MATCH = ("id", "need_id", "role", "reasons", "questions")
"""Reasons, never scores or ranks."""


class UnknownError(Exception):
    """Nothing is known of what was asked for; the message says so."""


class AmbiguousError(Exception):
    """Several have what was asked for; the message says how to choose."""


@dataclass(frozen=True)
class Stores:
    """The databases of all services, and the built-in mailbox where mails go there."""

    databases: Mapping[str, Database]
    mailbox: Mailbox | None


@contextmanager
def opened_stores(settings: Settings) -> Iterator[Stores]:
    """Open the databases of all services; raises DatabaseAwayError."""
    with ExitStack() as stack:
        databases = {service: stack.enter_context(opened(settings, service)) for service in STORES}
        yield Stores(databases, mailbox_of(settings))


def find_organisation(stores: Stores, asked: str, kind: Kind | None) -> tuple[Kind, str]:
    """Give the kind and id of the organisation that has an id, or whose contact has a mail address.

    Raises UnknownError and AmbiguousError.
    """
    found = [(one, asked) for one in TOPIC_OF if kind in (None, one) and _is_known(stores, one, asked)]
    if not found and "@" in asked:
        found = [pair for pair in _with_address(stores, asked) if kind in (None, pair[0])]
    if not found:
        raise UnknownError(f"nothing is known of {asked}" + _when_erased(stores, asked))
    if len(found) > 1:
        names = ", ".join(f"{one} {id}" for one, id in found)
        fix = "name one of their ids" if "@" in asked else "choose with --kind company or --kind partner"
        raise AmbiguousError(f"{asked} is several: {names}; {fix}")
    return found[0]


def to_erase(stores: Stores, id: str, kind: Kind | None) -> tuple[Kind, str]:
    """Give the kind and id of an organisation that is to be erased, one that is erased already included.

    Raises UnknownError and AmbiguousError; the latter for the mail address of a contact too, who is a person beside it.
    """
    if "@" in id:
        raise AmbiguousError(
            f"{id} is a person's address: erase the organisation by its id, or take the contact out of its profile"
        )
    try:
        return find_organisation(stores, id, kind)
    except UnknownError:
        with stores.databases["profiles"].reading() as connection:
            erased = [
                one for one in TOPIC_OF if kind in (None, one) and last_version(connection, TOPIC_OF[one], id)
            ]
        if len(erased) != 1:
            raise
        return erased[0], id


def held_of(stores: Stores, kind: Kind, id: str, now: datetime) -> Held:
    """Give all that is held of an organisation as JSON values: states, requests, visits, reports, introductions,
    reviews, lifted exclusions, deliveries, mails, and who else names it.
    """
    profiles, matching = stores.databases["profiles"], stores.databases["matching"]
    with profiles.reading() as connection:
        profile = profiles_store.find(connection, TOPIC_OF[kind], id)
        own = {
            topic: _own_states(connection, topic, id) if kind == "partner" else []
            for topic in ("requests", "visits")
        }
        named_by = _named_by(connection, kind, id, profile)
    with matching.reading() as connection:
        introductions = _introductions(connection, kind, id)
        reports = _reports(connection, kind, id)
        reviews = _reviews(connection, kind, id, introductions, own["requests"])
        of, asked = matching_tables.lifted.c, [one["id"] for one in own["requests"]]
        about = of.company_id == id if kind == "company" else of.request_id.in_(asked)
        lifted = _rows(connection, matching_tables.lifted, about)
    with stores.databases["notifications"].reading() as connection:
        contacts = _rows(
            connection,
            notifications_tables.contacts,
            notifications_tables.contacts.c.side == kind,
            notifications_tables.contacts.c.organisation_id == id,
        )
        deliveries = _rows(
            connection,
            notifications_tables.deliveries,
            notifications_tables.deliveries.c.side == kind,
            notifications_tables.deliveries.c.organisation_id == id,
        )
    return {
        "id": id,
        "kind": kind,
        "made_at": to_text(now),
        "profile": profile,
        **own,
        "reports": reports,
        "introductions": introductions,
        "reviews": reviews,
        "lifted": lifted,
        "contacts": contacts,
        "deliveries": deliveries,
        "mails": [mail for one in deliveries if (mail := _mail(stores.mailbox, one["id"]))],
        "named_by": named_by,
    }


def counts(held: Mapping[str, Any]) -> dict[str, int]:
    """Count what is held, by what it is; `named_by` apart."""
    return {
        "profiles": int(held["profile"] is not None),
        **{
            name: len(value)
            for name, value in held.items()
            if isinstance(value, list) and name not in ("named_by", "contacts")
        },
    }


def _is_known(stores: Stores, kind: Kind, id: str) -> bool:
    with stores.databases["profiles"].reading() as connection:
        if profiles_store.find(connection, TOPIC_OF[kind], id) is not None:
            return True
    with stores.databases["matching"].reading() as connection:
        table = getattr(matching_tables, TOPIC_OF[kind])
        if projection.get_state(connection, table, id) is not None or _introductions(connection, kind, id):
            return True
    contacts = notifications_tables.contacts
    with stores.databases["notifications"].reading() as connection:
        mine = sa.and_(contacts.c.side == kind, contacts.c.organisation_id == id)
        return connection.execute(sa.select(contacts.c.side).where(mine)).first() is not None


def _with_address(stores: Stores, address: str) -> list[tuple[Kind, str]]:
    contacts = notifications_tables.contacts
    wanted = sa.func.lower(contacts.c.email) == address.lower()
    found: set[tuple[Kind, str]] = set()
    with stores.databases["notifications"].reading() as connection:
        found |= {
            (row.side, row.organisation_id) for row in connection.execute(sa.select(contacts).where(wanted))
        }
    with stores.databases["profiles"].reading() as connection:
        for kind, topic in TOPIC_OF.items():
            table = profiles_store.TABLES[topic]
            naming = table.c.state.contains("@", autoescape=True) & table.c.state.icontains(
                address, autoescape=True
            )
            for text in connection.execute(sa.select(table.c.state).where(naming)).scalars():
                state = json.loads(text)
                if ((state.get("contact") or {}).get("email") or "").lower() == address.lower():
                    found.add((kind, state["id"]))
    return sorted(found)


def _when_erased(stores: Stores, id: str) -> str:
    table = profiles_store.ERASURES
    with stores.databases["profiles"].reading() as connection:
        found = connection.execute(
            sa.select(table.c.erased_at).where(table.c.id == id, table.c.kind.in_(list(TOPIC_OF)))
        ).scalars()
        moments = ", ".join(moment[:19] + "Z" for moment in found)
    return f" (erased at {moments})" if moments else ""


def _own_states(connection: sa.Connection, topic: str, partner_id: str) -> list[Held]:
    table = profiles_store.TABLES[topic]
    query = sa.select(table.c.state).where(table.c.partner_id == partner_id).order_by(table.c.id)
    return [json.loads(text) for text in connection.execute(query).scalars()]


def _named_by(connection: sa.Connection, kind: Kind, id: str, profile: Held | None) -> list[dict[str, str]]:
    """List other profiles that name it, by id or name: their words, for staff to look at."""
    names = [json.dumps(id), *([json.dumps(profile["name"], ensure_ascii=False)[1:-1]] if profile else [])]
    found = []
    for other, topic in TOPIC_OF.items():
        table = profiles_store.TABLES[topic]
        naming = sa.or_(*(table.c.state.contains(name, autoescape=True) for name in names))
        for one in connection.execute(sa.select(table.c.id).where(naming).order_by(table.c.id)).scalars():
            if (other, one) != (kind, id):
                found.append({"kind": other, "id": one})
    return found


def _introductions(connection: sa.Connection, kind: Kind, id: str) -> list[Held]:
    """Give the introductions that still hold its words; of the other side who it is."""
    column = matching_tables.introductions.c[f"{kind}_id"]
    other = "partner" if kind == "company" else "company"
    return [
        {**one.state, other: {name: one.state[other][name] for name in ("id", "name", "country")}}
        for one in projection.list_states(connection, matching_tables.introductions, column == id)
        if not one.state[kind].get("erased_at")
    ]


def _reports(connection: sa.Connection, kind: Kind, id: str) -> list[Held]:
    """Give its own parts of the reports that it stands in."""
    table = matching_tables.reports
    naming = table.c.content.contains(f'"id":{json.dumps(id)}', autoescape=True)
    query = sa.select(table.c.request_id, table.c.version, table.c.made_at, table.c.content).where(naming)
    found = []
    for row in connection.execute(query.order_by(table.c.request_id)):
        content = json.loads(row.content)
        said = {"request_id": row.request_id, "version": row.version, "made_at": row.made_at}
        if kind == "partner" and content["partner"]["id"] == id:
            shown = [{name: match[name] for name in _SHOWN_OF_MATCH[1:]} for match in content["matches"]]
            own = {name: content[name] for name in ("partner", "needs", "verdict", "verdict_text")}
            found.append({**said, **own, "matches": shown})
        elif kind == "company":
            mine = [
                {name: match[name] for name in ("company", *_SHOWN_OF_MATCH)}
                for match in content["matches"]
                if match["company"]["id"] == id and not match["company"].get("erased_at")
            ]
            excluded = [
                one
                for one in content["excluded"]
                if one["company"]["id"] == id and not one["company"].get("erased_at")
            ]
            if mine or excluded:
                found.append({**said, "matches": mine, "excluded": excluded})
    return found


def _reviews(
    connection: sa.Connection, kind: Kind, id: str, introductions: list[Held], requests: list[Held]
) -> list[Held]:
    """Give the decisions of staff on its matches, with their words."""
    table = matching_tables.reviews
    wanted: sa.ColumnElement[bool]
    if kind == "company":
        wanted = reviews_of_company(connection, id)
    else:
        ids = {one["request_id"] for one in introductions} | {one["id"] for one in requests}
        wanted = table.c.request_id.in_(sorted(ids))
    shown = [
        table.c[name] for name in ("request_id", "match_id", "report_version", "decision", "reason", "at")
    ]
    found = connection.execute(sa.select(*shown).where(wanted, table.c.reason != "").order_by(table.c.number))
    return [dict(row) for row in found.mappings()]


def _rows(connection: sa.Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> list[Held]:
    return [dict(row) for row in connection.execute(sa.select(table).where(*conditions)).mappings()]


def _mail(mailbox: Mailbox | None, delivery_id: str) -> Held | None:
    mail = mailbox.read(delivery_id) if mailbox else None
    if mail is None:
        return None
    return {
        "delivery_id": delivery_id,
        **{name.lower(): str(mail[name]) for name in ("Date", "To", "Subject")},
        "text": _text(mail),
    }


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    return "" if part is None else str(part.get_content())
