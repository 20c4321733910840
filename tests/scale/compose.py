"""The compose file read as Docker Compose reads it, and its own services started as local processes.

Nothing of theirs is changed but places: host names become loopback ports, `/run/secrets`, `/state` and `/backups`
folders of the test, and the address that is listened on is loopback's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
PROXY = ROOT / "deploy" / "proxy" / "nginx.conf"
DRAW_SECRETS = ROOT / "deploy" / "image" / "secrets.sh"
MAKE_DATABASES = ROOT / "deploy" / "postgres" / "databases.sh"
COMMAND = Path(sys.executable).with_name("handslag")
WEB_PORT = "8080"
_VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?::-([^}]*))?\})")
_OF_PLACE = {
    "NODE_ID",
    "PROCESS_ROLES",
    "CONTROLLER_QUORUM_VOTERS",
    "CONTROLLER_LISTENER_NAMES",
    "LISTENERS",
    "ADVERTISED_LISTENERS",
    "LISTENER_SECURITY_PROTOCOL_MAP",
    "LOG_DIRS",
    "HEAP_OPTS",
}


def read_compose(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Read the compose file with its variables filled in from `environ`, else by their defaults."""
    read: dict[str, Any] = _filled(yaml.safe_load(FILE.read_text(encoding="utf-8")), environ or {})
    return read


def ours(compose: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the services that run our image, by name."""
    return {name: one for name, one in compose["services"].items() if one["image"].startswith("handslag:")}


def kafka_properties(compose: Mapping[str, Any]) -> str:
    """Return the broker's settings as lines of a properties file, but those that say where it stands."""
    given = compose["services"]["kafka"]["environment"]
    return "".join(
        f"{name.removeprefix('KAFKA_').lower().replace('_', '.')}={value}\n"
        for name, value in given.items()
        if name.startswith("KAFKA_") and name.removeprefix("KAFKA_") not in _OF_PLACE
    )


class Places:
    """Where the names of the compose file are on this machine: `hosts` by `name:port`, files under `folder`."""

    def __init__(self, folder: Path, hosts: Mapping[str, str]) -> None:
        self.folder = folder
        self.secrets = folder / "secrets"
        self.state = folder / "state"
        self.backups = folder / "backups"
        self._hosts = hosts

    def draw_secrets(self, **given: str) -> None:
        """Draw the secrets as the operator does; those `given` stand there before. Then move their hosts."""
        self.secrets.mkdir(parents=True)
        for name, text in given.items():
            (self.secrets / name).write_text(text)
        subprocess.run([DRAW_SECRETS, self.secrets], check=True, capture_output=True)
        for file in self.secrets.iterdir():
            moved = self.moved(file.read_text())
            file.unlink()
            file.write_text(moved)

    def moved(self, text: str) -> str:
        """Put this machine's places for those that a text names."""
        for name, address in self._hosts.items():
            text = text.replace(name, address)
        return text.replace("/run/secrets", str(self.secrets))

    def environment(self, service: Mapping[str, Any], port: int, metrics_port: int) -> dict[str, str]:
        """Return the environment of a service's process: that of the file, and a path to find programs by."""
        given = {key: self.moved(str(value)) for key, value in service["environment"].items()}
        given["HANDSLAG_STATE_DIR"] = str(self.state)  # one volume, mounted by all
        given["HANDSLAG_TEXT_ENGINE"] = "concepts"  # the image brings no embedding
        given |= {"HANDSLAG_METRICS_PORT": str(metrics_port), "HANDSLAG_METRICS_HOST": "127.0.0.1"}
        if "HANDSLAG_PORT" in given:
            given |= {"HANDSLAG_PORT": str(port), "HANDSLAG_HOST": "127.0.0.1"}
        return {**given, "PATH": f"{COMMAND.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}

    def proxy_configuration(self, ports: Mapping[str, int], own: int, own_health: int) -> Path:
        """Write the proxy's configuration for this machine; `ports` by the name of the web service."""
        text = PROXY.read_text(encoding="utf-8")
        for name, port in ports.items():
            text = text.replace(f" {name}:{WEB_PORT};", f" 127.0.0.1:{port};")
        text = text.replace(f"listen {WEB_PORT};", f"listen 127.0.0.1:{own};")
        text = text.replace("listen 127.0.0.1:8081;", f"listen 127.0.0.1:{own_health};")
        for file in ("nginx.pid", "body", "proxy", "fastcgi", "uwsgi", "scgi"):
            text = text.replace(f"/tmp/{file};", f"{self.folder}/proxy-{file};")
        written = self.folder / "nginx.conf"
        written.write_text(text, encoding="utf-8")
        return written


def proxy_command(configuration: Path) -> list[str]:
    """Return the command of the proxy; raises FileNotFoundError with what to install."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    program = shutil.which("nginx", path=path)
    if program is None:
        raise FileNotFoundError("the compose tests need nginx: apt-get install -y nginx-light")
    as_root = "user root; " if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    return [program, "-c", str(configuration), "-g", f"{as_root}daemon off;"]


def make_databases(places: Places, programs: Path, port: int, user: str) -> None:
    """Run the script that the PostgreSQL image runs; raises subprocess.CalledProcessError with what it said."""
    env = {
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(port),
        "POSTGRES_USER": user,
        "POSTGRES_DB": "postgres",
        "SECRETS": str(places.secrets),
    }
    subprocess.run(["sh", MAKE_DATABASES], env=env, check=True, capture_output=True, text=True)


def _filled(node: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(node, str):
        return _VARIABLE.sub(
            lambda found: (environ.get(found[1]) or found[2] or "") if found[1] else "$", node
        )
    if isinstance(node, dict):
        return {key: _filled(value, environ) for key, value in node.items()}
    return [_filled(value, environ) for value in node] if isinstance(node, list) else node
