"""A session of staff's ends by signing out, by another staff token and by time; only our pages call the API by it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Blueprint as PageBlueprint
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from shared.clock import SettableClock
from shared.ids import IdSource
from shared.settings.registry import Settings, for_tests
from shared.storage.ended_sessions import LONGEST_SESSION
from shared.web.access import access
from shared.web.api import Blueprint, route
from shared.web.app import create_service_app
from shared.web.staff_session import IDLE, REFRESH, EndedHere
from tests.browser import Browser, forms_of

SECOND = timedelta(seconds=1)


def make_app(
    settings: Settings, clock: SettableClock, ids: IdSource, ended: EndedHere | None = None
) -> Flask:
    things = Blueprint("things", __name__, url_prefix="/api/v1/things")
    pages = PageBlueprint("pages", __name__)

    @route(things, "", "GET", "staff", "Read")
    def read() -> dict[str, str]:
        return {"thing": "for staff"}

    @route(things, "", "POST", "staff", "Change")
    def change() -> dict[str, str]:
        return {"thing": "changed"}

    @pages.route("/secret")
    @access("staff")
    def secret() -> str:
        return "for staff"

    @pages.route("/for-all")
    @access("anyone")
    def for_all() -> str:
        return render_template_string("{{ csrf_token() }}")

    @pages.route("/follow/<link>")
    @access("anyone")
    def follow(link: str) -> str:
        return "for who has the link"

    return create_service_app(
        "matching",
        Path(__file__).parent,
        settings,
        clock,
        ids,
        api=[things],
        page_blueprints=[pages],
        ended=ended,
    )


@pytest.fixture
def app(settings: Settings, clock: SettableClock, ids: IdSource) -> Flask:
    return make_app(settings, clock, ids)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that is signed in."""
    client = app.test_client()
    signed_in(client)
    return client


def signed_in(client: FlaskClient) -> None:
    browser = Browser(client)
    browser.open("/sign-in?next=/secret")
    assert browser.fill(token="staff-token-for-tests").press("Sign in").headers["Location"] == "/secret"


def kept_cookie(client: FlaskClient, name: str = "handslag") -> str:
    cookie = client.get_cookie(name)
    assert cookie is not None
    return cookie.value


def is_let_in(app: Flask, cookie: str) -> bool:
    thief = app.test_client()
    thief.set_cookie("handslag", cookie)
    return thief.get("/secret").status_code == 200


def sign_out(client: FlaskClient) -> None:
    token = forms_of(client.get("/sign-in").text)[0].fields["csrf_token"][0]
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303


def test_a_kept_cookie_does_not_work_after_signing_out(app: Flask, client: FlaskClient) -> None:
    kept = kept_cookie(client)
    assert is_let_in(app, kept)
    sign_out(client)
    assert client.get("/secret").status_code == 302
    assert not is_let_in(app, kept)


class AwayOnce(EndedHere):
    """The memory of a service whose database is away the first time that it is asked to remember."""

    away = True

    def add(self, id: str) -> None:
        if self.away:
            self.away = False
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        super().add(id)


def test_signing_out_that_failed_is_done_by_signing_out_again(
    settings: Settings, clock: SettableClock, ids: IdSource
) -> None:
    app = make_app(settings, clock, ids, AwayOnce())
    client = app.test_client()
    signed_in(client)
    kept = kept_cookie(client)
    token = forms_of(client.get("/sign-in").text)[0].fields["csrf_token"][0]
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 503
    sign_out(client)
    assert not is_let_in(app, kept)


def test_signing_in_again_ends_the_session_before_and_no_other(app: Flask, client: FlaskClient) -> None:
    elsewhere = app.test_client()
    signed_in(elsewhere)
    before = kept_cookie(client)
    signed_in(client)
    assert not is_let_in(app, before)
    assert client.get("/secret").status_code == 200
    assert elsewhere.get("/secret").status_code == 200


@pytest.mark.parametrize("token", ["another-staff-token-of-this-house", ""])
def test_another_staff_token_ends_every_session(
    token: str, client: FlaskClient, state_dir: Path, clock: SettableClock, ids: IdSource
) -> None:
    renewed = make_app(for_tests(state_dir, staff_token=token), clock, ids)
    assert not is_let_in(renewed, kept_cookie(client))


def test_a_session_from_before_sessions_could_be_ended_is_none(app: Flask) -> None:
    client = app.test_client()
    for kept in (True, {}, {"id": "x"}, "staff", [True]):
        with client.session_transaction() as session:
            session["staff"] = kept
        assert client.get("/secret").status_code == 302


def test_twelve_hours_without_a_request_end_a_session(client: FlaskClient, clock: SettableClock) -> None:
    clock.advance(IDLE - SECOND)
    assert client.get("/secret").status_code == 200
    clock.advance(IDLE - SECOND)
    assert client.get("/secret").status_code == 200
    clock.advance(IDLE)
    assert client.get("/secret").status_code == 302
    assert timedelta(hours=12) == IDLE


