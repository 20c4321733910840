"""Requests whose forms and addresses are read as they are or not at all.

werkzeug reads a broken form as an empty one, and what is not UTF-8 as something else; both would look as if the visitor
had sent that.
"""

from __future__ import annotations

from typing import IO, Any
from urllib.parse import parse_qsl, unquote_to_bytes

from flask import Request, request
from werkzeug.exceptions import BadRequest
from werkzeug.formparser import FormDataParser

MOST_FIELDS = 1_000
BROKEN_FORM = "The form cannot be read: it is broken, has more than 1,000 fields, or is not UTF-8."
OTHER_ADDRESS = "The address is not UTF-8; write it in UTF-8, percent-encoded."
_REPLACED = "\ufffd"
"""What the library puts for what is not UTF-8 in a form of several parts; in others it is a character that was sent."""


class StrictForms(FormDataParser):
    """Reads forms, and raises BadRequest for what is none."""

    def parse(self, *arguments: Any, **named: Any) -> Any:
        """Return the stream, the fields and the files of a form; raises BadRequest when it cannot be read."""
        self.silent = False
        try:
            stream, fields, files = super().parse(*arguments, **named)
        except ValueError:  # its words hold what was sent
            raise BadRequest(BROKEN_FORM) from None
        return stream, fields, files

    def _parse_multipart(self, *arguments: Any, **named: Any) -> Any:
        stream, fields, files = super()._parse_multipart(*arguments, **named)
        if any(_REPLACED in text for name, values in fields.lists() for text in (name, *values)):
            raise BadRequest(BROKEN_FORM)
        return stream, fields, files

    def _parse_urlencoded(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> Any:
        text = stream.read().decode()
        items = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
        return stream, self.cls(items), self.cls()


class StrictRequest(Request):
    """A request whose form is read by `StrictForms`."""

    form_data_parser_class = StrictForms


def refuse_other_encodings() -> None:
    """Raise BadRequest for a request whose address is not UTF-8."""
    try:
        request.environ.get("PATH_INFO", "").encode("latin-1").decode()
        unquote_to_bytes(request.query_string).decode()
    except UnicodeError:
        raise BadRequest(OTHER_ADDRESS) from None
