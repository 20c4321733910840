"""`python -m tests.bench`: the bench beside a Kafka broker of its own, arguments passed on.

With `HANDSLAG_TEST_KAFKA` (HOST:PORT) that broker is used; without Java the Kafka marks are left out, and said so.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.bench.command import bench
from tests.plugins.kafka_broker import JARS, new_broker


def main() -> None:
    """Run the bench, and end this process with its exit code."""
    given = os.environ.get("HANDSLAG_TEST_KAFKA")
    if given:
        bench(["--kafka", given, *sys.argv[1:]])
    if shutil.which("java") is None or (shutil.which("mvn") is None and not JARS.exists()):
        print("no Java or Maven: the Kafka marks are left out", file=sys.stderr)
        bench(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="handslag-bench-kafka-") as folder:
        broker = new_broker(Path(folder))
        try:
            bench(["--kafka", broker.server, *sys.argv[1:]])
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
