"""Short ways to ask the API of profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

STAFF = {"Authorization": "Bearer staff-token-for-tests"}

Profile = dict[str, Any]
"""The fields of a profile, as a test sends them."""


class Answer(TestResponse):
    """An answer whose JSON is looked into without asking whether there is any."""

    json: Any


@dataclass
class Caller:
    """Asks the API, as staff or as anybody."""

    client: FlaskClient
    headers: Mapping[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        rest: dict[str, Any] = {} if body is None else {"json": body}
        answer = self.client.open(f"/api/v1/{path}", method=method, headers={**self.headers, **names}, **rest)
        return cast(Answer, answer)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.ask("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Answer:
        return self.ask("PUT", path, body, **headers)

    def send(self, path: str, content: bytes, content_type: str = "application/json") -> Answer:
        answer = self.client.post(
            f"/api/v1/{path}", data=content, content_type=content_type, headers=dict(self.headers)
        )
        return cast(Answer, answer)