def test_a_week_ends_a_session_that_is_used_all_the_time(client: FlaskClient, clock: SettableClock) -> None:
    assert timedelta(days=7) == LONGEST_SESSION
    for _ in range(14):
        clock.advance(IDLE - SECOND)
        assert client.get("/secret").status_code == 200
    clock.advance(14 * SECOND)
    assert client.get("/secret").status_code == 302


def test_a_cookie_is_written_anew_only_now_and_then(client: FlaskClient, clock: SettableClock) -> None:
    clock.advance(REFRESH - SECOND)
    assert "Set-Cookie" not in client.get("/secret").headers
    clock.advance(SECOND)
    assert "Set-Cookie" in client.get("/secret").headers


FROM_HERE = {"Sec-Fetch-Site": "same-origin"}
OWN = {"Origin": "http://127.0.0.1:8080"}


@pytest.mark.parametrize("headers", [FROM_HERE, OWN, {"Referer": "http://127.0.0.1:8080/reports"}])
def test_a_page_of_ours_calls_the_api_by_cookie_with_the_pages_token(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    assert client.get("/api/v1/things", headers=headers).status_code == 200
    token = client.get("/for-all").text
    assert client.post("/api/v1/things", headers={**headers, "X-CSRFToken": token}).status_code == 200
    assert client.post("/api/v1/things", headers=headers).status_code == 403
    assert client.post("/api/v1/things", headers={**headers, "X-CSRFToken": "none"}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", **OWN},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Referer": "https://elsewhere.example/page"},
    ],
)
def test_nobody_else_calls_the_api_by_a_cookie(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.get("/api/v1/things", headers=headers).status_code == 403
    token = client.get("/for-all").text
    answer = client.post("/api/v1/things", headers={**headers, "X-CSRFToken": token})
    assert answer.status_code == 403
    assert answer.mimetype == "application/problem+json"
    by_token = {**headers, "Authorization": "Bearer staff-token-for-tests"}
    assert client.post("/api/v1/things", headers=by_token).status_code == 200


def test_an_address_typed_by_hand_is_read_and_changes_nothing(client: FlaskClient) -> None:
    typed = {"Sec-Fetch-Site": "none"}
    assert client.get("/api/v1/things", headers=typed).status_code == 200
    token = client.get("/for-all").text
    assert client.post("/api/v1/things", headers={**typed, "X-CSRFToken": token}).status_code == 403


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("http://127.0.0.1:8080", "handslag"),
        ("https://match.example", "__Host-handslag"),
        ("https://match.example/", "__Host-handslag"),
        ("https://match.example/match/making", "__Secure-handslag"),
    ],
)
def test_the_cookies_name_lets_no_other_host_set_it_where_there_is_https(
    base_url: str, name: str, state_dir: Path, clock: SettableClock, ids: IdSource
) -> None:
    client = make_app(for_tests(state_dir, base_url=base_url), clock, ids).test_client()
    cookie = client.get("/for-all", base_url=base_url).headers["Set-Cookie"]
    assert cookie.startswith(f"{name}=")
    assert ("Secure" in cookie) == base_url.startswith("https")
    assert "HttpOnly" in cookie
    assert "Domain" not in cookie
    assert ("Path=/;" in cookie) == (name != "__Secure-handslag")


@pytest.mark.parametrize("path", ["/secret", "/api/v1/things", "/follow/a-link", "/sign-out"])
def test_what_is_not_public_is_kept_by_no_cache(app: Flask, path: str) -> None:
    client = app.test_client()
    call = client.post if path == "/sign-out" else client.get
    assert call(path).headers["Cache-Control"] == "no-store"


def test_what_staff_are_shown_is_kept_by_no_cache_and_what_all_see_may_be(
    app: Flask, client: FlaskClient
) -> None:
    assert client.get("/for-all").headers["Cache-Control"] == "no-store"
    assert client.get("/secret").headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in app.test_client().get("/for-all").headers
    with client.get("/static/shell/shell.css") as style:
        assert "no-store" not in style.headers.get("Cache-Control", "")


@pytest.mark.parametrize(
    "target", ["/%0D%0Ax", "/%0Ax", "/%00", "/%E2%80%A8", "%0D%0A", "/%F0%9F", "//%0D%0A"]
)
def test_no_target_breaks_signing_in(app: Flask, target: str) -> None:
    browser = Browser(app.test_client())
    answer = browser._client.get(f"/sign-in?next={target}")
    if answer.status_code == 400:  # a NUL is told
        return
    assert answer.status_code == 200
    browser.open(f"/sign-in?next={target}")
    answer = browser.fill(token="staff-token-for-tests").press("Sign in")
    assert answer.status_code == 303
    signed = browser._client.get(f"/secret?a={target}")
    assert signed.status_code in {200, 400}


def test_a_word_of_a_session_is_taken_by_the_service_it_is_for_only(app: Flask, client: FlaskClient) -> None:
    assert client.get("/sign-out/matching?word=made-up").status_code == 404
    assert client.get("/sign-out/profiles?word=made-up").status_code == 404
    assert client.get("/sign-out/matching").status_code == 404
