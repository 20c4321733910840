"""The shell that every service's app stands in, tried on an app of two routes and a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Blueprint as PageBlueprint
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import Schema, fields
from werkzeug.test import TestResponse

from shared.clock import Clock
from shared.ids import IdSource
from shared.settings.registry import Settings, for_tests
from shared.web.access import access
from shared.web.api import Blueprint, answers, body, route
from shared.web.app import create_service_app
from shared.web.wrong_tokens import MOST, WINDOW_SECONDS

STAFF = {"Authorization": "Bearer staff-token-for-tests"}


class Thing(Schema):
    number = fields.Integer(strict=True, required=True)
    inner = fields.List(fields.Nested(lambda: Inner()))


class Inner(Schema):
    text = fields.String(required=True)


def make_app(settings: Settings, clock: Clock, ids: IdSource) -> Flask:
    things = Blueprint("things", __name__, url_prefix="/api/v1/things")
    pages = PageBlueprint("pages", __name__)

    @route(things, "", "POST", "anyone", "Make a thing")
    @body(things, Thing)
    @answers(things, 201, Thing)
    def make(data: dict[str, object]) -> dict[str, object]:
        return data

    @route(things, "/<id>", "GET", "staff", "Read a thing")
    @answers(things, 200, Thing)
    def read(id: str) -> dict[str, object]:
        return {"number": int(id)}

    @pages.route("/secret")
    @access("staff")
    def secret() -> str:
        return "for staff"

    @pages.route("/full")
    @access("anyone")
    def full() -> str:
        raise OSError(28, "No space left on device")

    @pages.route("/change", methods=["POST"])
    @access("staff")
    def change() -> str:
        return "changed"

    return create_service_app(
        "matching", Path(__file__).parent, settings, clock, ids, api=[things], page_blueprints=[pages]
    )


@pytest.fixture
def app(settings: Settings, clock: Clock, ids: IdSource) -> Flask:
    return make_app(settings, clock, ids)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_an_error_names_each_field_by_its_path_and_says_the_fix(client: FlaskClient) -> None:
    answer = client.post("/api/v1/things", json={"number": "1", "inner": [{"text": 3}], "colour": "red"})
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    problem = answer.get_json()
    assert {error["field"] for error in problem["errors"]} == {"number", "inner.0.text", "colour"}
    assert all(error["problem"] and error["fix"] for error in problem["errors"])
    assert problem["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("number", [1.5, "1", True, None])
def test_a_number_of_another_type_is_not_bent_into_one(client: FlaskClient, number: object) -> None:
    assert client.post("/api/v1/things", json={"number": number}).status_code == 422


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", None])
def test_a_body_that_does_not_say_it_is_json_gets_415(client: FlaskClient, content_type: str | None) -> None:
    answer = client.post("/api/v1/things", data='{"number": 1}', content_type=content_type)
    assert answer.status_code == 415
    assert "application/json" in answer.get_json()["detail"]


def test_an_empty_body_gets_400(client: FlaskClient) -> None:
    assert client.post("/api/v1/things", data="", content_type="application/json").status_code == 400


def test_a_body_of_ten_megabytes_gets_413(client: FlaskClient) -> None:
    answer = client.post("/api/v1/things", data=b"[" * 10_000_000, content_type="application/json")
    assert answer.status_code == 413


def test_a_wrong_method_says_which_ones_are_allowed(client: FlaskClient) -> None:
    answer = client.put("/api/v1/things", json={})
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.mimetype == "application/problem+json"


def test_staff_routes_want_the_staff_token(client: FlaskClient) -> None:
    assert client.get("/api/v1/things/1").status_code == 401
    assert client.get("/api/v1/things/1", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/api/v1/things/1", headers=STAFF).get_json() == {"number": 1}


def test_many_wrong_tokens_of_one_address_are_refused_and_the_right_one_never(client: FlaskClient) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    for _ in range(MOST):
        assert client.get("/api/v1/things/1", headers=wrong).status_code == 401
    refused = client.get("/api/v1/things/1", headers=wrong)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= WINDOW_SECONDS
    form = client.get("/sign-in").get_data(as_text=True)
    assert sign_in(client, form, "not the token").status_code == 429
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/api/v1/things/1", headers=wrong, environ_base=elsewhere).status_code == 401
    assert client.get("/api/v1/things/1", headers=STAFF).status_code == 200
    assert sign_in(client, form, "staff-token-for-tests").status_code == 303


@pytest.mark.parametrize(
    ("method", "address"),
    [
        *(("GET", address) for address in ("/secret", "/sign-in", "/api/v1/docs", "/nowhere", "/healthz")),
        *(("GET", "/sign-in?next=%00"), ("GET", "/api/v1/nowhere"), ("GET", "/static/shell/app.css")),
        *(("POST", "/change"), ("POST", "/sign-out"), ("DELETE", "/secret")),
    ],
)
def test_a_wrong_token_counts_at_every_address(client: FlaskClient, method: str, address: str) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    for _ in range(MOST):
        assert client.open(address, method=method, headers=wrong).status_code != 429
    assert client.open(address, method=method, headers=wrong).status_code == 429
    assert client.open(address, method=method, headers=STAFF).status_code != 429
    assert client.open(address, method=method).status_code != 429


def test_a_name_and_password_for_a_proxy_are_no_wrong_token_of_a_page(client: FlaskClient) -> None:
    for _ in range(MOST + 1):
        assert client.get("/sign-in", headers={"Authorization": "Basic YTpi"}).status_code == 200


def test_without_a_token_nobody_is_counted(client: FlaskClient) -> None:
    for _ in range(MOST + 1):
        assert client.get("/api/v1/things/1").status_code == 401


def test_a_wrong_token_is_told_also_where_none_is_needed(client: FlaskClient) -> None:
    assert client.post("/api/v1/things", json={"number": 1}).status_code in (200, 201)
    wrong = client.post("/api/v1/things", json={"number": 1}, headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 401


def test_without_a_staff_token_set_nobody_is_staff(state_dir: Path, clock: Clock, ids: IdSource) -> None:
    client = make_app(for_tests(state_dir, staff_token=""), clock, ids).test_client()
    assert client.get("/api/v1/things/1", headers={"Authorization": "Bearer "}).status_code == 401


def test_an_app_with_a_route_that_declares_nobody_does_not_start(
    settings: Settings, clock: Clock, ids: IdSource
) -> None:
    pages = PageBlueprint("open", __name__)
    pages.add_url_rule("/open", "door", lambda: "anybody?")
    with pytest.raises(RuntimeError, match=r"open\.door"):
        create_service_app("matching", Path(), settings, clock, ids, page_blueprints=[pages])


def test_a_page_for_staff_leads_to_signing_in_and_back(client: FlaskClient) -> None:
    away = client.get("/secret")
    assert away.status_code == 302
    form = client.get(away.headers["Location"])
    wrong = sign_in(client, form.get_data(as_text=True), "not the token")
    assert wrong.status_code == 403
    right = sign_in(client, wrong.get_data(as_text=True), "staff-token-for-tests")
    assert right.headers["Location"] == "/secret"
    assert client.get("/secret").get_data(as_text=True) == "for staff"


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "/\r\nLocation: https://elsewhere.example",
        "/\t//elsewhere.example",
    ],
)
def test_signing_in_leads_to_no_other_site(client: FlaskClient, target: str) -> None:
    form = client.get("/sign-in", query_string={"next": target})
    assert "elsewhere" not in form.get_data(as_text=True)
    assert sign_in(client, form.get_data(as_text=True), "staff-token-for-tests").headers["Location"] == "/"


def test_a_form_without_its_token_changes_nothing(client: FlaskClient) -> None:
    sign_in(client, client.get("/sign-in").get_data(as_text=True), "staff-token-for-tests")
    assert client.post("/change").status_code == 400


def test_with_sample_data_pages_are_open_and_the_api_is_not(
    state_dir: Path, clock: Clock, ids: IdSource
) -> None:
    client = make_app(for_tests(state_dir, sample=True), clock, ids).test_client()
    assert client.get("/secret").status_code == 200
    assert client.get("/api/v1/things/1").status_code == 401
    assert client.get("/secret", headers={"Host": "elsewhere.example"}).status_code == 400


def test_pages_speak_the_language_that_is_asked_for(client: FlaskClient) -> None:
    assert "Logga in" in client.get("/sign-in", headers={"Accept-Language": "sv"}).get_data(as_text=True)
    assert "Sign in" in client.get("/sign-in", headers={"Accept-Language": "de"}).get_data(as_text=True)
    assert "Logga in" in client.get("/sign-in?lang=sv").get_data(as_text=True)
    assert "Logga in" in client.get("/sign-in", headers={"Accept-Language": "en"}).get_data(as_text=True)


def test_a_missing_page_is_a_page_and_a_missing_resource_is_a_problem(client: FlaskClient) -> None:
    assert client.get("/nowhere").mimetype == "text/html"
    assert client.get("/api/v1/nowhere").mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/api/v1/things/%00", []),
        ("/nowhere/%00", []),
        ("/api/v1/things/1?a=x%00y", ["a"]),
        ("/api/v1/things/1?a=x&a=%00", ["a"]),
        ("/api/v1/things/1?a%00=x&b=%00", ["a", "b"]),
    ],
)
def test_an_address_with_a_nul_character_is_refused(
    client: FlaskClient, path: str, fields: list[str]
) -> None:
    answer = client.get(path, headers=STAFF)
    assert answer.status_code == 400
    assert "NUL" in answer.get_data(as_text=True)
    if answer.is_json:
        assert [error["field"] for error in answer.get_json().get("errors", [])] == fields


def test_a_form_with_a_nul_character_is_refused(client: FlaskClient) -> None:
    form = client.get("/sign-in").get_data(as_text=True)
    answer = sign_in(client, form, "staff-token-for-tests\0")
    assert answer.status_code == 400
    assert "NUL" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("method", "address", "title", "told"),
    [
        ("GET", "/nowhere", "Finns inte", "Det finns ingen sådan sida här."),
        ("DELETE", "/sign-in", "Går inte att göra här", "Det går inte att göra så"),
        ("GET", "/sign-in?next=%00", "Felaktigt anrop", "NUL-tecken; ta bort det."),
        ("GET", "/sign-in?next=%FF", "Felaktigt anrop", "Adressen är inte UTF-8"),
        ("GET", "/full", "Går inte att nå just nu", "Ingenting sparades"),
        ("GET", "/static/swagger/none", "Finns inte", "Det finns ingen fil &#39;none&#39; här."),
    ],
)
def test_an_error_is_told_in_the_readers_language(
    client: FlaskClient, method: str, address: str, title: str, told: str
) -> None:
    page = client.open(address, method=method, headers={"Accept-Language": "sv"}).get_data(as_text=True)
    assert f"<h1>{title}</h1>" in page
    assert told in page


def test_a_broken_form_and_many_wrong_tokens_are_told_in_the_readers_language(client: FlaskClient) -> None:
    swedish = {"Accept-Language": "sv"}
    broken = client.post(
        "/sign-in", data=b"a=\xff", content_type="application/x-www-form-urlencoded", headers=swedish
    )
    assert "Formuläret kan inte läsas" in broken.get_data(as_text=True)
    wrong = {**swedish, "Authorization": "Bearer wrong"}
    answers = [client.get("/sign-in", headers=wrong) for _ in range(MOST + 1)]
    assert "För många fel nycklar kom från din adress. Försök igen om" in answers[-1].get_data(as_text=True)


def test_the_api_tells_errors_in_english_alone(client: FlaskClient) -> None:
    answer = client.get("/api/v1/nowhere", headers={"Accept-Language": "sv"}).get_json()
    assert answer["title"] == "Not Found"


def test_a_full_disk_is_said_to_be_one(client: FlaskClient) -> None:
    answer = client.get("/full")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    for path in ("/sign-in", "/nowhere", "/api/v1/things/1", "/api/v1/docs"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_openapi_document_says_who_may_call_what(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi/matching.json").get_json()
    assert document["paths"]["/api/v1/things"]["post"]["security"] == []
    assert document["paths"]["/api/v1/things/{id}"]["get"]["security"] == [{"staffToken": []}]


def test_the_openapi_document_says_of_every_error_what_it_comes_as(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi/matching.json").get_json()
    told = {
        tuple(answer["content"])
        for answer in document["components"]["responses"].values()
        if "content" in answer
    }
    assert told == {("application/problem+json",)}
    assert client.get("/api/v1/nowhere").mimetype == "application/problem+json"


def sign_in(client: FlaskClient, page: str, token: str) -> TestResponse:
    csrf = re.search(r'name="csrf_token" value="([^"]+)"', page)
    target = re.search(r'name="next" value="([^"]*)"', page)
    assert csrf
    assert target
    return client.post("/sign-in", data={"csrf_token": csrf[1], "next": target[1], "token": token})
