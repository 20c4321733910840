"""The Kubernetes manifests: valid, and saying the same as the compose file and the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from deploy.services import SERVICES
from shared.settings.registry import SETTINGS
from shared.web.health import ALIVE_PATH, READY_PATH
from tests.scale.compose import ours, read_compose

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
FILES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")
MANIFESTS: list[dict[str, Any]] = [
    one for path in FILES for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
WORKLOADS = [one for one in MANIFESTS if one["kind"] in {"Deployment", "Job"}]
CONTAINERS = [
    (one["metadata"]["name"], one["spec"]["template"]["spec"]["containers"][0]) for one in WORKLOADS
]


def named(one: dict[str, Any]) -> str:
    return f"{one['kind']} {one['metadata']['name']}"


@pytest.mark.parametrize("manifest", MANIFESTS, ids=named)
def test_a_manifest_fits_its_schema_without_unknown_fields(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


def test_the_kustomization_names_every_file() -> None:
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    assert sorted(listed) == [path.name for path in FILES]


def test_each_service_of_compose_runs_here_with_the_same_image_and_command() -> None:
    compose = {name: (one["image"], one["command"]) for name, one in ours(read_compose()).items()}
    found = {name: (one["image"], one.get("args")) for name, one in CONTAINERS}
    assert found.pop("operator")[0] == compose.pop("operator")[0]
    assert found == compose


def test_the_operator_has_each_database_and_keeps_its_state_and_backups() -> None:
    workload = next(one for one in WORKLOADS if one["metadata"]["name"] == "operator")
    pod = workload["spec"]["template"]["spec"]
    container = pod["containers"][0]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    sources = [source["secret"] for source in volumes["secrets"]["projected"]["sources"]]
    paths = {source["name"]: [item["path"] for item in source["items"]] for source in sources}
    assert paths == {f"handslag-{name}": [f"{name}_database"] for name in SERVICES}
    compose = ours(read_compose())["operator"]["environment"]
    given = {variable["name"]: variable["value"] for variable in container["env"]}
    assert given == {name: value for name, value in compose.items() if name.endswith("_FILE")}
    settings = next(one["data"] for one in MANIFESTS if one["kind"] == "ConfigMap")
    assert set(compose) - set(given) <= set(settings)
    claims = {one["metadata"]["name"] for one in MANIFESTS if one["kind"] == "PersistentVolumeClaim"}
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    for name, path in (("state", settings["HANDSLAG_STATE_DIR"]), ("backups", "/backups")):
        assert mounted[name] == path
        assert volumes[name]["persistentVolumeClaim"]["claimName"] in claims


def test_a_process_mounts_no_secret_that_it_does_not_name() -> None:
    for workload in WORKLOADS:
        pod = workload["spec"]["template"]["spec"]
        volumes = [one for one in pod.get("volumes", ()) if one["name"] == "secrets"]
        secrets = [
            source
            for one in volumes
            for source in (one.get("secret"), *_projected(one))
            if source is not None
        ]
        mounted = {item["path"] for one in secrets for item in one["items"]}
        named = {
            variable["value"].rpartition("/")[2]
            for container in pod["containers"]
            for variable in container.get("env", ())
            if variable["name"].endswith("_FILE")
        }
        assert mounted == named, workload["metadata"]["name"]


def _projected(volume: dict[str, Any]) -> list[dict[str, Any]]:
    return [source["secret"] for source in volume.get("projected", {}).get("sources", ())]


def test_every_setting_is_one_of_ours() -> None:
    known = {setting.name for setting in SETTINGS} | {setting.file_name for setting in SETTINGS}
    given = {name for one in MANIFESTS if one["kind"] == "ConfigMap" for name in one["data"]}
    given |= {variable["name"] for _, one in CONTAINERS for variable in one.get("env", ())}
    assert given <= known


def test_no_secret_stands_in_a_manifest() -> None:
    assert not [one for one in MANIFESTS if one["kind"] == "Secret"]
    secret = {setting.name for setting in SETTINGS if setting.secret or setting.name.endswith("_DATABASE")}
    assert not [
        name for one in MANIFESTS if one["kind"] == "ConfigMap" for name in one["data"] if name in secret
    ]


@pytest.mark.parametrize(("name", "container"), CONTAINERS, ids=[name for name, _ in CONTAINERS])
def test_a_container_is_held_to_little(name: str, container: dict[str, Any]) -> None:
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    pod = next(one for one in WORKLOADS if one["metadata"]["name"] == name)["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == 10001


def test_probes_ask_what_there_is() -> None:
    for name, container in CONTAINERS:
        if name in ("topics", "operator"):
            continue
        web = name.startswith("web-")
        assert container["livenessProbe"]["httpGet"]["path"] == (ALIVE_PATH if web else "/metrics")
        assert ("readinessProbe" in container) == web
        if web:
            assert container["readinessProbe"]["httpGet"] == {"path": READY_PATH, "port": "http"}
        ports = {port["name"] for port in container["ports"]}
        assert container["livenessProbe"]["httpGet"]["port"] in ports


def test_each_deployment_has_a_disruption_budget() -> None:
    deployments = {one["metadata"]["name"] for one in MANIFESTS if one["kind"] == "Deployment"} - {"operator"}
    budgets = [one for one in MANIFESTS if one["kind"] == "PodDisruptionBudget"]
    guarded = {one["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] for one in budgets}
    assert guarded == deployments


def test_the_ingress_sends_each_path_to_its_service() -> None:
    ingress = next(one for one in MANIFESTS if one["kind"] == "Ingress")
    sent = {
        path["path"]: path["backend"]["service"]["name"]
        for path in ingress["spec"]["rules"][0]["http"]["paths"]
    }
    assert sent == {path: f"web-{one.name}" for one in SERVICES.values() for path in one.paths}
