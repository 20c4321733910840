"""The encoding of a text file: known by its mark, tried, or guessed and said to be so."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.sheets.sheet import FileError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAMES: Mapping[str, str] = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "mac_roman": "Mac Roman",
    "cp850": "DOS 850",
    "cp1251": "Windows-1251",
    "cp1257": "Windows-1257",
    "cp1253": "Windows-1253",
    "iso8859_2": "ISO 8859-2",
}
_OTHERS = ("mac_roman", "cp1250", "cp850", "cp1251", "cp1257", "iso8859_2", "cp1253")
"""What a file may be in whose letters are not those of Windows-1252, the likelier first."""

_BETWEEN_LETTERS = frozenset("'’‘´`-–—/·&+.,:;_@()[]!?\N{SOFT HYPHEN}\N{NO-BREAK SPACE}")
"""Signs that stand beside or between letters of one word in any text."""
_AFTER_LETTERS = frozenset('®™©°§…”“"»«*„‚›‹%€²³¹ªº†‡•×÷±¿¡½¼¾')
"""Signs that may stand before or after a word, and never inside."""
_OUTSIDE_RARE = frozenset("²³¹ªº†‡€")
_RARE_IN_1252 = re.compile(r"[šžŠŽŸÿƒˆ]|[ìòù](?=[^\W\d_])")
"""Letters that are seldom in texts in Windows-1252, and often what another encoding gives."""
_NORDIC = frozenset("åäöéøæüÅÄÖÉØÆÜ")
_FEW = 0.05
"""The share of strange words, out of those beyond ASCII, up to which a text is in the encoding that it is read in."""
_WORD = re.compile(r"\S+")
_TWICE = re.compile(r"[ÂÃ√][^\x00-\x7f]|â€")
_PERHAPS_TWICE = re.compile(r"[ÄÅ≈][^\x00-\x7f]")
_SPACE = re.compile(r"[ \t\r\n;,|\"]+")
_WORDS_SHOWN = 6
_LONGEST_WORD = 60
_MOST_WORDS = 2_000


@dataclass(frozen=True)
class DecodedText:
    """A file's text, the name of its encoding for people, and what was guessed and is to be checked."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def decode(content: bytes, encoding: str = "") -> DecodedText:
    """Return the text of a file's bytes.

    `encoding` names it where somebody said so; without it a byte order mark, UTF-16, UTF-8 and Windows-1252 are tried
    in this order. Raises FileError for bytes that are in no encoding that is taken, and for letters that Windows-1252
    has and no word: it names the encodings in which they make words.
    """
    if encoding:
        return _named(content, encoding)
    for mark, name in _MARKS:
        if content.startswith(mark):
            return _checked(_strictly(content[len(mark) :], name), name.upper()[:6].rstrip("-"))
    if len(content) % 2 == 0 and len(content) >= 4:
        # A header is written in Latin letters: every other byte of its UTF-16 is nought.
        head = content[:32]
        if not any(head[1::2]) and all(head[0::2]):
            return _checked(_strictly(content, "utf-16-le"), "UTF-16")
        if not any(head[0::2]) and all(head[1::2]):
            return _checked(_strictly(content, "utf-16-be"), "UTF-16")
    try:
        return _checked(content.decode("utf-8"), "UTF-8")
    except UnicodeDecodeError as error:
        lenient = content.decode("utf-8", errors="replace")
        wrong = lenient.count("\ufffd")
        if sum(character > "\x7f" for character in lenient) > 2 * wrong:
            # Windows-1252 almost never reads as UTF-8: this is UTF-8 with something broken in it.
            line = content.count(b"\n", 0, error.start) + 1
            raise FileError(
                f"is UTF-8 except in line {line}; mend that line and save it as CSV UTF-8"
            ) from error
    return _guessed(content)


def encoding_name(encoding: str) -> str:
    """Return the codec of an encoding as people write it (`Mac Roman`, `windows-1250`, `UTF-8`).

    Raises ValueError for one that is not known or is no encoding of texts.
    """
    plain = encoding.strip().lower()
    for text in (plain, plain.replace(" ", "_"), plain.replace(" ", ""), _CODECS.get(plain, "")):
        try:
            found = codecs.lookup(text).name if text else ""
            "".encode(found or "-")
        except (LookupError, ValueError):
            continue
        # Mail and web codecs read and write the same bytes as another name, or none at all.
        if found == "iso8859-1":  # what says so is in Windows-1252, as browsers know
            return "cp1252"
        if found not in ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7"):
            return found
    raise ValueError(
        f"the encoding {encoding!r} is not known; name one such as UTF-8, windows-1250 or macroman"
    )


