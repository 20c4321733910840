"""A reader of header lines as strict as RFC 2047 and 5322 allow, and that shares no code with the email package."""

from __future__ import annotations

import base64
import re

WORD = re.compile(r"=\?(utf-8)\?([qb])\?([!-<>@-~=]*)\?=")
PLAIN_IN_PHRASES = re.compile(r"(?:[A-Za-z0-9!*+/_-]|=[0-9A-F]{2})+")


def header_lines(mail: bytes, name: str) -> list[str]:
    """Return the lines of the one header of this name, the first without the name."""
    lines = mail.partition(b"\r\n\r\n")[0].decode("utf-8").split("\r\n")
    at = [place for place, line in enumerate(lines) if line.startswith(f"{name}: ")]
    assert len(at) == 1, (name, lines)
    end = next((place for place in range(at[0] + 1, len(lines)) if lines[place][0] not in " \t"), len(lines))
    found = lines[at[0] : end]
    for line in found:
        assert len(line.encode()) <= 998
        assert len(line) <= 78 or " " not in line[len(name) + 2 :].strip(), line
        assert len(line) <= 76 or "=?" not in line, line
        assert line.strip(), "a line of white space alone"
    return [found[0].removeprefix(f"{name}: "), *found[1:]]


def read_text(lines: list[str]) -> str:
    """Read a header of free text."""
    return _decoded("".join(lines))


def read_mailbox(lines: list[str]) -> tuple[str, str]:
    """Read a header of one mailbox as its display name and address."""
    line = "".join(lines)
    if "<" not in line:
        return "", line.strip()
    phrase, _, address = line.rpartition(" <")
    assert address.endswith(">")
    if phrase.startswith('"'):
        assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', phrase), phrase
        return re.sub(r"\\(.)", r"\1", phrase[1:-1]), address[:-1]
    for token in phrase.split(" "):
        if found := WORD.fullmatch(token):
            assert found[2] == "b" or PLAIN_IN_PHRASES.fullmatch(found[3]), token
        else:
            assert re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", token), token
    return _decoded(phrase), address[:-1]


def _decoded(line: str) -> str:
    """Decode encoded words, and drop the white space between two of them; each by itself must be UTF-8."""
    out, gap, after_word = "", "", False
    for token in re.split(r"([ \t]+)", line):
        if not token.strip():
            gap = token
        elif found := WORD.fullmatch(token):
            assert found[3], "an encoded word without text"
            assert len(token) <= 75
            out += ("" if after_word else gap) + _octets(found[2], found[3]).decode("utf-8")
            gap, after_word = "", True
        else:
            assert "=?" not in token, f"{token} looks like an encoded word"
            out += gap + token
            gap, after_word = "", False
    return out


def _octets(kind: str, text: str) -> bytes:
    if kind == "b":
        return base64.b64decode(text, validate=True)
    assert re.fullmatch(r"(?:[!-<>@-~]|=[0-9A-F]{2})+", text), text
    spaced = text.replace("_", " ").encode("ascii")
    return re.sub(rb"=([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), spaced)
