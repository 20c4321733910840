"""Event logs are opened by a URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.event_log import open_event_log


def test_a_folder_is_opened_as_the_embedded_log(tmp_path: Path) -> None:
    with open_event_log(f"sqlite:///{tmp_path}/with space%20d", "p") as log:
        log.apply_topics(["companies"])
    assert (tmp_path / "with space d" / "p.companies.sqlite").exists()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite://",
        "sqlite:///",
        "kafka://",
        "kafka://host",
        "kafka://host:0",
        "kafka://a:1,b",
        "redis://a:1",
    ],
)
def test_any_other_url_is_refused_with_what_it_must_be(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:///FOLDER or kafka://HOST:PORT"):
        open_event_log(url)