_CODECS = {name.lower(): codec for codec, name in _NAMES.items()} | {
    "macintosh": "mac_roman",
    "mac os roman": "mac_roman",
    "ansi": "cp1252",
}


def _named(content: bytes, encoding: str) -> DecodedText:
    codec = encoding_name(encoding)
    text = _strictly(content, codec).removeprefix("\ufeff")
    return _checked(text, _NAMES.get(codec.replace("-", "_"), _NAMES.get(codec, codec)))


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileError(
            f"is in no encoding that is taken (byte {error.start} is not {encoding}); save it as CSV UTF-8"
        ) from error


def _guessed(content: bytes) -> DecodedText:
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        clean = [one for one in _clean_readings(content) if one[0] != "cp1252"]
        if not clean:
            raise FileError(
                f"is in no encoding that is taken (byte {error.start} is not cp1252); save it as CSV UTF-8"
            ) from error
        raise FileError(
            f"is in no encoding that is taken unnamed, UTF-8 or Windows-1252; {_asked(clean)}"
        ) from error
    words = _words(text)
    strange = [word for word in words if _is_strange(word)]
    rare = [word for word in words if _RARE_IN_1252.search(word)]
    if len(strange) > _FEW * len(words):
        readings = _clean_readings(content)
        raise FileError(
            f"is not UTF-8, and read as Windows-1252 it has letters that no word has inside "
            f"({', '.join(_shown(strange))}: if they are right, --encoding windows-1252); {_asked(readings)}"
        )
    if rare and not any(_is_nordic(word) for word in words if word not in rare):
        others = [
            one for one in _clean_readings(content) if one[0] in ("mac_roman", "cp1250") and one[1] != text
        ]
        if others:
            readings = [("cp1252", text), *others]
            raise FileError(f"is not UTF-8, and may be in more than one encoding; {_asked(readings)}")
    return DecodedText(text, "Windows-1252", (_said([*strange, *rare, *words]),))


def _is_nordic(word: str) -> bool:
    """Tell whether the letters of a word beyond ASCII are Nordic ones."""
    beyond = {letter for letter in word if letter.isalpha() and not letter.isascii()}
    return bool(beyond) and beyond <= _NORDIC


def _said(words: Sequence[str]) -> str:
    letters = sorted(
        {letter for word in words for letter in word if letter > "\x7f"},
        key=lambda one: (not one.isalpha(), one),
    )
    return (
        f"read as Windows-1252; letters beyond ASCII such as {' '.join(letters[:8])} "
        f"({', '.join(_shown(dict.fromkeys(words)))}): check them, or save as CSV UTF-8"
    )


def _asked(readings: Iterable[tuple[str, str]]) -> str:
    choices = [
        f"{', '.join(_shown(_words(text)))} in {_NAMES[codec]} (--encoding {codec.replace('_', '-')})"
        for codec, text in readings
    ]
    if not choices:
        return "save it as CSV UTF-8, or name its encoding with --encoding"
    return f"it reads {'; '.join(choices[:3])}: name the right one with --encoding, or save it as CSV UTF-8"


def _clean_readings(content: bytes) -> list[tuple[str, str]]:
    """Return the other encodings in which every word has letters that stand together, with the text in each."""
    found = []
    for codec in _OTHERS:
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        words = _words(text)
        if not any(_is_strange(word) for word in words):
            found.append((codec, text))
    return found


def _words(text: str) -> list[str]:
    """Return the first words with letters beyond ASCII, each once."""
    found: dict[str, None] = {}
    for word in _WORD.finditer(text):
        if word[0].isascii():
            continue
        for part in re.split(r"[;,|\"]", word[0]):
            if not part.isascii():
                at = next(place for place, letter in enumerate(part) if letter > "\x7f")
                found.setdefault(part[max(0, at - _LONGEST_WORD) : at + _LONGEST_WORD])
        if len(found) > _MOST_WORDS:
            break
    return list(found)


