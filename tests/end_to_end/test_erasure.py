"""Promise 9: an organisation that is erased is gone, byte for byte, and the house goes on for the others."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from kafka import KafkaAdminClient

from shared.event_log import open_event_log
from shared.event_log.kafka_topics import TOPIC_CONFIGS
from shared.events.catalogue import TOPICS
from tests.end_to_end.conftest import Process, Site, environment, handslag, last_json, wait_for
from tests.free_ports import free_port
from tests.plugins.kafka_broker import OF_A_TEST, KafkaBroker

SERVICES = ("PROFILES", "MATCHING", "NOTIFICATIONS")
CANARY = "Zwicklefitz"
COMPANY = {
    "id": "acme",
    "name": f"{CANARY} AB",
    "country": "Sweden",
    "city": f"{CANARY}stad",
    "website": f"https://www.{CANARY.lower()}.example",
    "language": "en",
    "description": f"{CANARY} telecare alarms and medicine dispensers for people who live at home.",
    "contact": {"name": f"{CANARY} Öberg", "email": f"{CANARY.lower()}@example.org", "language": "sv"},
}
OTHER = {
    "id": "other",
    "name": "Other AB",
    "country": "Sweden",
    "description": "Alarms for older people at home.",
    "contact": {"email": "other@example.org"},
}
PARTNER = {
    "id": "oslo",
    "name": "Oslo kommune",
    "country": "Norway",
    "needs": [{"text": "Telecare alarms and medicine dispensers for older people who live at home."}],
    "contact": {"email": "oslo@example.org"},
}
HOURS_AS_SECONDS = {
    "segment.ms": "1000",
    "max.compaction.lag.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "0",
    "file.delete.delay.ms": "0",
}


def kafka_topics(broker: KafkaBroker, prefix: str) -> None:
    """Make all topics as `handslag topics apply` would, but for hours that are seconds."""
    admin = KafkaAdminClient(bootstrap_servers=broker.server)
    configs = {**TOPIC_CONFIGS, **HOURS_AS_SECONDS}
    options = {"num_partitions": 1, "replication_factor": 1, "configs": configs}
    try:
        admin.create_topics({f"{prefix}.{name}": options for name in TOPICS}, wait_for_metadata=True)
    finally:
        admin.close()


@pytest.fixture(params=["one machine", "kafka and postgres"])
def engines(request: pytest.FixtureRequest) -> Mapping[str, str]:
    if request.param == "one machine":
        return {}
    broker: KafkaBroker = request.getfixturevalue("kafka_broker")
    prefix: str = request.getfixturevalue("topic_prefix")
    new_url = request.getfixturevalue("new_postgres_url")
    kafka_topics(broker, prefix)
    databases = {f"{service}_DATABASE": new_url() for service in SERVICES}
    return {"EVENT_LOG": broker.url, "TOPIC_PREFIX": prefix, **databases}


def written(path: Path) -> Iterator[bytes]:
    """What has been written to a file; the broker's indexes are files of megabytes with hardly anything in them."""
    with path.open("rb") as file:
        end = 0
        while True:
            try:
                begin = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO:  # nothing but a hole follows
                    return
                raise
            end = os.lseek(file.fileno(), begin, os.SEEK_HOLE)
            yield os.pread(file.fileno(), end - begin, begin)


class Search:
    """Looks for the canary's bytes wherever the house writes."""

    def __init__(self, folders: list[Path], engines: Mapping[str, str]) -> None:
        """Look in all that is under the folders, and in the databases of `engines`."""
        self._folders = folders
        self._engines = engines
        self._wanted = CANARY.lower().encode()

    def places(self) -> list[str]:
        """Name every file and table that holds it, in any case."""
        found = [str(path) for path in self._files() if self._in_file(path)]
        return found + [place for service in SERVICES for place in self._in_tables(service)]

    def _files(self) -> Iterator[Path]:
        """All files but those of other tests' topics, which the broker keeps beside this test's."""
        own = self._engines.get("TOPIC_PREFIX", "")
        for folder in self._folders:
            for parent, names, files in os.walk(folder):
                names[:] = [one for one in names if one.startswith(own) or not one.startswith(OF_A_TEST)]
                yield from (Path(parent) / one for one in files)

    def _in_file(self, path: Path) -> bool:
        try:
            return any(self._wanted in piece.lower() for piece in written(path))
        except FileNotFoundError:
            return False

    def _in_tables(self, service: str) -> list[str]:
        url = self._engines.get(f"{service}_DATABASE")
        if url is None:
            return []
        engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
        try:
            with engine.connect() as connection:
                names = sa.inspect(connection).get_table_names()
                rows = {name: connection.exec_driver_sql(f'SELECT * FROM "{name}"').all() for name in names}
        finally:
            engine.dispose()
        return [
            f"{service}.{name}" for name, read in rows.items() if self._wanted in repr(read).lower().encode()
        ]


