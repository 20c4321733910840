"""Names, addresses and domains of organisations made comparable: across scripts, legal forms and ways of writing."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from anyascii import anyascii

from shared.words.hosts import MAIL_PROVIDERS, SHARED_HOSTS
from shared.words.kept import kept

_LEGAL_WORDS = (
    "ab publ hb kb as asa aps is ivs amba oy oyj abp ry gmbh ggmbh mbh ag kg kgaa ug ohg ev eg gbr se sa sas sasu "
    "sarl srl spa sapa sl slu scoop bv nv vof cv ltd limited plc llc llp lp inc incorporated corp corporation co "
    "company pty spzoo sro doo dd ad eood ood ooo zao oao pao ao tov prat pat kft zrt nyrt bt uab sia ou mtu ltda "
    "eurl scs the group holding holdings koncernen gruppen gruppe "
)
_LEGAL = frozenset(_LEGAL_WORDS.split())
"""Folded legal forms, and words for a group of companies: they tell no organisation from another."""

_GENERIC_WORDS = (
    "hospital hospitals sjukhus sjukhuset sykehus sygehus krankenhaus klinikum klinik kliniken clinic clinics "
    "hopital ospedale szpital likarnia likarnya bolnitsa ziekenhuis sairaala haigla university universitet "
    "universitets universitetssjukhus universitetssjukhuset universitatsklinikum akademiska college school "
    "hogskola institute institut institutet region regional regionen county lan landsting municipality municipal "
    "kommune kommun stad city town district national central general public private new health healthcare helse "
    "sundhed halsa halso vard varden care medical medicine medicin medica clinical hospitalet services service "
    "solutions systems system technologies technology tech teknik digital pharma biotech bio lab labs laboratory "
    "laboratories diagnostics consulting partners international global nordic nordics norden scandinavia "
    "scandinavian sweden sverige norge norway danmark denmark finland suomi deutschland germany europe european "
    "centre center centrum zentrum foundation trust ministry department agency authority board council cluster "
    "network association of and for in och og und i for de la le du der die das am an st saint "
)
GENERIC = frozenset(_GENERIC_WORDS.split())
"""Folded words that many names share: alike in these alone, two names are not alike."""

_RESERVED = re.compile(r"(?:^|\.)(?:invalid|test|example|localhost|example\.(?:com|net|org))$")
"""Domains that RFC 2606 and RFC 6761 keep for examples and tests: they belong to nobody."""

_JOINED = re.compile(r"\b(\w)[./](?=\w\b)")
_WORD = re.compile(r"[a-z0-9]+")
_SPELLED = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a"))


def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name in small Latin letters, whatever its script, without legal forms at its ends.

    A name that is nothing but legal forms keeps the last of them.
    """
    return tuple(_plain_name(name).split())


@kept(40_000)
def _plain_name(name: str) -> str:
    text = _JOINED.sub(r"\1", anyascii(name).lower()).replace("'", "").replace("sp. z oo", "spzoo")
    for spelled, plain in _SPELLED:
        text = text.replace(spelled, plain)
    words = _WORD.findall(text)
    first, end = 0, len(words)
    while end > 1 and words[end - 1] in _LEGAL:
        end -= 1
    while end - first > 1 and words[first] in _LEGAL:
        first += 1
    return " ".join(words[first:end])


def distinctive(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a folded name that tell the name from others, in order."""
    return tuple(word for word in words if word not in GENERIC and len(word) > 1)


@kept(100_000)
def website_place(website: str) -> tuple[str, str]:
    """Return host (without `www.`) and path of a website as people write it.

    Both are empty where it is none, and where strangers to each other may share the host.
    """
    text = website.strip().lower()
    if not text:
        return "", ""
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return "", ""
    if "." not in host or host in SHARED_HOSTS or is_reserved(host):
        return "", ""
    path = parts.path.strip("/")
    # A language or a start page is no place of its own.
    return host, "" if len(path) <= 3 or path.startswith(("index", "home", "start")) else path


def is_reserved(domain: str) -> bool:
    """Say whether a domain is kept for examples and tests, so that it tells nothing of whoever writes it."""
    return _RESERVED.search(domain) is not None


@kept(100_000)
def own_domain(domain: str) -> str:
    """Return the domain as it is compared; empty where strangers to each other may share it, and for none."""
    own = domain.strip().strip(".").lower()
    return "" if "." not in own or own in MAIL_PROVIDERS or is_reserved(own) else own


def mail_domain(address: str) -> str:
    """Return the domain of a mail address; empty where strangers to each other may share the domain."""
    return own_domain(address.rpartition("@")[2])
