"""Mail addresses: one check for whoever takes one in and for whoever sends to it, without any look-up.

Syntax and lengths are RFC 5321's, letters beyond ASCII before the @ RFC 6531's, domains IDNA 2008's, by the package
email-validator. Quoted local parts and numbers in brackets for a domain are not taken: many servers refuse them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import email_validator

from shared.faults import Fault

LONGEST_LOCAL_PART = 64
LONGEST_ADDRESS = 254
"""Octets (RFC 5321, section 4.5.3.1; a path of 256 has two angle brackets)."""
LONGEST_TEXT = 1000
"""Characters in which an address is looked for."""

EXAMPLE = "write for instance name@example.org"

# Whether a domain is reached is for the mail server to know: intranets have .local, samples .invalid and .test.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

_UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}
# Letters and marks that are drawn as nothing: joiners of marks, fillers, selectors of variants.
_DRAWN_AS_NOTHING = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_LOOKS_LIKE_AT = {"\uff20", "\ufe6b"}
_NAMED = re.compile(r"([^<>]*)<(?:mailto:)?([^<>]*)>", re.IGNORECASE)
_NAMED_BY_OUTLOOK = re.compile(r"([^\[\]]*)\[mailto:([^\[\]]*)\]", re.IGNORECASE)
_NAME_FIRST = re.compile(r"([^@]*[^\s@,;:|])\s*(?:[,;:|]\s+|[\n\t]\s*|:)(\S+@\S+)")
_NAME_BEHIND = re.compile(
    r"([^\s,;|()\[\]]+@[^\s,;|()\[\]]+)\s*(?:(?:[,;|]\s+|[\n\t]\s*)([^@]+)|\(([^()@]+)\)|\[([^\[\]@]+)\])"
)
_LABEL = re.compile(
    r"(?:e-?post|e-?mail|mail|mejl|email|epost|courriel|correo|contact|kontakt|adress|address)(?:adress|address)?",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"\d|\w\.\w|^(?:to|cc|bcc)$", re.IGNORECASE)
_BETWEEN_SAME = re.compile(r"[\s,;/|&]+")
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)
_ADDRESS_IN_NAME = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]")
_BETWEEN_TWO = re.compile(r"[\s,;/|&<>]")


class AddressError(ValueError):
    """A mail address that is not taken: what is wrong with it, and how to mend it.

    Neither repeats the address, so that both may be published. `values` fill the places of `problem` and `fix`.
    """

    def __init__(self, problem: str, fix: str = EXAMPLE, **values: object) -> None:
        super().__init__(Fault("mail address", problem, fix, values).sentence())
        self.problem = problem
        self.fix = fix
        self.values = values


@dataclass(frozen=True)
class MailAddress:
    """A mail address that is taken. `domain` is in ASCII, as mail servers are told it."""

    written: str
    local_part: str
    domain: str

    @property
    def sent(self) -> str:
        """The address as mail servers are told it."""
        return f"{self.local_part}@{self.domain}"


@dataclass(frozen=True)
class NamedAddress:
    """A mail address with the name beside it, which may be empty."""

    name: str
    address: MailAddress


def read_address(text: str) -> MailAddress:
    """Read one mail address that stands alone; what cannot be seen at its ends does not count.

    The domain is never another one than the one written: letters that only stand for others are refused. Raises
    AddressError.
    """
    written = without_unseen_ends(text)
    _refuse_at_sight(written)
    try:
        checked = email_validator.validate_email(written, check_deliverability=False, strict=True)
    except email_validator.EmailNotValidError as error:
        raise _refused(written) from error
    local, _, domain = written.rpartition("@")
    local = unicodedata.normalize("NFC", local)
    if (
        len(local.encode()) > LONGEST_LOCAL_PART
        or len(f"{local}@{checked.ascii_domain}".encode()) > LONGEST_ADDRESS
    ):
        raise _too_long()
    if not _is_written(domain, checked.domain, checked.ascii_domain):
        raise AddressError(
            "has letters after the @ that stand for others", "write the domain as it is registered"
        )
    return MailAddress(written, local, checked.ascii_domain)


def read_named_address(text: str) -> NamedAddress:
    """Read one mail address with a name or without, as mail programs, address books and people write it.

    `Anna Exempel <anna@exempel.example>`, `anna@exempel.example (Anna Exempel)`, `Anna Exempel, anna@exempel.example`,
    `mailto:anna@exempel.example` and `E-post: anna@exempel.example` are read, and one address that is written twice; a
    name may stand in quotation marks. Blanks alone are nothing between a name and an address: they may be a mistake in
    the address. Raises AddressError.
    """
    whole = without_unseen_ends(text)
    if len(whole) > LONGEST_TEXT:
        raise _too_long()
    found = _NAMED.fullmatch(whole) or _NAMED_BY_OUTLOOK.fullmatch(whole)
    if found is None:
        name, address = _taken_apart(whole)
        mailto = _MAILTO.match(address)
        return NamedAddress(name, read_address(address[mailto.end() if mailto else 0 :]))
    name, address = found.groups()
    if _ADDRESS_IN_NAME.search(name):
        raise _several()
    return NamedAddress(_unquoted(without_unseen_ends(name)), read_address(address))


def _taken_apart(whole: str) -> tuple[str, str]:
    """Return the name and the address of a text that has both; where it does not, no name and the whole text."""
    if whole.count("@") > 1:
        parts = [part for part in _BETWEEN_SAME.split(whole) if part]
        return "", parts[0] if len({part.lower() for part in parts}) == 1 else whole
    first = _NAME_FIRST.fullmatch(whole)
    behind = None if first else _NAME_BEHIND.fullmatch(whole)
    if first:
        name, address = first.groups()
    elif behind:
        name, address = next(filter(None, behind.groups()[1:])), behind[1]
    else:
        return "", whole
    if _LABEL.fullmatch(name) or _MAILTO.fullmatch(f"{name}:"):
        return "", address
    if _NO_NAME.search(name):
        return "", whole
    return _unquoted(without_unseen_ends(name)), address


def without_unseen_ends(text: str) -> str:
    """Return a text without what cannot be seen at its ends: white space of every kind, marks of no width."""
    start, end = 0, len(text)
    while start < end and _is_unseen(text[start]):
        start += 1
    while end > start and _is_unseen(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_unseen(character: str) -> bool:
    if character in "\r\n":
        return False
    return unicodedata.category(character) in _UNSEEN or _DRAWN_AS_NOTHING.match(character) is not None


def _refuse_at_sight(written: str) -> None:
    """Refuse what a person would name at sight, in a person's words."""
    if not written:
        raise AddressError("is empty")
    if len(written) > LONGEST_TEXT:
        raise _too_long()
    if "@" not in written and (alike := _LOOKS_LIKE_AT.intersection(written)):
        raise AddressError("has the sign %(sign)s in place of @", "write @", sign=min(alike))
    if any(_BETWEEN_TWO.search(between) for between in written.split("@")[1:-1]):
        raise _several()
    if "<" in written or ">" in written:
        raise AddressError(
            "is not an address alone", "write the address alone, without a name and without < and >"
        )
    for place, character in enumerate(written, 1):
        if character != " " and (_is_unseen(character) or character in "\r\n"):
            raise AddressError(
                "holds a character that cannot be seen, %(character)s at position %(place)s",
                "write the address anew, letter by letter",
                character=_called(character),
                place=place,
            )
    if " " in written:
        raise AddressError("has a space in it", "write the address without spaces")