def test_a_canary_is_gone_from_every_byte_and_the_other_side_keeps_its_report(
    engines: Mapping[str, str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    start: Callable[..., Process],
) -> None:
    state, port = tmp_path / "state", free_port()
    folders = [tmp_path]
    env = environment(state, PORT=str(port), BASE_URL=f"http://127.0.0.1:{port}", SMTP="mailbox:", **engines)
    if engines:
        broker: KafkaBroker = request.getfixturevalue("kafka_broker")
        folders += [broker.folder / "data"]
    search = Search(folders, engines)
    serve = start("serve", "serve", env=env)
    site = Site(port)
    wait_for("the site answers", site.answers)

    introduce(site)
    wait_for("both mails are there", lambda: len(list(state.glob("mailbox/*.eml"))) == 2)
    wait_for("the introduction knows of both", lambda: statuses(site) == ["sent", "sent"])
    assert len(search.places()) > 5, search.places()
    status, answer = site.call("POST", "/api/v1/requests/ask/withdraw", If_Match='"1"')
    assert status == 200, answer
    wait_for("the report is frozen", lambda: site.get("/api/v1/reports/ask")["status"] == "withdrawn")

    erased = handslag("erase", "acme", "--yes", "--json", env=env)
    assert erased.returncode == 0, erased.stderr
    assert last_json(erased.stdout)["left"] == []
    until_gone(search, engines)

    report = site.call("GET", "/reports/ask?lang=en")[1]
    assert "erased organisation" in report
    assert "raderad organisation" in site.call("GET", "/reports/ask?lang=sv")[1]
    introduction = introduction_of(site)
    assert introduction["company"]["name"] == "erased organisation"
    assert (introduction["partner"]["name"], introduction["status"]) == ("Oslo kommune", "approved")
    wait_for(
        "the open report is up to date", lambda: site.get("/api/v1/reports/again")["stale_since"] is None
    )
    before = handslag("report", "again", "--format", "json", env=env).stdout
    assert "Other AB" in before
    rebuilt = handslag("rebuild", "matching", "--yes", "--json", env=env)
    assert last_json(rebuilt.stdout)["done"] is True, rebuilt.stderr
    assert handslag("report", "again", "--format", "json", env=env).stdout == before
    export = handslag("export", "acme", env=env)
    assert (export.returncode, export.stdout) == (1, "")
    assert "nothing is known of acme (erased at" in export.stderr
    assert search.places() == []
    assert "Traceback" not in serve.said()


def introduce(site: Site) -> None:
    """Have the canary matched with a partner's request and introduced; a second request stays open."""
    for path, body in (
        ("/api/v1/companies", COMPANY),
        ("/api/v1/companies", OTHER),
        ("/api/v1/partners", PARTNER),
        ("/api/v1/requests", {"id": "ask", "partner_id": "oslo"}),
        ("/api/v1/requests", {"id": "again", "partner_id": "oslo"}),
    ):
        status, answer = site.call("POST", path, body, Idempotency_Key=f"key {body['id']}")
        assert status == 201, answer

    def approved() -> bool:
        report = site.get("/api/v1/reports/ask")
        matches = [one["id"] for one in report.get("matches", []) if one["company"]["id"] == "acme"]
        if not matches:
            return False
        approval = {"report_version": report["version"], "matches": matches, "note": f"{CANARY} fits"}
        path = "/api/v1/reports/ask/approvals"
        return site.call("POST", path, approval, Idempotency_Key=f"approve {report['version']}")[0] in (
            200,
            201,
        )

    wait_for("the match is approved", approved)


def introduction_of(site: Site) -> Any:
    return site.get("/api/v1/introductions?request=ask")["items"][0]


def statuses(site: Site) -> list[str]:
    return [one["status"] for one in introduction_of(site)["deliveries"]]


def until_gone(search: Search, engines: Mapping[str, str]) -> None:
    """Wait until no byte is left; over Kafka with the pulse of the work processes at the pace of these topics."""
    deadline = time.monotonic() + 240
    while found := search.places():
        assert time.monotonic() < deadline, found
        if engines:
            with open_event_log(engines["EVENT_LOG"], engines["TOPIC_PREFIX"]) as log:
                log.pulse(list(TOPICS), 1.0)
        time.sleep(0.5)
