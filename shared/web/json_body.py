"""Reading JSON that strangers send: everything that would hurt later is refused here, with the reason."""

from __future__ import annotations

import codecs
import json
import math
import re
from typing import Any, NoReturn

DEEPEST = 32
LONGEST_NUMBER = 32
LONGEST_KEY = 200
MOST_VALUES = 30_000
"""Values, keys and brackets that a body may hold: the largest visit that the schemas take has some 20,000."""

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""A string, also one that never ends: each character is looked at once."""
_BRACKET = re.compile(r"[\[{\]}]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class BadJsonError(ValueError):
    """A body that is no JSON we take; the message says why and what to do."""


def read_json(body: bytes) -> Any:
    """Read a JSON text in UTF-8 into plain values; a byte order mark before it is ignored (RFC 8259, section 8.1).

    Raises BadJsonError for other encodings, malformed JSON, more than 30,000 values, brackets nested deeper than 32,
    numbers of more than 32 characters, NaN and infinities, a key of more than 200 characters or given twice, NUL
    characters and lone surrogates. What is counted is counted before anything is made of the text.
    """
    body = body.removeprefix(codecs.BOM_UTF8)
    other = _other_encoding(body)
    if other:
        raise BadJsonError(f"The body is not UTF-8 but {other}; send it as UTF-8.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJsonError(f"The body is not UTF-8 (byte {error.start}); send it as UTF-8.") from error
    if _most_values(text) > MOST_VALUES or text.count("[") + text.count("{") > DEEPEST:
        bare = _STRING.sub('""', text)
        if _most_values(bare) > MOST_VALUES:
            raise BadJsonError(f"The body holds more than {MOST_VALUES} values; send less at a time.")
        _check_depth(bare)
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


def _most_values(text: str) -> int:
    """Return how many values and keys a text without strings holds at most; of one with strings, an upper bound."""
    return 1 + sum(map(text.count, ",:[{"))


def _check_depth(bare: str) -> None:
    """Raise BadJsonError for a text, its strings taken out, whose brackets stand too deep."""
    depth = 0
    for match in _BRACKET.finditer(bare):
        if match.group() in "[{":
            depth += 1
            if depth > DEEPEST:
                raise BadJsonError(f"The brackets are nested deeper than {DEEPEST}; send a flatter object.")
        else:
            depth -= 1
            if depth < 0:
                return  # no JSON, as the decoder will say


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for key, _ in pairs:
        if len(key) > LONGEST_KEY:
            raise BadJsonError(f"A key has {len(key)} characters; at most {LONGEST_KEY} are taken.")
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
