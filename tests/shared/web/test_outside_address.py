"""A site behind whatever proxy: its forms, its paths and its addresses are those that visitors see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint as PageBlueprint
from flask import Flask, request, session, url_for
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from marshmallow import Schema, fields
from werkzeug.test import TestResponse

from shared.clock import Clock
from shared.ids import IdSource
from shared.settings.registry import for_tests
from shared.web.access import access
from shared.web.api import Blueprint, answers, required_version, route
from shared.web.app import create_service_app
from shared.web.outside_address import origin_of

STAFF = {"Authorization": "Bearer staff-token-for-tests"}
BASE = "https://match.example"


class Seen(Schema):
    version = fields.Integer()


def make_app(state_dir: Path, clock: Clock, ids: IdSource, base_url: str, **changes: Any) -> Flask:
    pages = PageBlueprint("pages", __name__)
    things = Blueprint("things", __name__, url_prefix="/api/v1/things")

    @route(things, "/<id>", "PUT", "staff", "Change a thing")
    @answers(things, 200, Seen)
    def change_thing(id: str) -> dict[str, int]:
        return {"version": required_version()}

    @pages.route("/token")
    @access("anyone")
    def token() -> str:
        return str(generate_csrf())

    @pages.route("/note", methods=["POST"])
    @access("anyone")
    def note() -> str:
        return f"noted: {request.form['note']}"

    @pages.route("/whole")
    @access("staff")
    def whole() -> str:
        session["seen"] = True
        return url_for("pages.whole", _external=True)

    settings = for_tests(state_dir, base_url=base_url, **changes)
    return create_service_app(
        "matching", Path(__file__).parent, settings, clock, ids, api=[things], page_blueprints=[pages]
    )


@pytest.fixture
def client(state_dir: Path, clock: Clock, ids: IdSource) -> FlaskClient:
    """A visitor of a site at https://match.example, whose requests come in as a proxy sends them: by HTTP."""
    return make_app(state_dir, clock, ids, BASE).test_client(use_cookies=False)


def send(client: FlaskClient, headers: dict[str, str], token: str | None = None, **form: str) -> TestResponse:
    page = client.get("/token")
    data = {"csrf_token": page.text if token is None else token, "note": "what was typed", **form}
    # A browser keeps the cookie by the address outside, whatever Host comes in here.
    cookie = page.headers.get("Set-Cookie", client.environ_base.get("HTTP_COOKIE", "")).partition(";")[0]
    client.environ_base["HTTP_COOKIE"] = cookie
    return client.post("/note", data=data, headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "127.0.0.1:8080", "X-Forwarded-Host": "match.example", "Referer": f"{BASE}/sign-in"},
        {"Host": "127.0.0.1:8080", "X-Forwarded-Proto": "https", "Referer": f"{BASE}/sign-in"},
        {"Host": "backend_1", "Origin": BASE},
        {"Host": "match.example", "X-Forwarded-Proto": "http", "X-Forwarded-Ssl": "on", "Origin": BASE},
        {"Host": "match.example", "Referer": f"{BASE}:8443/sign-in"},
        {"Host": "match.example", "Origin": f"{BASE}:8443"},
        {"Host": "match.example", "Origin": "https://MATCH.example:443", "Referer": "https://other.example/"},
        {"Host": "match.example", "Origin": "null", "Referer": f"{BASE}/sign-in"},
        {"Host": "match.example", "Origin": "null"},
        {"Host": "match.example"},
    ],
)
def test_a_form_is_taken_from_behind_whatever_proxy(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = send(client, headers)
    assert (answer.status_code, answer.text) == (200, "noted: what was typed")


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Host": "match.example", "Origin": "https://other.example"}, "https://other.example"),
        ({"Host": "other.example", "Origin": "https://other.example"}, "https://other.example"),
        ({"Origin": "https://match.example.evil.example"}, "https://match.example.evil.example"),
        ({"Origin": "http://match.example"}, "http://match.example"),
        ({"Origin": "https://other.example", "Referer": f"{BASE}/"}, "https://other.example"),
        ({"Origin": "null", "Referer": "https://other.example/page"}, "https://other.example"),
        ({"Referer": "https://other.example/page?with=words"}, "https://other.example"),
        ({"Referer": "https://match.example@other.example/"}, "https://other.example"),
        ({"Origin": "file://x"}, "an address that cannot be read"),
        ({"Origin": "https://match.example:port"}, "an address that cannot be read"),
    ],
)
def test_a_form_of_another_site_is_not_taken_and_the_page_says_what_to_mend(
    client: FlaskClient, headers: dict[str, str], said: str
) -> None:
    answer = send(client, headers)
    assert answer.status_code == 400
    for words in (f"It was sent from {said}", f"set up as {BASE}", "HANDSLAG_BASE_URL", "what was typed"):
        assert words in answer.text
    assert "csrf_token" not in answer.text, "another site's words are not offered to be sent again"


