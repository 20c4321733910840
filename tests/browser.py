"""A person at a service's pages, over the app's test client: opens pages, fills in forms, presses buttons, reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

STAFF_TOKEN = "staff-token-for-tests"
TOKEN_FIELD = "csrf_token"
Fields = dict[str, Any]


@dataclass
class Form:
    """A form as a page shows it: where it goes, what stands in it, and what each of its buttons sends."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, name: str | None, value: str) -> None:
        """Put a value beside those that a field has."""
        if name:
            self.fields.setdefault(name, []).append(value)


class Browser:
    """Has one page open at a time; every form that it sends carries the token of that page."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client
        self._written: Fields = {}
        self.address = ""
        self.answer: TestResponse | None = None

    @property
    def page(self) -> str:
        """The open page as it came."""
        assert self.answer is not None, "no page is open"
        return self.answer.text

    @property
    def said(self) -> str:
        """What the open page says, with its marks and without entities."""
        return unescape(self.page)

    def sign_in(self, token: str = STAFF_TOKEN) -> None:
        """Sign in as staff, and see the first page; fails the test where the token is refused."""
        self.open("/sign-in")
        answer = self.fill(token=token).press("Sign in")
        assert answer.status_code in {302, 303}, self.said
        self.open(answer.headers["Location"])

    def open(self, address: str, status: int = 200) -> str:
        """Open a page, and return what it says."""
        self._opened(address, self._client.get(address))
        assert self.answer is not None
        assert self.answer.status_code == status, self.said
        return self.said

    def fill(self, **written: Any) -> Browser:
        """Write into fields of the open page's forms; a list is several values, None empties a field."""
        self._written.update(written)
        return self

    def press(self, button: str) -> TestResponse:
        """Press a button of the open page, by its words; what its form answers is open then."""
        form = next((one for one in forms_of(self.page) if button in one.buttons), None)
        assert form is not None, f"there is no button {button!r} here:\n{self.said}"
        return self._send(form.method, form.action, {**form.fields, **form.buttons[button], **self._written})

    def send(self, address: str, **fields: Any) -> TestResponse:
        """Send a form that may not look like the open page's, to any address, with the open page's token."""
        tokens = [form.fields[TOKEN_FIELD] for form in forms_of(self.page) if TOKEN_FIELD in form.fields]
        assert tokens, f"no form here has a token:\n{self.said}"
        return self._send("post", address, {TOKEN_FIELD: tokens[0], **fields})

    def _send(self, method: str, action: str, fields: Fields) -> TestResponse:
        address = action or self.address
        sent = {name: value for name, value in fields.items() if value is not None}
        how: dict[str, Any] = {"data": sent} if method == "post" else {"query_string": sent}
        answer = self._client.open(address, method=method.upper(), **how)
        if answer.mimetype == "text/html" and answer.status_code not in {302, 303}:
            self._opened(address, answer)
        self._written = {}
        return answer

    def _opened(self, address: str, answer: TestResponse) -> None:
        self.address, self.answer, self._written = address, answer, {}


def forms_of(page: str) -> list[Form]:
    """Read the forms of a page."""
    reader = _Forms()
    reader.feed(page)
    return reader.forms


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open = False
        self._text: list[str] | None = None  # of the button or the text field that is being read
        self._said: dict[str, str] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(said.get("action", ""), said.get("method", "get").lower()))
            self._open = True
        if not self._open:
            return
        form = self.forms[-1]
        if tag == "input":
            if said.get("type") not in {"checkbox", "radio"} or "checked" in said:
                form.add(said.get("name"), said.get("value", "on" if "checked" in said else ""))
        elif tag in {"button", "textarea"}:
            self._text, self._said = [], said
        elif tag == "select":
            self._select = said.get("name", "")
        elif tag == "option" and "selected" in said:
            form.add(self._select, said.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False
        if tag not in {"button", "textarea"} or self._text is None or not self._open:
            return
        text, self._text, name = "".join(self._text), None, self._said.get("name", "")
        if tag == "textarea":
            self.forms[-1].add(name, text.removeprefix("\n"))
        elif self._said.get("type", "submit") == "submit":
            sent = {name: self._said.get("value", "")} if name else {}
            self.forms[-1].buttons[" ".join(text.split())] = sent
