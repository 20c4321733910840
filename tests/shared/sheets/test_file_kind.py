"""What people send as a spreadsheet, by its bytes."""

from __future__ import annotations

import io
import zipfile

import pytest

from shared.sheets.file_kind import MOST_MEMBERS, FileKind, file_kind
from shared.sheets.sheet import FileError

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
FIX = ".xlsx"


def archive(*names: str, mimetype: str = "") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        if mimetype:
            file.writestr("mimetype", mimetype)
        for name in names:
            file.writestr(name, "<x/>")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (OLD + "Workbook".encode("utf-16-le"), "old Excel workbook (.xls)"),
        (OLD + "Book".encode("utf-16-le"), "old Excel workbook (.xls)"),
        (OLD + "WordDocument".encode("utf-16-le"), "old Word document (.doc)"),
        (OLD + "PowerPoint Document".encode("utf-16-le"), "old presentation (.ppt)"),
        (OLD + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (OLD, "encrypted or in the old XLS format"),
        (archive("[Content_Types].xml", "xl/workbook.bin"), "binary Excel workbook (.xlsb)"),
        (archive("[Content_Types].xml", "word/document.xml"), "Word document"),
        (archive("[Content_Types].xml", "ppt/presentation.xml"), "presentation"),
        (archive("Index/Document.iwa", "Metadata/x.plist"), "Numbers document"),
        (archive(mimetype="application/vnd.oasis.opendocument.text"), "OpenDocument file that is no spreadsheet"),
        (archive("members.csv"), "ZIP archive; unpack it"),
        (archive(), "empty or split ZIP archive"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x1f\x8b\x08", "packed (gzip)"),
        (b"\x89PNG\r\n", "picture"),
        (b"{\\rtf1", "RTF"),
        (b"<html><table><tr><td>id</td></tr></table></html>", "web page (HTML), whatever its name says"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html>", "web page (HTML)"),
        ("<html>".encode("utf-16"), "web page (HTML)"),
        (b'<?xml?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "XML spreadsheet of 2003"),
        (b"<?xml version='1.0'?><rows/>", "XML file"),
        (b"ID;PWXL;N;E\n", "SYLK"),
        (b'[{"id": "C1"}]', "JSON"),
        (b'\xef\xbb\xbf{"id": "C1"}', "JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_not_read_is_refused_by_its_name(content: bytes, named: str) -> None:
    with pytest.raises(FileError) as refused:
        file_kind(content)
    assert named in str(refused.value)
    assert ";" in str(refused.value), "what to do is said as well"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"id,name\n", FileKind.CSV),
        (b"ID;Namn\n", FileKind.CSV),
        (b"", FileKind.CSV),
        ("id;name\n".encode("utf-16"), FileKind.CSV),
        (archive("[Content_Types].xml", "xl/workbook.xml"), FileKind.XLSX),
        (archive("content.xml", mimetype="application/vnd.oasis.opendocument.spreadsheet"), FileKind.ODS),
        (
            archive("content.xml", mimetype="application/vnd.oasis.opendocument.spreadsheet-template"),
            FileKind.ODS,
        ),
    ],
)
def test_what_is_read_is_known(content: bytes, kind: FileKind) -> None:
    assert file_kind(content) is kind


def test_an_archive_of_too_many_parts_is_refused() -> None:
    with pytest.raises(FileError, match="unpacks to more"):
        file_kind(archive(*(f"xl/{number}" for number in range(MOST_MEMBERS + 1))))