@pytest.mark.parametrize(
    "origin", ["https://other.example", "http://[", "http://other.example:99999999", "\xff"]
)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--a"),
        ("multipart/form-data; boundary=", b"--\r\n"),
        ("multipart/form-data; boundary=a", b"--a\r\nContent-Disposition: form-data; name=CANARY"),
        ("application/x-www-form-urlencoded", b"CANARY=%FF"),
        ("application/x-www-form-urlencoded", b"\xff\xfeCANARY"),
        ("application/x-www-form-urlencoded", b"a=1&" * 1001),
    ],
)
@pytest.mark.parametrize("path", ["/note", "/sign-in"])
def test_a_broken_form_of_another_site_is_told_like_any_other(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, path: str, kind: str, body: bytes, origin: str
) -> None:
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    answer = client.post(path, data=body, headers={"Origin": origin, "Content-Type": kind}, base_url=BASE)
    assert answer.status_code == 400
    assert "CANARY" not in answer.text + caplog.text
    assert "Traceback" not in caplog.text


def test_the_right_origin_does_not_stand_for_the_token(client: FlaskClient) -> None:
    assert send(client, {"Origin": BASE}, token="").status_code == 400
    assert send(client, {}, token="").status_code == 400


def test_what_was_typed_in_a_form_whose_token_is_too_old_can_be_sent_again(client: FlaskClient) -> None:
    answer = send(client, {"Origin": BASE}, token="of another session", note="a <long> reason")
    assert answer.status_code == 400
    assert "Nothing was saved" in answer.text
    assert 'name="note" value="a &lt;long&gt; reason"' in answer.text
    token = answer.text.split('name="csrf_token" value="')[1].split('"')[0]
    again = send(client, {"Origin": BASE}, token=token, note="a <long> reason")
    assert again.text == "noted: a <long> reason"


def test_the_page_speaks_swedish_too(client: FlaskClient) -> None:
    answer = send(client, {"Origin": "https://other.example", "Accept-Language": "sv"})
    assert "Det skickades från https://other.example" in answer.text


def test_signing_in_shows_no_token_when_its_form_is_not_taken(client: FlaskClient) -> None:
    form = {"token": "staff-token-for-tests", "csrf_token": "x", "next": "/"}
    answer = client.post("/sign-in", data=form, headers={"Origin": BASE}, base_url=BASE)
    assert answer.status_code == 400
    assert "staff-token-for-tests" not in answer.text


@pytest.mark.parametrize("origin", ["http://localhost:8080", "http://127.0.0.1:9999", "http://[::1]:8080"])
def test_the_names_of_this_very_machine_are_one(
    state_dir: Path, clock: Clock, ids: IdSource, origin: str
) -> None:
    client = make_app(state_dir, clock, ids, "http://127.0.0.1:8080").test_client()
    token = client.get("/token").text
    data = {"csrf_token": token, "note": "here"}
    assert client.post("/note", data=data, headers={"Origin": origin}).status_code == 200
    assert client.post("/note", data=data, headers={"Origin": "http://192.0.2.1:8080"}).status_code == 400