def _is_strange(word: str) -> bool:
    """Tell whether a word holds what no name has inside: symbols, a capital after a small letter, two scripts."""
    if any(unicodedata.category(letter) in ("Cc", "Cn", "Co") for letter in word):
        return True
    scripts = {unicodedata.name(letter, "").split()[0] for letter in word if letter.isalpha()}
    if len(scripts - {"MODIFIER", "FEMININE", "MASCULINE", "MICRO"}) > 1:
        return True
    beyond = sum(letter.isalpha() and letter > "\x7f" for letter in word)
    if scripts == {"LATIN"} and len(word) > 4 and beyond > 0.75 * len(word):
        return True
    return any(_is_strange_at(word, place) for place, letter in enumerate(word) if letter > "\x7f")


def _is_strange_at(word: str, place: int) -> bool:
    letter = word[place]
    before = word[place - 1] if place else ""
    after = word[place + 1] if place + 1 < len(word) else ""
    if letter.isalpha() and letter not in "ªº":
        small_follows = after.isalpha() and after.islower()
        if letter.isupper() and before.isalpha() and (before.islower() or small_follows):
            return True
        return letter.islower() and len(word) > 2 and before.isupper() and after.isupper() and letter != "ß"
    if letter in _BETWEEN_LETTERS:
        return False
    inside = before.isalpha() and after.isalpha()
    if letter in _AFTER_LETTERS:
        return inside or (letter in _OUTSIDE_RARE and (before.isalpha() and before > "\x7f"))
    # Fractions, signs of multiplication and the like stand between figures, not beside letters.
    return before.isalpha() or after.isalpha()


def _shown(words: Iterable[str]) -> list[str]:
    shown = [word.strip(".,;:()")[:30] for word in words]
    return shown[:_WORDS_SHOWN]


def _checked(text: str, encoding: str) -> DecodedText:
    """Mend what was encoded twice, line by line, and name it."""
    notes: list[str] = []
    if _looks_twice(text):
        lines = text.split("\n")
        mended = [_mended(line) for line in lines]
        changed = [(old, new) for old, new in zip(lines, mended, strict=True) if old != new]
        if changed:
            pairs = list(_changes(changed))[:3]
            notes.append(
                f"letters were encoded twice in {len(changed)} lines and are mended "
                f"({', '.join(f'{old} is {new}' for old, new in pairs)}): check them"
            )
            text = "\n".join(mended)
    if "\ufffd" in text:
        lines = text.split("\n")
        lost = [str(number) for number, line in enumerate(lines, start=1) if "\ufffd" in line]
        notes.append(
            f"letters were lost before the file was saved (\ufffd in line {', '.join(lost[:5])}"
            f"{' and more' if len(lost) > 5 else ''}): write them anew"
        )
    return DecodedText(text, encoding, tuple(notes))


def _mended(line: str) -> str:
    """Return a line with what was encoded twice, or more often, read once; other lines as they are."""
    whole = _read_once(line)
    return whole if whole != line else _WORD.sub(lambda word: _read_once(word[0]), line)


def _looks_twice(text: str) -> bool:
    """Tell whether a text may be encoded twice: by pairs that no language has, or several that are rare."""
    return bool(_TWICE.search(text)) or len(_PERHAPS_TWICE.findall(text)) > 1


def _read_once(line: str) -> str:
    for _ in range(3):
        if not _looks_twice(line):
            return line
        for codec in ("cp1252", "mac_roman"):
            try:
                once = _bytes_of(line, codec).decode("utf-8")
            except (UnicodeDecodeError, UnicodeEncodeError):
                continue
            if len(once) < len(line) and once.isprintable() >= line.isprintable():
                line = once
                break
        else:
            return line
    return line


def _bytes_of(line: str, codec: str) -> bytes:
    """Encode a line; the five bytes that Windows-1252 leaves out stand for themselves, as programs write them."""
    if codec != "cp1252":
        return line.encode(codec)
    return b"".join(
        bytes([ord(letter)]) if "\x80" <= letter <= "\x9f" else letter.encode(codec) for letter in line
    )


def _changes(lines: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for old, new in lines:
        for one, other in zip(_SPACE.split(old), _SPACE.split(new), strict=False):
            if one != other:
                yield one[:30], other[:30]
