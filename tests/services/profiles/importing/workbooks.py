"""Workbooks made for the tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import openpyxl


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]], hidden: Mapping[str, str] | None = None) -> bytes:
    """Return a workbook of sheets by name; `hidden` gives the state of those that a person does not see."""
    book = openpyxl.Workbook()
    book.remove(book["Sheet"])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = (hidden or {}).get(name, "visible")
        for row in rows:
            sheet.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def rewritten(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return an archive with each member's content changed."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return result.getvalue()


def strict(content: bytes) -> bytes:
    """Return a workbook in the strict form of OOXML."""
    usual = (
        (
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/",
            b"http://purl.oclc.org/ooxml/spreadsheetml/",
        ),
        (
            b"http://schemas.openxmlformats.org/officeDocument/2006/",
            b"http://purl.oclc.org/ooxml/officeDocument/",
        ),
        (b"http://schemas.openxmlformats.org/drawingml/2006/", b"http://purl.oclc.org/ooxml/drawingml/"),
    )

    def change(_name: str, member: bytes) -> bytes:
        for old, new in usual:
            member = member.replace(old, new)
        return member

    return rewritten(content, change)


def archive(members: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            file.writestr(name, text)
    return content.getvalue()


ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
    '<office:automatic-styles><style:style style:name="ta2" style:family="table">'
    '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"
)


def ods(tables: Mapping[str, str], hidden: Sequence[str] = ()) -> bytes:
    """Return an OpenDocument spreadsheet of tables, each given as the XML of its rows."""
    body = "".join(
        f'<table:table table:name={quoteattr(name)} table:style-name="{"ta2" if name in hidden else "ta1"}">'
        f"{rows}</table:table>"
        for name, rows in tables.items()
    )
    return archive({"mimetype": ODS_TYPE, "content.xml": _ODS.format(body)})


def ods_row(*cells: str, more: str = "") -> str:
    """Return a row of texts; a cell that is XML already stays so."""
    row = "".join(cell if cell.startswith("<") else ods_cell(cell) for cell in cells)
    return f"<table:table-row{more}>{row}</table:table-row>"


def ods_cell(shown: str, more: str = ' office:value-type="string"') -> str:
    return f"<table:table-cell{more}><text:p>{shown}</text:p></table:table-cell>"