@pytest.mark.parametrize("stripped", [True, False])
def test_under_a_path_everything_is_served_whether_the_proxy_takes_the_path_off_or_not(
    state_dir: Path, clock: Clock, ids: IdSource, stripped: bool
) -> None:
    client = make_app(state_dir, clock, ids, "https://example.org/match/making").test_client()
    outside = "" if stripped else "/match/making"
    headers = {"Host": "127.0.0.1:8080"}
    away = client.get(f"{outside}/whole?a=1", headers=headers)
    assert away.headers["Location"] == "/match/making/sign-in?next=/match/making/whole?a%3D1"
    page = client.get(f"{outside}/sign-in?next=/match/making/whole?a%3D1", headers=headers)
    assert 'value="/match/making/whole?a=1"' in page.text
    for address in ('href="/"', 'href="/static', 'src="/static', 'href="/api'):
        assert address not in page.text
    assert "Path=/match/making;" in page.headers["Set-Cookie"]
    assert "Secure" in page.headers["Set-Cookie"]
    assert "Path=/match/making" in client.get(f"{outside}/sign-in?lang=sv").headers["Set-Cookie"]
    style = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert style.startswith("/match/making/bootstrap/static/")
    with client.get(style.removeprefix("/match/making") if stripped else style) as answer:
        assert (answer.status_code, answer.data[:1]) == (200, b"@")
    docs = client.get(f"{outside}/api/v1/docs").text
    assert 'href="/match/making/api/v1/openapi/matching.json"' in docs
    assert 'data-root="/match/making"' in docs
    document = client.get(f"{outside}/api/v1/openapi/matching.json").get_json()
    assert document["servers"] == [{"url": "/match/making/"}]
    assert client.get(f"{outside}/whole", headers=STAFF).text == "https://example.org/match/making/whole"
    problem = client.put(f"{outside}/api/v1/things/1", headers=STAFF).get_json()
    assert problem["instance"] == "/match/making/api/v1/things/1"


@pytest.mark.parametrize("target", ["/elsewhere", "/match/makingx", "//match/making/", "https://e.example/"])
def test_signing_in_leads_nowhere_outside_of_the_path(
    state_dir: Path, clock: Clock, ids: IdSource, target: str
) -> None:
    client = make_app(state_dir, clock, ids, "https://example.org/match/making").test_client()
    page = client.get("/sign-in", query_string={"next": target})
    assert 'name="next" value="/match/making/"' in page.text


@pytest.mark.parametrize("path", ["/match", "/match/", ""])
def test_the_path_itself_is_the_first_page_and_one_that_only_begins_alike_is_none(
    state_dir: Path, clock: Clock, ids: IdSource, path: str
) -> None:
    client = make_app(state_dir, clock, ids, "https://example.org/match").test_client()
    first = client.get(path or "/")
    assert first.status_code == client.get("/").status_code
    assert client.get("/matchsign-in").status_code == 404


@pytest.mark.parametrize(
    "tag", ['"7"', 'W/"7"', '"7-gzip"', 'W/"7-gzip"', '"7;gzip"', '"7-br"', '"7-zstd"', '"7-deflate"']
)
def test_a_version_is_known_by_the_tag_that_a_proxy_has_marked(client: FlaskClient, tag: str) -> None:
    answer = client.put("/api/v1/things/1", headers={**STAFF, "If-Match": tag})
    assert (answer.status_code, answer.get_json()) == (200, {"version": 7})


@pytest.mark.parametrize(
    "tag", ["7", "*", "W/7", '"7-x"', '"-gzip"', 'w/"7"', '"7', '"7", "8"', '"' + "9" * 19 + '"']
)
def test_another_tag_is_no_version(client: FlaskClient, tag: str) -> None:
    assert client.put("/api/v1/things/1", headers={**STAFF, "If-Match": tag}).status_code == 412


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://räksmörgås.example/x", "https://xn--rksmrgs-5wao1o.example"),
        ("HTTPS://Example.ORG:443", "https://example.org"),
        ("http://example.org:8080/a", "http://example.org:8080"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]"),
        ("https://example.org./", "https://example.org"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(address: str, origin: str) -> None:
    assert str(origin_of(address)) == origin
