"""The pins in requirements/, and what the packages of this environment say that they need."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
PROJECT: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PIN = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))? "
    r"(?P<hashes>(?:\\\n    --hash=sha256:[0-9a-f]{64} ?)+)\n"
)


@dataclass(frozen=True)
class Pin:
    """One package of a file: its name, its exact version, and where it is for."""

    name: str
    version: str
    marker: str | None
    hashes: frozenset[str]

    def is_for(self, environment: Mapping[str, str]) -> bool:
        return self.marker is None or Marker(self.marker).evaluate(dict(environment))


def pins_of(file: Path) -> list[Pin]:
    """Read a file of pins; fails where a line is anything but a pin with its hashes."""
    text = file.read_text(encoding="utf-8")
    assert re.fullmatch(f"(?:{re.sub('[?]P<[a-z]+>', '?:', PIN.pattern)})*", text), (
        f"{file.name} has more than exact versions with their hashes"
    )
    return [
        Pin(
            found["name"],
            found["version"],
            found["marker"],
            frozenset(re.findall(r"[0-9a-f]{64}", found["hashes"])),
        )
        for found in PIN.finditer(text)
    ]


def here(**changed: str) -> dict[str, str]:
    """Return this machine's values for markers, changed as told."""
    return {**{name: str(value) for name, value in default_environment().items()}, **changed}


def needs(requirements: Iterable[str], environment: Mapping[str, str]) -> set[str]:
    """Name all that these requirements bring, extras and their own requirements with them."""
    seen: set[tuple[str, str]] = set()
    waiting = [one for one in map(Requirement, requirements) if applies(one, environment, "")]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        for extra in {"", *one.extras}:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            waiting += [
                further
                for further in map(Requirement, requirements_of(name))
                if applies(further, environment, extra)
            ]
    return {name for name, _ in seen}


def requirements_of(name: str) -> list[str]:
    """Return what a package of this environment says it requires; of ours, what pyproject.toml says."""
    if name != PROJECT["name"]:
        return distribution(name).requires or []
    extras: Mapping[str, list[str]] = PROJECT["optional-dependencies"]
    return [
        *PROJECT["dependencies"],
        *(with_extra(one, extra) for extra, listed in extras.items() for one in listed),
    ]


def with_extra(requirement: str, extra: str) -> str:
    before, _, marker = requirement.partition(";")
    return f"{before}; {f'({marker}) and ' if marker else ''}extra == '{extra}'"


def applies(requirement: Requirement, environment: Mapping[str, str], extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**environment, "extra": extra})
