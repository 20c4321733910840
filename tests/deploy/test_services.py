"""What the services say of themselves fits together, and costs nothing before it is needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask

import shared.web
from deploy.services import ALL, NAVIGATION, OWNED, READS, SERVICES, chosen
from shared.clock import system_clock
from shared.events.catalogue import TOPICS
from shared.ids import random_ids
from shared.settings.checks import OWN_PATHS
from shared.settings.registry import Settings, for_tests

OF_ALL = ("shell.", "health.", "static", "bootstrap.", "swagger_ui.", "api-docs.")
"""Endpoints that every service's app has, wherever its pages stand."""


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Flask]:
    settings = for_tests(tmp_path_factory.mktemp("state"))
    return {
        name: service.parts.create_app(settings, system_clock, random_ids)
        for name, service in SERVICES.items()
    }


def owner_of(address: str) -> list[str]:
    """The services that an address belongs to by its longest path."""
    found = {
        name: max(len(path) for path in service.paths if _below(address, path))
        for name, service in SERVICES.items()
        if any(_below(address, path) for path in service.paths)
    }
    return [name for name, length in found.items() if length == max(found.values())]


def _below(address: str, path: str) -> bool:
    return address == path or address.startswith(path.rstrip("/") + "/")


def addresses(app: Flask) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith(OF_ALL)}


def test_each_address_of_a_service_is_sent_to_it_and_to_no_other(apps: Mapping[str, Flask]) -> None:
    for name, app in apps.items():
        own = addresses(app)
        assert own
        assert {address for address in own if owner_of(address) != [name]} == set()
    everywhere = [address for app in apps.values() for address in addresses(app)]
    assert len(everywhere) == len(set(everywhere))


def test_no_base_address_has_a_path_that_begins_as_one_of_our_own(apps: Mapping[str, Flask]) -> None:
    ours = {rule.rule.split("/")[1] for app in apps.values() for rule in app.url_map.iter_rules()}
    assert ours - {""} <= OWN_PATHS, "add what is missing to OWN_PATHS in shared/settings/checks.py"


def test_each_link_of_the_navigation_is_answered_by_the_service_it_is_sent_to(
    apps: Mapping[str, Flask],
) -> None:
    assert len({link.address for link in NAVIGATION}) == len(NAVIGATION)
    for link in NAVIGATION:
        (name,) = owner_of(link.address)
        endpoint, _ = apps[name].url_map.bind("localhost").match(link.address)
        assert endpoint


def test_each_label_of_the_navigation_is_in_the_catalogue_of_the_shell() -> None:
    folder = Path(shared.web.__file__).parent / "translations" / "sv" / "LC_MESSAGES"
    catalogue = read_po(BytesIO((folder / "messages.po").read_bytes()))
    for link in NAVIGATION:
        message = catalogue.get(link.label)
        assert message is not None, link.label
        assert message.string, link.label


def test_each_topic_has_one_owner() -> None:
    assert sorted(topic for _, topic in OWNED) == sorted(TOPICS)


def test_a_service_reads_the_topics_that_it_has_handlers_for() -> None:
    for name, service in SERVICES.items():
        assert set(service.parts.handlers(system_clock)) == set(READS.get(name, ()))


def test_a_service_keeps_what_it_needs_for_events_in_its_own_database() -> None:
    for service in SERVICES.values():
        assert service.parts.messaging.outbox.metadata is service.parts.metadata
        assert service.database in Settings.__dataclass_fields__


def test_the_one_that_takes_the_rest_of_the_paths_comes_last() -> None:
    assert {one.name for one in chosen(ALL)} == set(SERVICES)
    assert ["/" in one.paths for one in chosen(ALL)] == [False, False, True]
    assert [one.name for one in chosen("profiles")] == ["profiles"]


def test_the_command_line_waits_for_nothing_that_a_service_only_needs_to_work() -> None:
    code = "import sys, deploy.command; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"flask", "sqlalchemy", "numpy", "scipy", "ortools", "kafka"} & set(run.stdout.split())


def test_a_command_that_looks_at_the_services_data_waits_for_no_page_and_no_work() -> None:
    code = "import sys; from deploy.services import SERVICES; [one.parts for one in SERVICES.values()]"
    code += "; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    known = set(run.stdout.split())
    assert {f"services.{name}.parts" for name in SERVICES} <= known
    assert not {"flask", "wtforms", "openpyxl", "icalendar", "networkx", "scipy", "ortools", "kafka"} & known
    assert not {f"services.{name}.{room}" for name in SERVICES for room in ("web", "work")} & known


def test_a_service_is_loaded_without_the_others() -> None:
    code = "import sys; from deploy.services import SERVICES; SERVICES['profiles'].parts; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"ortools", "services.matching.parts", "services.notifications.parts"} & set(
        run.stdout.split()
    )
