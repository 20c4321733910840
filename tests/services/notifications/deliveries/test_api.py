"""The API of deliveries."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from services.notifications.mail.mailbox import Mailbox
from tests.services.notifications.world import STAFF, World


@pytest.mark.usefixtures("mailbox")
def test_deliveries_are_listed_filtered_and_paged(client: FlaskClient) -> None:
    whole = client.get("/api/v1/deliveries", headers=STAFF).get_json()
    assert (whole["total"], whole["page"], len(whole["items"])) == (3, 1, 3)
    waiting = client.get("/api/v1/deliveries?status=waiting&request_id=R-P1", headers=STAFF).get_json()
    assert [(one["organisation_id"], one["status"]) for one in waiting["items"]] == [("C2", "waiting")]
    assert client.get("/api/v1/deliveries?request_id=other", headers=STAFF).get_json()["items"] == []
    second = client.get("/api/v1/deliveries?page=2&page_size=2", headers=STAFF).get_json()
    assert (second["total"], len(second["items"])) == (3, 1)


@pytest.mark.parametrize("query", ["status=lost", "page=0", "page_size=101", "page=x"])
def test_a_wrong_filter_is_named(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/v1/deliveries?{query}", headers=STAFF)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.usefixtures("mailbox")
def test_a_delivery_is_read_with_its_version(client: FlaskClient, world: World) -> None:
    delivery = world.deliveries()[0]
    answer = client.get(f"/api/v1/deliveries/{delivery.id}", headers=STAFF)
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    assert answer.get_json()["introduction_ids"] == ["R-P1.C1"]


@pytest.mark.parametrize("path", ["/api/v1/deliveries/none", "/mailbox/none", "/mailbox/none.eml"])
def test_what_is_not_there_is_404(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers=STAFF).status_code == 404


def test_retrying_an_unknown_delivery_is_404(client: FlaskClient) -> None:
    assert client.post("/api/v1/deliveries/none/retry", headers=STAFF).status_code == 404


@pytest.mark.usefixtures("mailbox")
def test_staff_retry_what_failed_and_nothing_that_is_sent_or_without_a_contact(
    client: FlaskClient, world: World
) -> None:
    company, waiting, _partner = world.deliveries()
    sent = client.post(f"/api/v1/deliveries/{company.id}/retry", headers=STAFF)
    assert (sent.status_code, sent.get_json()["detail"]) == (
        409, "A delivery that is sent is not tried again.",
    )  # fmt: skip
    still = client.post(f"/api/v1/deliveries/{waiting.id}/retry", headers=STAFF)
    assert still.status_code == 409
    assert "No contact is known" in still.get_json()["detail"]

    world.organisation("company", "C2", "not an address")
    world.compose()
    world.send(Mailbox(client.application.config["SETTINGS"].state_dir / "mailbox"))
    assert world.statuses()["C2"] == "failed"
    world.organisation("company", "C2", "good@firm.example")
    retried = client.post(f"/api/v1/deliveries/{waiting.id}/retry", headers=STAFF)
    assert (retried.status_code, retried.get_json()["status"]) == (200, "queued")
    again = client.post(f"/api/v1/deliveries/{waiting.id}/retry", headers=STAFF)
    assert again.get_json()["version"] == retried.get_json()["version"]


@pytest.mark.usefixtures("mailbox")
def test_staff_have_all_tried_again_that_one_reason_keeps(client: FlaskClient, world: World) -> None:
    world.organisation("company", "C2", "not an address")
    world.compose()
    world.send(Mailbox(client.application.config["SETTINGS"].state_dir / "mailbox"))
    [failed] = client.get("/api/v1/deliveries?status=failed", headers=STAFF).get_json()["items"]
    query = {"reason": "another"}
    other = client.post("/api/v1/deliveries/retry", query_string=query, headers=STAFF)
    assert other.get_json() == {"retried": 0}
    query = {"reason": failed["reason"]}
    all_of_it = client.post("/api/v1/deliveries/retry", query_string=query, headers=STAFF)
    assert (all_of_it.status_code, all_of_it.get_json()) == (200, {"retried": 1})
    assert world.statuses()["C2"] == "queued"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/deliveries"),
        ("GET", "/api/v1/deliveries/x"),
        ("POST", "/api/v1/deliveries/x/retry"),
        ("POST", "/api/v1/deliveries/retry"),
    ],
)
def test_the_api_is_for_staff(client: FlaskClient, method: str, path: str) -> None:
    assert client.open(path, method=method).status_code == 401
