"""Reading JSON that strangers send: everything that would hurt later is refused here, with the reason."""

from __future__ import annotations

import codecs
import json
import math
import re
from typing import Any, NoReturn

DEEPEST = 32
LONGEST_NUMBER = 32

_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


class BadJsonError(ValueError):
    """A body that is no JSON we take; the message says why and what to do."""


def read_json(body: bytes) -> Any:
    """Read a JSON text in UTF-8 into plain values; a byte order mark before it is ignored (RFC 8259, section 8.1).

    Raises BadJsonError for other encodings, malformed JSON, brackets nested deeper than 32, numbers of more than 32
    characters, NaN and infinities, a key given twice, NUL characters and lone surrogates.
    """
    body = body.removeprefix(codecs.BOM_UTF8)
    other = _other_encoding(body)
    if other:
        raise BadJsonError(f"The body is not UTF-8 but {other}; send it as UTF-8.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJsonError(f"The body is not UTF-8 (byte {error.start}); send it as UTF-8.") from error
    if text.count("[") + text.count("{") > DEEPEST:
        _check_depth(text)
    try:
        value = _DECODER.decode(text)
    except BadJsonError:
        raise
    except ValueError as error:
        raise BadJsonError(f"The body is not well-formed JSON: {error}.") from error
    if "\\u" in text:  # UTF-8 has no surrogates, and JSON no NUL, but as escapes
        _check_texts(value)
    return value


def _other_encoding(body: bytes) -> str:
    """Return the name of UTF-16 or UTF-32, told by a byte order mark or by noughts beside the first characters."""
    if body.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "UTF-32"
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    noughts = [byte == 0 for byte in body[:4]]
    if noughts in ([False, True, True, True], [True, True, True, False]):
        return "UTF-32"
    return "UTF-16" if noughts in ([False, True, False, True], [True, False, True, False]) else ""


def _check_depth(text: str) -> None:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
            if depth > DEEPEST:
                raise BadJsonError(f"The brackets are nested deeper than {DEEPEST}; send a flatter object.")
        elif mark in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise BadJsonError(f"The key {twice!r} is given twice; give it once.")
    return result


def _no_constant(word: str) -> NoReturn:
    raise BadJsonError(f"{word} is not a JSON number; leave the field out or send null.")


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise BadJsonError(f"A number has {len(digits)} digits; at most {LONGEST_NUMBER} are taken.")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits) if len(digits) <= LONGEST_NUMBER else math.inf
    if not math.isfinite(value):
        raise BadJsonError(f"The number {digits[:LONGEST_NUMBER]}… is too long or too large.")
    return value


def _check_texts(value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise BadJsonError("A text holds a NUL character; take it out.")
        if _SURROGATE.search(value):
            raise BadJsonError("A text holds half of a character (a lone surrogate); send whole characters.")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_texts(key)
            _check_texts(item)
    elif isinstance(value, list):
        for item in value:
            _check_texts(item)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_integer, parse_float=_number
)
"""Made once: json.loads would make it anew for every text."""
