"""Write the documents that are generated from the code: `python -m deploy.contracts`.

`docs/openapi/SERVICE.json` from each service's routes, `docs/asyncapi.yaml` from the event catalogue,
`docs/metrics.md` from the list of metrics.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from deploy.services import SERVICES
from shared.clock import system_clock
from shared.events import asyncapi
from shared.ids import random_ids
from shared.settings.registry import for_tests
from shared.telemetry import metrics

DOCS = Path(__file__).parents[1] / "docs"


def documents() -> dict[str, str]:
    """Return every generated document by its path below `docs/`."""
    found = {"asyncapi.yaml": asyncapi.text(), "metrics.md": metrics.as_markdown()}
    with tempfile.TemporaryDirectory() as state:
        settings = for_tests(Path(state))
        for service in SERVICES.values():
            app = service.parts.create_app(settings, system_clock, random_ids)
            spec = app.extensions["handslag-openapi"].document()
            found[f"openapi/{service.name}.json"] = json.dumps(spec, indent=2, ensure_ascii=False) + "\n"
    return found


def main() -> None:
    """Write every document."""
    for name, text in documents().items():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
