"""The compose file: valid, careful, and in step with the code. What runs from it is tested in tests/scale."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.command import main
from deploy.services import SERVICES
from shared.settings.registry import SETTINGS
from shared.web.app import MAX_BODY_BYTES
from tests.scale.compose import DRAW_SECRETS, FILE, PROXY, ROOT, ours, read_compose

COMPOSE = read_compose()
OURS = ours(COMPOSE)
each_of_ours = pytest.mark.parametrize("name", OURS)


def test_it_fits_the_schema() -> None:
    program = str(Path(sys.executable).with_name("check-jsonschema"))
    command = [program, "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_there_is_a_web_and_a_work_for_each_service() -> None:
    assert set(OURS) == {"topics", "operator"} | {
        f"{kind}-{name}" for kind in ("web", "work") for name in SERVICES
    }


@each_of_ours
def test_ours_may_do_little_and_comes_back(name: str) -> None:
    service = OURS[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == {"topics": "on-failure", "operator": "no"}.get(name, "unless-stopped")
    assert "ports" not in service
    assert "container_name" not in service, "it could not be scaled"
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_each_service_is_limited_watched_and_free_of_privileges(name: str) -> None:
    service = COMPOSE["services"][name]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert {"cpus", "memory"} <= set(service["deploy"]["resources"]["limits"]) or name == "topics"
    check = service["healthcheck"]
    if name in ("topics", "operator"):
        assert check == {"disable": True}
    else:
        assert check["test"][0] == "CMD"
    assert service["logging"]["options"]["max-size"]


def test_only_the_proxy_and_the_caught_mails_are_published_and_on_loopback() -> None:
    published = {
        name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service
    }
    assert published == {"proxy": ["127.0.0.1:8080:8080"], "mail": ["127.0.0.1:8025:8025"]}


@each_of_ours
def test_every_setting_is_one_of_ours_and_no_secret_stands_in_the_environment(name: str) -> None:
    known: dict[str | None, Any] = {setting.name: setting for setting in SETTINGS}
    files = {setting.file_name: setting for setting in SETTINGS if setting.file_name}
    for variable, value in OURS[name]["environment"].items():
        assert variable in known or variable in files
        if variable in files:
            secret = str(value).removeprefix("/run/secrets/")
            assert secret in OURS[name]["secrets"]
            assert secret in COMPOSE["secrets"]
        else:
            assert not known[variable].secret


def test_a_service_gets_no_other_database_than_its_own() -> None:
    for name, service in OURS.items():
        own = {f"{one}_database" for one in SERVICES if name.endswith(one) or name == "operator"}
        given = {secret for secret in service.get("secrets", ()) if secret.endswith("_database")}
        assert given == own


def test_the_operator_has_what_the_services_have_and_starts_only_when_asked() -> None:
    operator = OURS["operator"]
    assert operator["profiles"] == ["tools"]
    assert operator["entrypoint"] == [], "`docker compose run operator handslag …` names the program"
    for name, service in OURS.items():
        if name.startswith("work-"):
            other = service["environment"].items() - operator["environment"].items()
            assert {variable for variable, _ in other} <= {"HANDSLAG_MAIL_FROM"}
            assert "profiles" not in service


def test_all_see_the_state_that_outlives_containers_and_the_operator_alone_writes_it() -> None:
    for name, service in OURS.items():
        mounted = dict(volume.split(":", 1) for volume in service["volumes"])
        assert mounted.pop("state") == ("/state" if name == "operator" else "/state:ro")
        assert mounted == ({"backups": "/backups"} if name == "operator" else {})
        assert service["environment"]["HANDSLAG_STATE_DIR"] == "/state"
        assert not [place for place in service["tmpfs"] if place.startswith("/state")]
    assert {"state", "backups"} <= set(COMPOSE["volumes"])


@pytest.mark.parametrize("path", ["README.md", "docs/operating.md"])
def test_the_guides_name_commands_that_there_are(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    named = re.findall(r"(?:compose run .*|deploy/)operator (?:-- )?handslag (\w+)", text)
    assert named
    assert set(named) <= set(main.commands)


def test_secrets_are_drawn_once_and_not_readable_by_other_users(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    subprocess.run([DRAW_SECRETS, folder], check=True, capture_output=True)
    drawn = {file.name: file.read_text() for file in folder.iterdir()}
    assert set(drawn) == set(COMPOSE["secrets"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(len(text) >= 32 for text in drawn.values())
    subprocess.run([DRAW_SECRETS, folder], check=True, capture_output=True)
    assert {file.name: file.read_text() for file in folder.iterdir()} == drawn


def test_the_proxy_sends_each_path_to_its_service() -> None:
    rules = re.findall(r"~\^(\S+?)\(/\|\$\) (web-\w+);", PROXY.read_text(encoding="utf-8"))
    sent = {path.replace("\\.", "."): name for path, name in rules}
    expected = {path: f"web-{one.name}" for one in SERVICES.values() for path in one.paths}
    default = expected.pop("/")
    assert sent == expected
    assert f"default {default};" in PROXY.read_text(encoding="utf-8")


def test_the_proxy_takes_bodies_as_long_as_the_services_do() -> None:
    assert f"client_max_body_size {MAX_BODY_BYTES};" in PROXY.read_text(encoding="utf-8")
