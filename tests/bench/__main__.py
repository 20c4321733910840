"""`python -m tests.bench`: run `handslag bench` beside a Kafka broker of its own, arguments passed on.

With `HANDSLAG_TEST_KAFKA` (HOST:PORT) that broker is used; without Java the Kafka marks are left out, and said so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.plugins.kafka_broker import JARS, new_broker


def main() -> int:
    """Run it and return its exit code."""
    given = os.environ.get("HANDSLAG_TEST_KAFKA")
    if given:
        return _bench("--kafka", given)
    if shutil.which("java") is None or (shutil.which("mvn") is None and not JARS.exists()):
        print("no Java or Maven: the Kafka marks are left out", file=sys.stderr)
        return _bench()
    with tempfile.TemporaryDirectory(prefix="handslag-bench-kafka-") as folder:
        broker = new_broker(Path(folder))
        try:
            return _bench("--kafka", broker.server)
        finally:
            broker.stop()


def _bench(*more: str) -> int:
    return subprocess.run([sys.executable, "-m", "deploy.command", "bench", *more, *sys.argv[1:]]).returncode


if __name__ == "__main__":
    sys.exit(main())
