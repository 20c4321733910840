"""The alert rules are good Prometheus, ring when they should, and name only metrics and commands that there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from deploy.command import main
from shared.telemetry.metrics import METRICS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "alerts"
RULES = FOLDER / "handslag.rules.yml"
CASES = FOLDER / "handslag.test.yml"
UNPACKED = ROOT / "var" / "prometheus-tools" / "usr" / "bin" / "promtool"


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    path = shutil.which("promtool") or (str(UNPACKED) if UNPACKED.exists() else None)
    if path is None:
        pytest.fail("the tests need promtool: tests/install_real_parts.sh brings it", pytrace=False)
    return subprocess.run([path, *arguments], capture_output=True, text=True, check=False, timeout=120)


def test_prometheus_takes_the_rules() -> None:
    done = promtool("check", "rules", str(RULES))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_well_house_is_silent_and_every_alarm_rings_when_its_time_has_come() -> None:
    done = promtool("test", "rules", str(CASES))
    assert done.returncode == 0, done.stdout + done.stderr
    cases = CASES.read_text(encoding="utf-8")
    assert [rule["alert"] for rule in rules() if f'alertname="{rule["alert"]}"' not in cases] == []


def test_every_rule_says_how_bad_it_is_what_happened_and_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}, rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]
        assert rule["annotations"]["description"], rule["alert"]


def test_every_metric_and_label_that_a_rule_names_is_in_the_list() -> None:
    known = {metric.name: set(metric.labels) for metric in METRICS}
    known |= {
        f"{metric.name}_{part}": {*metric.labels, "le"}
        for metric in METRICS
        if metric.kind == "histogram"
        for part in ("bucket", "sum", "count")
    }
    for rule in rules():
        for name, selector in re.findall(r"\b(handslag_\w+)(\{[^}]*\})?", rule["expr"]):
            assert name in known, f"{rule['alert']}: {name}"
            assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector)) <= known[name], rule["alert"]


def test_every_command_that_a_rule_names_is_one() -> None:
    for rule in rules():
        for named in re.findall(r"`handslag ([^`]+)`", rule["annotations"]["description"]):
            words = named.replace("{{ $labels.service }}", "matching").replace(
                "{{ $labels.group }}", "matching"
            )
            assert is_command(main, words.split()), f"{rule['alert']}: handslag {named}"


def is_command(command: click.Command, words: list[str]) -> bool:
    """Say whether the words name a command down to its arguments and the options that it has."""
    if isinstance(command, click.Group):
        found = command.commands.get(words[0]) if words else None
        return found is not None and is_command(found, words[1:])
    options = {name for parameter in command.params for name in parameter.opts}
    return all(word in options for word in words if word.startswith("--"))
