"""Secrets for one machine with sample data: drawn once, kept in the state directory, readable by its owner only."""

from __future__ import annotations

import dataclasses
import json
import secrets

from shared.settings.registry import Settings
from shared.storage.whole_file import write_whole


def with_own_secrets(settings: Settings) -> Settings:
    """Fill the secret key and the staff token, where they are not set, from `secrets.json` in the state directory."""
    path = settings.state_dir / "secrets.json"
    if not path.exists():
        drawn = {"secret_key": secrets.token_urlsafe(32), "staff_token": secrets.token_urlsafe(24)}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(drawn).encode())
    kept = json.loads(path.read_text(encoding="utf-8"))
    return dataclasses.replace(
        settings,
        secret_key=settings.secret_key or kept["secret_key"],
        staff_token=settings.staff_token or kept["staff_token"],
    )
