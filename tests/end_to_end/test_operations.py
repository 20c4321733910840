"""Running one machine, as its administrator does: probes, status, a rebuild while it serves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import SAMPLE, Process, Site, environment, handslag, last_json, wait_for
from tests.free_ports import free_port


def reports_of(site: Site) -> dict[str, Any]:
    """Every report that is there, by request, without the moment it was made at."""
    found = {}
    for line in site.get("/api/v1/reports?page_size=100")["items"]:
        status, report = site.call("GET", f"/api/v1/reports/{line['request_id']}")
        if status == 200:
            found[line["request_id"]] = {name: value for name, value in report.items() if name != "made_at"}
    return found


def test_a_machine_that_serves_is_probed_looked_at_and_rebuilt(
    tmp_path: Path, start: Callable[..., Process]
) -> None:
    port = free_port()
    state = tmp_path / "state"
    env = environment(state, PORT=str(port))
    demo = handslag("demo", "--exit", "--json", "--data", str(SAMPLE), env=env)
    env["HANDSLAG_STATE_DIR"] = last_json(demo.stdout)["state"]
    site = Site(port)
    start("serve", "serve", env=env)
    wait_for("the machine is ready", lambda: site.call("GET", "/readyz")[0] == 200)
    assert site.get("/readyz") == {"ready": True, "waits_for": []}
    assert site.get("/healthz") == {"alive": True}

    def is_well() -> bool:
        return handslag("status", env=env).returncode == 0

    wait_for("status says that all is well", is_well)
    before = reports_of(site)
    assert len(before) == 30

    rebuilt = handslag("rebuild", "matching", "--yes", "--json", env=env)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert last_json(rebuilt.stdout)["done"] is True
    wait_for("the same reports are there again", lambda: reports_of(site) == before)
    wait_for("status says that all is well", is_well)
    table = handslag("status", env=env).stdout
    assert "active" in table
    assert "none" not in table
