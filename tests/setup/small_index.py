"""A package index in a folder: for every pin a small package, and a newer version of it beside."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.version import Version

from tests.setup.pins import Pin

NOWHERE = "0" * 64


class SmallIndex:
    """Offers the packages of some pins, as files: they need what the real ones need, and hold nothing.

    Only what builds the project is as it is in this environment.
    """

    def __init__(self, folder: Path, pins: Iterable[Pin], whole: str, environment: Mapping[str, str]) -> None:
        self.url = (folder / "simple").as_uri()
        self.installable = {pin.name: pin.version for pin in pins if pin.is_for(environment)}
        self._hashes: dict[str, str] = {}
        for name, version in self.installable.items():
            real = distribution(name)
            assert Version(real.version) == Version(version), f"{name} here is not what is pinned: make setup"
            page = folder / "simple" / name / "index.html"
            page.parent.mkdir(parents=True)
            pinned = page.with_name(f"{name.replace('-', '_')}-{version}-py3-none-any.whl")
            write_wheel(pinned, real, version, files_of(real) if name == whole else {})
            later = newer(version)
            newest = page.with_name(f"{name.replace('-', '_')}-{later}-py3-none-any.whl")
            write_wheel(newest, real, later, {})
            page.write_text("".join(f'<a href="{one.name}">{one.name}</a>\n' for one in (pinned, newest)))
            self._hashes[name] = hashlib.sha256(pinned.read_bytes()).hexdigest()

    def write_pins(self, file: Path, pins: Iterable[Pin]) -> None:
        """Write a file of the same pins, with the hashes of the small packages."""
        lines = (
            f"{pin.name}=={pin.version}{f' ; {pin.marker}' if pin.marker else ''} \\\n"
            f"    --hash=sha256:{self._hashes.get(pin.name, NOWHERE)}\n"
            for pin in pins
        )
        file.write_text("".join(lines), encoding="utf-8")


def newer(version: str) -> str:
    """Return the next version of the same series: a range that takes the one takes the other."""
    this = Version(version)
    if this.is_postrelease:
        later = f"{this.base_version}.post{(this.post or 0) + 1}"
    elif this.pre is not None:
        later = f"{this.base_version}{this.pre[0]}{this.pre[1] + 1}"
    else:
        later = f"{this}.1"
    assert Version(later) > this
    return later


def files_of(real: Distribution) -> dict[str, bytes]:
    """Return a package's files as they are installed here, without what only says so."""
    return {
        str(one): Path(str(one.locate())).read_bytes()
        for one in real.files or []
        if one.suffix != ".pyc"
        and ".." not in one.parts
        and not (one.parts[0].endswith(".dist-info") and one.name != "entry_points.txt")
    }


def write_wheel(file: Path, real: Distribution, version: str, files: Mapping[str, bytes]) -> None:
    """Write a wheel that says of itself what the real package says, in another version."""
    about = "-".join(file.name.split("-")[:2]) + ".dist-info"
    said = [
        "Metadata-Version: 2.1",
        f"Name: {real.metadata['Name']}",
        f"Version: {version}",
        *(f"Requires-Dist: {one}" for one in real.requires or []),
        *(f"Provides-Extra: {one}" for one in real.metadata.get_all("Provides-Extra") or []),
    ]
    content = {
        **files,
        f"{about}/METADATA": ("\n".join(said) + "\n").encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*content, f"{about}/RECORD"])
    with zipfile.ZipFile(file, "w") as wheel:
        for name, data in content.items():
            wheel.writestr(name, data)
        wheel.writestr(f"{about}/RECORD", record)
