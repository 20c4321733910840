"""Bootstrap and our own styles: compressed, kept by the browser, asked for anew when they change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_compress.flask_compress import DictCache

from shared.clock import SettableClock
from shared.ids import IdSource
from shared.settings.registry import Settings
from shared.web.app import create_service_app


@pytest.fixture
def client(settings: Settings, clock: SettableClock, ids: IdSource) -> FlaskClient:
    return create_service_app("matching", Path(__file__).parent, settings, clock, ids).test_client()


def links(client: FlaskClient) -> list[str]:
    page = client.get("/sign-in").get_data(as_text=True)
    return re.findall(r'<link[^>]+href="([^"]+)"', page)


def test_every_file_of_a_page_has_an_address_with_its_version(client: FlaskClient) -> None:
    found = links(client)
    assert [link.partition("?")[0] for link in found] == [
        "/bootstrap/static/css/bootstrap.min.css",
        "/static/shell/shell.css",
        "/static/shell/icon.svg",
    ]
    assert all(re.search(r"\?v=[0-9a-f]{12}$", link) for link in found)


def test_a_file_is_kept_for_a_year(client: FlaskClient) -> None:
    for link in links(client):
        with client.get(link) as answer:
            assert answer.status_code == 200
            assert answer.data
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_without_its_version_a_file_is_not_kept_for_long(client: FlaskClient) -> None:
    with client.get("/static/shell/shell.css") as answer:
        assert "immutable" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_bootstrap_travels_compressed(client: FlaskClient, encoding: str) -> None:
    link = links(client)[0]
    with client.get(link, headers={"Accept-Encoding": "identity"}) as plain:
        assert "Content-Encoding" not in plain.headers
        size = len(plain.data)
    for _again in range(2):
        with client.get(link, headers={"Accept-Encoding": encoding}) as packed:
            assert packed.headers["Content-Encoding"] == encoding
            assert "Accept-Encoding" in packed.headers["Vary"]
            assert 0 < len(packed.data) < size / 4


def test_pages_are_not_compressed_for_they_hold_tokens(client: FlaskClient) -> None:
    assert (
        "Content-Encoding"
        not in client.get("/sign-in", headers={"Accept-Encoding": "gzip, deflate, br"}).headers
    )


def test_a_file_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    assert client.get("/bootstrap/static/css/none.css").status_code == 404


def test_a_file_that_is_asked_for_in_many_ways_is_kept_compressed_once(
    settings: Settings, clock: SettableClock, ids: IdSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = DictCache()
    monkeypatch.setattr("shared.web.static_files.DictCache", lambda: kept)
    asking = create_service_app("matching", Path(__file__).parent, settings, clock, ids).test_client()
    for ways in range(4):
        address = "/bootstrap/static/css/" + "./" * ways + "bootstrap.min.css"
        with asking.get(address, headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.status_code == 200
    assert len(kept.data) == 1