def _refused(written: str) -> AddressError:
    """Say in our words what the package refused."""
    local, at, domain = written.rpartition("@")
    if not at:
        return AddressError("is no mail address")
    if '"' in local:
        return AddressError("has quotation marks before the @", "use an address without them")
    if domain.startswith("["):
        return AddressError("has a number in place of a domain", "write the name of the domain after the @")
    if len(local.encode()) > LONGEST_LOCAL_PART or len(written.encode()) > LONGEST_ADDRESS:
        return _too_long()
    try:
        email_validator.validate_email(f"{local}@example.org", check_deliverability=False)
    except email_validator.EmailNotValidError:
        return AddressError("is no mail address: it has no valid part before the @")
    return AddressError("is no mail address: it has no valid domain after the @")


def _too_long() -> AddressError:
    return AddressError(
        "is too long",
        "mail servers take at most %(local)s characters before the @ and %(all)s in all",
        local=LONGEST_LOCAL_PART,
        all=LONGEST_ADDRESS,
    )


def _several() -> AddressError:
    return AddressError("holds more than one address", "write the one that mails are to go to")


def _is_written(domain: str, shown: str, sent: str) -> bool:
    """Tell whether a domain's labels are those written, but for capitals and the way that accents are composed."""
    labels = unicodedata.normalize("NFC", domain.lower()).split(".")
    pairs = list(zip(shown.split("."), sent.split("."), strict=True))
    return len(labels) == len(pairs) and all(label in pair for label, pair in zip(labels, pairs, strict=True))


def _unquoted(name: str) -> str:
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        return re.sub(r"\\(.)", r"\1", name[1:-1]).strip()
    return name


def _called(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}{' ' if name else ''}{name}"
