"""Encodings: known, guessed and said, asked about, mended."""

from __future__ import annotations

import pytest

from shared.sheets.sheet import FileError
from shared.sheets.text_encoding import decode, encoding_name


def file_of(text: str, encoding: str) -> bytes:
    return b"id;name\r\nC1;" + text.encode(encoding) + b"\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "Ångström & Söner – vård",
        "Café ”Å” Nestlé® 25 m² ½ kg €100…",
        "L’Oréal D’Été naïve Straße",
        "Æblegård Møre città più",
        "Škoda i Gävle",
        "•Larm ¿Qué? 3×daily",
    ],
)
def test_windows_1252_is_read_and_said_with_a_sample(text: str) -> None:
    found = decode(file_of(text, "cp1252"))
    assert found.text.endswith(f"C1;{text}\r\n")
    (note,) = found.notes
    assert note.startswith("read as Windows-1252; letters beyond ASCII such as")
    assert note.endswith("check them, or save as CSV UTF-8")
    assert any(word in note for word in text.split() if not word.isascii())


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        ("Exempel Gävle vård", "mac_roman", "Mac Roman (--encoding mac-roman)"),
        ("Malmö för", "mac_roman", "Mac Roman (--encoding mac-roman)"),
        ("ÅÄÖ AB", "mac_roman", "Mac Roman (--encoding mac-roman)"),
        ("Przykładowa Łódź", "cp1250", "Windows-1250 (--encoding cp1250)"),
        ("Škoda Plzeň Děčín", "cp1250", "Windows-1250 (--encoding cp1250)"),
        ("Gävle Hjälp", "cp850", "DOS 850 (--encoding cp850)"),
        ("Больница Москва", "cp1251", "Windows-1251 (--encoding cp1251)"),
    ],
)
def test_letters_that_no_word_has_inside_are_asked_about(text: str, encoding: str, named: str) -> None:
    with pytest.raises(FileError) as refused:
        decode(file_of(text, encoding))
    assert named in str(refused.value)
    assert text.split()[-1] in str(refused.value) or text.split()[0] in str(refused.value)
    assert decode(file_of(text, encoding), encoding).text.endswith(f"C1;{text}\r\n")


def test_one_strange_word_among_many_is_named_first_and_refuses_nothing() -> None:
    words = " ".join(f"å{number}ö" for number in range(60))
    (note,) = decode(file_of(f"McÅberg {words}", "cp1252")).notes
    assert "(McÅberg," in note


@pytest.mark.parametrize("text", ["Gävle", "Göteborg – vård", "SÃO PAULO", "“Åre” är bra", "Łódź"])
@pytest.mark.parametrize("wrong", ["cp1252", "mac_roman"])
def test_what_was_encoded_twice_is_mended_and_said(text: str, wrong: str) -> None:
    # Programs keep the five bytes that Windows-1252 leaves out.
    twice = "".join(
        bytes([byte]).decode(wrong)
        if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) or wrong != "cp1252"
        else chr(byte)
        for byte in text.encode()
    )
    found = decode(file_of(twice, "utf-8") + "C2;Östersund ”Å”\r\n".encode())
    assert f"C1;{text}\r\nC2;Östersund ”Å”" in found.text
    assert "encoded twice in 1 lines" in found.notes[0]


@pytest.mark.parametrize("text", ["SÃO PAULO", "”Café Å” Å…", "Ärlig – Åre", "naïve Â", "20 √9"])
def test_text_that_only_looks_so_is_left_alone(text: str) -> None:
    found = decode(file_of(text, "utf-8"))
    assert (found.text, found.notes) == (f"id;name\r\nC1;{text}\r\n", ())


def test_letters_that_are_lost_are_named_by_their_line() -> None:
    (note,) = decode(file_of("G\ufffdvle", "utf-8")).notes
    assert "line 2" in note


@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-be", "utf-16"])
def test_byte_order_marks_tell(encoding: str) -> None:
    mark = b"\x00\x00\xfe\xff" if encoding == "utf-32-be" else b""
    assert decode(mark + "id\nÅ\n".encode(encoding)).text == "id\nÅ\n"


@pytest.mark.parametrize(
    ("written", "codec"),
    [
        ("UTF-8", "utf-8"),
        ("Mac Roman", "mac-roman"),
        ("macintosh", "mac-roman"),
        ("Windows-1250", "cp1250"),
        ("DOS 850", "cp850"),
        ("latin1", "cp1252"),
    ],
)
def test_encodings_are_known_by_the_names_that_people_use(written: str, codec: str) -> None:
    assert encoding_name(written) == codec


@pytest.mark.parametrize("written", ["rot13", "base64", "utf-7", "nonsense", " "])
def test_what_is_no_encoding_of_texts_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not known"):
        encoding_name(written)


def test_an_encoding_that_does_not_fit_is_said() -> None:
    with pytest.raises(FileError, match="byte 12 is not utf-8"):
        decode(file_of("Å", "cp1252"), "utf-8")


def test_a_large_file_without_spaces_is_read_in_no_time() -> None:
    assert decode(b"id\n" + b"a" * 3_000_000 + b"\xe5\n").encoding == "Windows-1252"


def test_nordic_letters_beside_others_in_one_word_are_no_proof_of_a_nordic_text() -> None:
    with pytest.raises(FileError, match=r"Příklad, Plzeň.* in Windows-1250"):
        decode("name;city\nPříklad;Plzeň\nLůžka;Živá\n".encode("cp1250"))
    assert decode("name;city\nJakubovič Ström;Malmö\n".encode("cp1250")).notes
    assert decode("name;city\nŠimon Vård;Malmö\n".encode("cp1252")).encoding == "Windows-1252"
