"""Secrets for one machine with sample data: drawn once, kept in the state directory, readable by its owner only."""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
from pathlib import Path

from shared.settings.registry import Settings


def with_own_secrets(settings: Settings) -> Settings:
    """Fill the secret key and the staff token, where they are not set, from `secrets.json` in the state directory."""
    path = settings.state_dir / "secrets.json"
    if not path.exists():
        _write(path, {"secret_key": secrets.token_urlsafe(32), "staff_token": secrets.token_urlsafe(24)})
    kept = json.loads(path.read_text(encoding="utf-8"))
    return dataclasses.replace(
        settings,
        secret_key=settings.secret_key or kept["secret_key"],
        staff_token=settings.staff_token or kept["staff_token"],
    )


def _write(path: Path, values: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(values, file)
    part.replace(path)
