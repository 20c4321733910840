"""Mail addresses as they stand in cells and mail programs: `Anna Exempel <anna@example.org>`, `mailto:…`, several."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.words.invisible import trimmed

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@]++@[^\s<>()\[\],;:\"@]++")
_MAILTO = re.compile(r"mailto:\s*", re.IGNORECASE)
_AROUND = " \t\n<>()[]\"',;."
_NAME = re.compile(r"[^\d<>@:;/\\]*")


@dataclass(frozen=True)
class WrittenAddress:
    """The addresses in a text, and the name that stands beside the only one; `name` is empty where none does."""

    addresses: tuple[str, ...]
    name: str = ""


def read_address(text: str) -> WrittenAddress | None:
    """Take a text apart into addresses and a name; None for a text that is no address with a name.

    Whether an address can be written to is not decided here.
    """
    plain = _MAILTO.sub("", trimmed(text))
    found = list(_ADDRESS.finditer(plain))
    addresses = tuple(dict.fromkeys(match[0].rstrip(".'").lstrip("'") for match in found))
    if len(addresses) != 1:
        return WrittenAddress(addresses) if addresses else None
    rest = _ADDRESS.sub(" ", plain)
    name = " ".join(rest.strip(_AROUND).split())
    if not _NAME.fullmatch(name):
        return None
    return WrittenAddress(addresses, name)


def with_address_apart(contact: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a contact whose `email` holds the address only, with the name beside it as `name` where none is given."""
    email = contact.get("email")
    written = read_address(email) if isinstance(email, str) else None
    if written is None or len(written.addresses) != 1:
        return contact
    (address,) = written.addresses
    named = {"name": written.name} if written.name and not contact.get("name") else {}
    return {**contact, **named, "email": address}
