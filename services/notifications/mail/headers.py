"""Header lines of a mail, with text beyond ASCII as encoded words (RFC 2047).

Written here because the email package of Python 3.11 loses spaces between encoded words, and writes words without text.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import Policy
from string import ascii_letters, digits

MOST_IN_WORD = 75
MOST_IN_LINE = 76
"""Characters of an encoded word, and of a line that holds one (RFC 2047, section 2)."""
MOST_PLAIN = 60
"""Characters of a word of free text that is written as it stands: longer ones can be divided if they are encoded."""

_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
_QUOTED = re.compile(r'(["\\])')
_ESCAPED = r"\\\1"
# What stands for itself in an encoded word within a phrase (RFC 2047, section 5, rule 3), and so everywhere.
_PLAIN = frozenset((ascii_letters + digits + "!*+-/").encode("ascii"))
_START, _END = "=?utf-8?", "?="


class Header(str):
    """A header as its reader will see it, which the email package writes as it is written here.

    The package keeps a value that has a `name` and a `fold`, and asks the latter for the lines.
    """

    name: str
    addresses: tuple[Address, ...]
    _parts: tuple[str, ...]

    @classmethod
    def made_of(cls, name: str, value: str, parts: Iterable[str], *addresses: Address) -> Header:
        """Make a header of its value and of the parts that are written, between which a line may end."""
        header = cls(value)
        header.name, header.addresses, header._parts = name, addresses, tuple(parts)
        return header

    def fold(self, *, policy: Policy) -> str:
        """Return the header's lines, each ended as the policy says."""
        lines = [f"{self.name}:"]
        for place, part in enumerate(self._parts):
            # The first part stays beside the name: a line of white space alone is none (RFC 5322, section 3.2.2).
            if place and len(lines[-1]) + 1 + len(part) > MOST_IN_LINE:
                lines.append("")
            lines[-1] += f" {part}"
        return policy.linesep.join(lines) + policy.linesep


def text_header(name: str, text: str) -> Header:
    """Return a header of free text, which must be one line without controls and surrogates."""
    words = text.split(" ")
    strange = [place for place, word in enumerate(words) if not _stands_for_itself(word)]
    if not strange or not text:
        return Header.made_of(name, text, words)
    # A space at an end or beside another would be lost between words that stand for themselves.
    first, last = (0, len(words)) if "" in words else (strange[0], strange[-1] + 1)
    before, after = words[:first], words[last:]
    strangers = " ".join(words[first:last])
    # Only the first line has the header's name before it, which plain words may have filled already.
    room = MOST_IN_WORD if before else MOST_IN_LINE - len(f"{name}: ")
    return Header.made_of(name, text, [*before, *encoded_words(strangers, room), *after])


def address_header(name: str, display_name: str, address: str) -> Header:
    """Return a header of one address with a display name, which must be one line without controls and surrogates.

    The address must be one that `shared.words.addresses` takes.
    """
    local, _, domain = address.rpartition("@")
    parsed = Address(display_name=display_name, username=local, domain=domain)
    if not display_name:
        return Header.made_of(name, address, [address], parsed)
    phrase = _phrase(display_name, MOST_IN_LINE - len(f"{name}: "))
    return Header.made_of(name, str(parsed), [*phrase, f"<{address}>"], parsed)


def plain_header(name: str, value: str) -> Header:
    """Return a header of one word in ASCII, which is written as it is, however long."""
    return Header.made_of(name, value, [value])


def encoded_words(text: str, room: int = MOST_IN_WORD) -> Iterator[str]:
    """Yield a text as encoded words of at most 75 characters, the first of at most `room`; none for no text.

    White space between two of them is dropped by the reader, so the text's own stands inside them. No character is
    divided. The shorter of the two encodings is taken.
    """
    kind, length = ("q", _length_in_q) if _length_in_q(text) <= _length_in_b(text) else ("b", _length_in_b)
    start = f"{_START}{kind}?"
    left = room - len(start) - len(_END)
    word = ""
    for character in text:
        if word and length(word + character) > left:
            yield f"{start}{_coded(word, kind)}{_END}"
            word, left = "", MOST_IN_WORD - len(start) - len(_END)
        word += character
    if word:
        yield f"{start}{_coded(word, kind)}{_END}"


def shown_header(message: EmailMessage, name: str) -> str:
    """Return a header of a mail that was read from a file as its reader should see it; empty where there is none.

    The package's own reader, unlike this older one of it, puts spaces between the encoded words of a name.
    """
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    line = "".join(raw.splitlines()).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return str(make_header(decode_header(line))).strip()


def _phrase(name: str, room: int) -> list[str]:
    words = name.split(" ")
    if not name.isascii() or "=?" in name or "" in words:
        return list(encoded_words(name, room))
    if all(map(_ATOM.fullmatch, words)):
        return words
    # A line may end at a space within quotation marks; the space stays (RFC 5322, section 3.2.4).
    return f'"{_QUOTED.sub(_ESCAPED, name)}"'.split(" ")


def _stands_for_itself(word: str) -> bool:
    """Tell whether a word can be written as it is: it must not look like an encoded one."""
    return word.isascii() and word.isprintable() and "=?" not in word and 0 < len(word) <= MOST_PLAIN


def _coded(text: str, kind: str) -> str:
    if kind == "b":
        return b64encode(text.encode()).decode("ascii")
    return "".join(_in_q(octet) for octet in text.encode())


def _in_q(octet: int) -> str:
    if octet in _PLAIN:
        return chr(octet)
    return "_" if octet == ord(" ") else f"={octet:02X}"


def _length_in_q(text: str) -> int:
    return sum(1 if octet in _PLAIN or octet == ord(" ") else 3 for octet in text.encode())


def _length_in_b(text: str) -> int:
    return -(-len(text.encode()) // 3) * 4
