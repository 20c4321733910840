"""What kind of file somebody sends, by its bytes: names of files are often wrong."""

from __future__ import annotations

import io
import re
import zipfile
from enum import StrEnum

from shared.sheets.sheet import FileError

MOST_UNPACKED_BYTES = 100_000_000
MOST_MEMBERS = 2_000

ZIP_MARK = b"PK\x03\x04"
_EMPTY_ZIP_MARKS = (b"PK\x05\x06", b"PK\x07\x08")
_OLD_OFFICE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_AS_CSV = "save it as Excel workbook (.xlsx) or as CSV UTF-8"

_MARKS = (
    (b"%PDF-", f"is a PDF; open the table that it was made from and {_AS_CSV}"),
    (b"\x1f\x8b", "is packed (gzip); unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "is packed (7-Zip); unpack it first"),
    (b"Rar!", "is packed (RAR); unpack it first"),
    (b"\x89PNG", "is a picture; send the table itself as Excel workbook (.xlsx) or CSV"),
    (b"\xff\xd8\xff", "is a picture; send the table itself as Excel workbook (.xlsx) or CSV"),
    (b"{\\rtf", f"is a text document (RTF); open the table in a spreadsheet and {_AS_CSV}"),
    (b"\x09\x08\x10\x00\x00\x06\x05\x00", f"is an old Excel workbook (.xls); open it and {_AS_CSV}"),
    (b"\x09\x04\x06\x00", f"is an old Excel workbook (.xls); open it and {_AS_CSV}"),
    (b"SQLite format 3\x00", "is a database; export its table as CSV UTF-8"),
    (b"ID;PWXL", f"is a SYLK file; open it and {_AS_CSV}"),
    (b"ID;PCALC", f"is a SYLK file; open it and {_AS_CSV}"),
)
_OLD_OFFICE = (
    (
        "EncryptedPackage",
        "is encrypted; save it as Excel workbook (.xlsx) without a password, or as CSV UTF-8",
    ),
    ("WordDocument", f"is an old Word document (.doc); open the table in a spreadsheet and {_AS_CSV}"),
    ("PowerPoint Document", f"is an old presentation (.ppt); open its table in a spreadsheet and {_AS_CSV}"),
    ("__substg1.0_", "is a mail saved by Outlook (.msg); save the file that is attached to it"),
    ("Workbook", f"is an old Excel workbook (.xls); open it and {_AS_CSV}"),
    ("Book", f"is an old Excel workbook (.xls); open it and {_AS_CSV}"),
)
_IN_ARCHIVE = (
    (re.compile(r"xl/workbook\.bin"), f"is a binary Excel workbook (.xlsb); open it and {_AS_CSV}"),
    (re.compile(r"word/document\.xml"), f"is a Word document; open its table in a spreadsheet and {_AS_CSV}"),
    (
        re.compile(r"ppt/presentation\.xml"),
        f"is a presentation; open its table in a spreadsheet and {_AS_CSV}",
    ),
    (
        re.compile(r"Index/(Document|Tables/.*)\.iwa|Index\.zip"),
        f"is a Numbers document; export it: {_AS_CSV}",
    ),
)
_XML_SPREADSHEET = b"urn:schemas-microsoft-com:office:spreadsheet"


class FileKind(StrEnum):
    """The kinds that are read."""

    CSV = "CSV"
    XLSX = "Excel workbook"
    ODS = "OpenDocument spreadsheet"


def file_kind(content: bytes) -> FileKind:
    """Return which kind of file these bytes are.

    Raises FileError, which names it and says what to do, for a kind that is not read; for an archive that
    unpacks to more than 100 MB or into more than 2,000 parts, before it is unpacked.
    """
    if content.startswith(ZIP_MARK):
        return _kind_of_archive(content)
    if content.startswith(_EMPTY_ZIP_MARKS):
        raise FileError("is an empty or split ZIP archive; unpack it, and send the table in it")
    if content.startswith(_OLD_OFFICE_MARK):
        raise FileError(_old_office(content))
    for mark, problem in _MARKS:
        if content.startswith(mark):
            raise FileError(problem)
    head = content[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n").replace(b"\0", b"").lower()
    if head.startswith((b"\xff\xfe<", b"\xfe\xff<", b"<")):
        if _XML_SPREADSHEET in head:
            raise FileError(f"is an XML spreadsheet of 2003; open it and {_AS_CSV}")
        if b"<html" in head or b"<table" in head or b"<!doctype html" in head:
            raise FileError(
                f"is a web page (HTML), whatever its name says; open it in a spreadsheet and {_AS_CSV}"
            )
        if b"<?xml" in head:
            raise FileError(f"is an XML file; open it in a spreadsheet and {_AS_CSV}")
    if head.startswith((b'{"', b"[{", b"{\n", b"{\r", b"[\n", b"[\r")):
        raise FileError("is JSON; send its objects to the API, or the table as CSV UTF-8")
    return FileKind.CSV


def _kind_of_archive(content: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            type = _declared_type(archive)
            names = {member.filename for member in members}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, RuntimeError) as error:
        raise FileError("is a broken workbook; save it anew as XLSX or CSV") from error
    # No member unpacks to more than it declares: zipfile stops reading there.
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED_BYTES:
        raise FileError(
            f"unpacks to more than {MOST_UNPACKED_BYTES // 1_000_000} MB; split it, or save it as CSV"
        )
    if type.startswith("application/vnd.oasis.opendocument."):
        if "spreadsheet" in type:
            return FileKind.ODS
        raise FileError(
            f"is an OpenDocument file that is no spreadsheet; open its table in one and {_AS_CSV}"
        )
    for pattern, problem in _IN_ARCHIVE:
        if any(pattern.fullmatch(name) for name in names):
            raise FileError(problem)
    if any(name.startswith("xl/") for name in names) or "[Content_Types].xml" in names:
        return FileKind.XLSX
    raise FileError("is a ZIP archive; unpack it, and send the table in it")


def _declared_type(archive: zipfile.ZipFile) -> str:
    if "mimetype" not in archive.namelist() or archive.getinfo("mimetype").file_size > 200:
        return ""
    return archive.read("mimetype").decode("latin-1").strip()


def _old_office(content: bytes) -> str:
    for stream, problem in _OLD_OFFICE:
        if stream.encode("utf-16-le") in content:
            return problem
    return "is encrypted or in the old XLS format; save it as XLSX without a password, or as CSV"
