"""`handslag topics apply`: what it says, changes and exits with."""

from __future__ import annotations

from pathlib import Path

from shared.events.catalogue import TOPICS
from tests.end_to_end.conftest import environment, handslag, last_json
from tests.plugins.kafka_broker import KafkaBroker


def test_a_check_says_what_is_missing_and_changes_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        run = handslag("topics", "apply", "--check", "--json", env=environment(tmp_path))
        assert run.returncode == 1
        result = last_json(run.stdout)
        assert {row["topic"]: row["outcome"] for row in result["topics"]} == dict.fromkeys(TOPICS, "missing")
    run = handslag("topics", "apply", env=environment(tmp_path))
    assert run.returncode == 0
    assert run.stdout.count("created") == len(TOPICS)
    assert handslag("topics", "apply", "--check", env=environment(tmp_path)).returncode == 0


def test_on_kafka_topics_are_made_with_the_partitions_that_are_asked_for(
    kafka_broker: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    env = environment(tmp_path, EVENT_LOG=kafka_broker.url, TOPIC_PREFIX=topic_prefix)
    run = handslag("topics", "apply", "--partitions", "2", "--json", env=env)
    assert run.returncode == 0
    assert {row["partitions"] for row in last_json(run.stdout)["topics"]} == {2}
    again = handslag("topics", "apply", "--check", env=env)
    assert again.returncode == 0, again.stdout
    assert "it has 2 partitions and not 3" in again.stdout
