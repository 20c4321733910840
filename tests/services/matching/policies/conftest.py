"""Previews that read all they are asked for, on however busy a machine."""

from __future__ import annotations

import pytest

from services.matching.policies import views


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "SECONDS", 300.0)
