"""Take pictures of the pages with sample data: `python -m tests.screenshots FOLDER`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.end_to_end.conftest import BROWSER_ARGUMENTS, Process, browser_path, environment, wait_for
from tests.free_ports import free_port

PAGES = {
    "landing": "/?lang=en",
    "reports": "/reports?lang=en",
    "report": "/reports/R-P018?lang=en",
    "rapport": "/reports/R-P018?lang=sv",
    "mailbox": "/mailbox?lang=en",
}
WIDTH, HEIGHT = 1200, 1300


def main(folder: Path) -> None:
    """Serve the sample from a new state, and write a picture a page into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as state, sync_playwright() as playwright:
        port = free_port()
        env = environment(Path(state), PORT=str(port), BASE_URL=f"http://127.0.0.1:{port}")
        process = Process("serve", ["serve", "--sample"], env, Path(state))
        try:
            wait_for("the services are ready", lambda: "Ready after" in process.said(), 120)
            browser = playwright.chromium.launch(executable_path=browser_path(), args=BROWSER_ARGUMENTS)
            page = browser.new_page(
                base_url=f"http://127.0.0.1:{port}", viewport={"width": WIDTH, "height": HEIGHT}
            )
            for name, address in PAGES.items():
                page.goto(address)
                page.screenshot(path=folder / f"{name}.png")
            browser.close()
        finally:
            process.end(within=20)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
