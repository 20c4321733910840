"""What the processes of one machine are started with."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.runtime.serve import environment_of
from shared.settings.checks import read_networks
from shared.settings.registry import for_tests, read_settings


@pytest.mark.parametrize("proxies", ["", "127.0.0.1", "10.0.0.0/8, fd00::/8"])
def test_another_process_reads_the_very_settings(tmp_path: Path, proxies: str) -> None:
    settings = for_tests(tmp_path, trusted_proxies=read_networks(proxies))
    assert read_settings(environment_of(settings)) == settings
