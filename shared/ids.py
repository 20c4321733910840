"""Identifiers: what they may look like, how they are joined, and where random ones are drawn.

Several ids that become one are joined by `joined` or `joined_identifier` and by nothing else: a full stop may stand in
an id, so that `A.b` and `c` would be called as `A` and `b.c` are.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from hashlib import sha256
from itertools import count

IdSource = Callable[[], str]
"""Gives a new identifier at each call, never the same twice."""

ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What an identifier may look like: safe in URLs, file names, mail addresses and event keys."""

LONGEST_ID = 64
"""Characters of the longest identifier."""
_JOINT = "."
_ESCAPES = (("%", "%25"), ("~", "%7E"), (_JOINT, "~"))
"""What stands for a sign within a part, in the order in which they are replaced; the first two never occur in an id."""
_DIGITS = 32
_HEAD = 15
"""Characters of an id that are left before the digest of several."""


def joined(*parts: str) -> str:
    """Return one text for one or more ids, another for any others: `taken_apart` returns them again.

    The parts stand with a full stop between them, as they are where they have none. A full stop within a part is
    written `~`, which is in no identifier.
    """
    return _JOINT.join(_escaped(part) for part in parts)


def taken_apart(text: str) -> tuple[str, ...]:
    """Return the parts of what `joined` returned."""
    return tuple(_unescaped(part) for part in text.split(_JOINT))


def joined_identifier(one: str, other: str) -> str:
    """Return one identifier (`ID_PATTERN`) for two: always the same, another for any other two.

    It is `<one>.<other>` where that is an identifier and neither has a full stop. Otherwise their beginnings stand
    before a digest, with two full stops in it: what is called so is looked up by the two, which it does not tell.
    """
    plain = f"{one}{_JOINT}{other}"
    if len(plain) <= LONGEST_ID and plain.count(_JOINT) == 1:
        return plain
    digest = sha256(f"{one}/{other}".encode()).hexdigest()[:_DIGITS]
    return _JOINT.join((_head(one), _head(other), digest))


def may_be_joined_with(identifier: str, other: str) -> bool:
    """Say whether what `joined_identifier` returned may be of this second id.

    It is certain unless a digest stands for them; then every id that begins alike may be meant.
    """
    _one, _joint, rest = identifier.partition(_JOINT)
    return rest == other or any(f"{_JOINT}{head}{_JOINT}" in identifier for head in heads_of(other))


def heads_of(id: str) -> frozenset[str]:
    """Return what may stand for an id before a digest: full stops stand in those that other code has joined."""
    return frozenset({_head(id), id[:_HEAD]})


def _escaped(part: str) -> str:
    for sign, instead in _ESCAPES:
        part = part.replace(sign, instead)
    return part


def _unescaped(part: str) -> str:
    for sign, instead in reversed(_ESCAPES):
        part = part.replace(instead, sign)
    return part


def _head(id: str) -> str:
    return id[:_HEAD].replace(_JOINT, "-")


def random_ids() -> str:
    """Return a random identifier of 32 hexadecimal digits."""
    return uuid.uuid4().hex


def numbered_ids(prefix: str = "id-") -> IdSource:
    """Return a source of `prefix1`, `prefix2`, …: for tests and for results that must repeat."""
    numbers = count(1)
    return lambda: f"{prefix}{next(numbers)}"
