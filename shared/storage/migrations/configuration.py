"""What Alembic is told; apart, for importing it takes longer than most commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.config import Config

from shared.storage.migrations import FLOOR_TABLE


def configured(folder: Path, **attributes: Any) -> Config:
    """Return the configuration for the steps in a folder; `env.py` reads the attributes."""
    config = Config(attributes=attributes)
    config.set_main_option("script_location", _literal(Path(__file__).parent))
    config.set_main_option("version_locations", _literal(folder))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "r%%(rev)s_%%(slug)s")
    return config


def is_ours(_name: str | None, kind: str, parent_names: object) -> bool:
    """Say whether tables that are compared should have one of this name; for Alembic's `include_name`."""
    return not (kind == "table" and _name == FLOOR_TABLE)


def _literal(path: Path) -> str:
    return str(path).replace("%", "%%")
