"""The forms that strangers fill in: read as the API's fields, with what is wrong by the form's own fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from services.profiles.i18n import N_
from services.profiles.organisations.domain.codes import COMPANIES, REQUESTS
from shared.faults import Fault
from shared.words.not_known import is_not_known

TEXTS = ("text_1", "text_2", "text_3")
OF_ORGANISATION = ("name", "country", "city", "website", "kind", "language")
OF_CONTACT = ("contact_name", "email", "phone")
OF_VISIT = ("visit_from", "visit_to")
NEEDED = ("name", "country", "email", "text_1")
LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "sv": "Svenska",
    "da": "Dansk",
    "no": "Norsk",
    "de": "Deutsch",
    "fi": "Suomi",
    "fr": "Français",
    "es": "Español",
}
NUL = Fault("", N_("held a NUL character, which is taken out here"), N_("look at it and send it again"))
MISSING = Fault("", N_("is missing"), N_("write it here"))


def written(form: MultiDict[str, str]) -> dict[str, str]:
    """Return what stands in the form's fields, without NUL characters and white space around it."""
    names = (*OF_ORGANISATION, *OF_CONTACT, *TEXTS, *OF_VISIT)
    return {name: form.get(name, "").replace("\0", "").strip() for name in names}


def with_nul(form: MultiDict[str, str]) -> dict[str, Fault]:
    """Return the fields that hold a NUL character, which no text may have."""
    return {name: NUL for name, value in form.items() if "\0" in value}


def missing(said: Mapping[str, str]) -> dict[str, Fault]:
    """Return the fields that must be filled in and are not, or hold a word for *not known*."""
    return {name: MISSING for name in NEEDED if not said[name] or is_not_known(said[name])}


def fields_of(kind: str, said: Mapping[str, str]) -> dict[str, Any]:
    """Return what a form says as the API takes it: what is empty is left out."""
    organisation: dict[str, Any] = {name: said[name] for name in OF_ORGANISATION if said[name]}
    contact = {"name": said["contact_name"], "email": said["email"], "phone": said["phone"]}
    organisation["contact"] = {name: value for name, value in contact.items() if value}
    offers = [{"text": said[name]} for name in TEXTS if said[name]]
    if kind == REQUESTS:
        days = {name: said[name] for name in OF_VISIT if said[name]}
        return {"partner": organisation, "needs": offers, **days}
    return {**organisation, "capabilities" if kind == COMPANIES else "needs": offers}


def by_field(said: Mapping[str, str], faults: Iterable[Fault]) -> dict[str, Fault]:
    """Return what is wrong by the form's field that it stands in."""
    filled = [name for name in TEXTS if said[name]] or [TEXTS[0]]
    found: dict[str, Fault] = {}
    for fault in faults:
        found.setdefault(_field(fault.field, filled), fault)
    return found


def _field(path: str, filled: list[str]) -> str:
    parts = path.removeprefix("partner.").split(".")
    if parts[0] == "contact":
        return "contact_name" if parts[-1] == "name" else parts[-1] if parts[-1] in OF_CONTACT else "email"
    if parts[0] in ("needs", "capabilities"):
        place = int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() else 0
        return filled[min(place, len(filled) - 1)]
    return parts[0]
