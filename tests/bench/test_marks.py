from __future__ import annotations

import itertools
import json
import socket
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from services.profiles.organisations.schemas.profiles import NEW
from tests.bench import (
    candidates,
    capacities,
    consuming,
    drawn,
    embedded_log,
    end_to_end,
    measure,
    one_change,
    posting,
    rebuilding,
    run,
    samples,
    shortcuts,
    sizes,
)
from tests.bench import kafka as on_kafka
from tests.bench.clients import BadAnswerError, post_request, send_all
from tests.bench.command import bench
from tests.bench.measure import BenchError, Mark, Pairs, in_turn
from tests.free_ports import free_port
from tests.plugins.kafka_broker import KafkaBroker


def test_the_ratio_is_the_median_of_the_pairs_and_not_of_the_sides() -> None:
    # The third pair was disturbed as a whole: it counts as one pair, and its own ratio is sound.
    pairs = Pairs(ours=(2.0, 4.0, 90.0), peer=(1.0, 1.0, 30.0))
    assert pairs.ratio == pytest.approx(1 / 3)
    assert pairs.rates(8) == "ours 2/s, peer 8/s"


def test_both_take_turns_in_going_first_after_a_warm_up_that_counts_nothing() -> None:
    order: list[str] = []
    seconds = itertools.count(1)

    def work(who: str) -> float:
        order.append(who)
        return float(next(seconds))

    pairs = in_turn(lambda: work("ours"), lambda: work("peer"), 3)
    assert order == ["ours", "peer", "ours", "peer", "peer", "ours", "ours", "peer"]
    assert pairs == Pairs(ours=(3.0, 6.0, 7.0), peer=(4.0, 5.0, 8.0))


@pytest.mark.parametrize(("ratio", "held"), [(0.61, True), (0.6, True), (0.59, False)])
def test_a_mark_is_held_at_its_value_and_above(ratio: float, held: bool) -> None:
    assert Mark("name", ratio, 0.6, "events", "").held is held


def test_the_same_seed_draws_the_same_organisations() -> None:
    assert samples.companies(5, seed=3) == samples.companies(5, seed=3)
    assert samples.companies(5, seed=3) != samples.companies(5, seed=4)
    assert samples.needs(5, seed=3) == samples.needs(5, seed=3)


def test_posted_companies_are_what_the_api_takes() -> None:
    schema = NEW["companies"]()
    assert [schema.validate(one) for one in samples.company_posts(20, seed=1)] == [{}] * 20


def test_the_embedded_log_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_log, "EVENTS", 100)
    monkeypatch.setattr(embedded_log, "REPETITIONS", 2)
    mark = embedded_log.measure(tmp_path)
    assert mark.ratio > 0
    assert "batches of 50" in mark.note


def test_shortcuts_are_measured_beside_what_they_go_around(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortcuts, "EVENTS", 20)
    monkeypatch.setattr(shortcuts, "REPETITIONS", 1)
    assert all(mark.ratio > 0 for mark in shortcuts.measure(tmp_path))
    monkeypatch.setattr(shortcuts, "read_usual", lambda headers: None)
    with pytest.raises(BenchError, match="headers as we write them: the shortcut gives other than its peer"):
        shortcuts.measure(tmp_path)


def test_consuming_is_measured_over_every_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consuming, "EVENTS", 60)
    monkeypatch.setattr(consuming, "REPETITIONS", 2)
    assert consuming.measure(tmp_path).ratio > 0


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Features of a few organisations, read for real."""
    file = tmp_path_factory.mktemp("pool") / "pool.npz"
    with pytest.MonkeyPatch.context() as few:
        few.setattr(drawn, "COMPANIES_READ", 40)
        few.setattr(drawn, "NEEDS_READ", 20)
        drawn.read_pool(file)
    return file


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, pool: Path) -> pytest.MonkeyPatch:
    """Small sizes, and the pool as it was read before."""
    for module in (candidates, one_change, sizes):
        monkeypatch.setattr(module, "read_pool", lambda file: file.write_bytes(pool.read_bytes()))
    monkeypatch.setattr(candidates, "SIZES", ((300, 30, 2),))
    for name, value in (("COMPANIES", 300), ("NEEDS", 30), ("CHANGES", 2), ("FULL_RUNS", 1)):
        monkeypatch.setattr(one_change, name, value)
    for name, value in (("COMPANIES", 60), ("REQUESTS", 12), ("EACH", 5), ("REPETITIONS", 1)):
        monkeypatch.setattr(capacities, name, value)
    monkeypatch.setattr(sizes, "COMPANIES", (100, 400))
    monkeypatch.setattr(sizes, "NEEDS", 10)
    return monkeypatch


def test_the_same_pool_draws_the_same_features_of_the_shapes_of_the_real_ones(pool: Path) -> None:
    (asked, offered), (_, again) = drawn.draw(pool, 70, 30), drawn.draw(pool, 70, 30)
    for part, matrix in offered.matrices.items():
        assert np.array_equal(matrix, again.matrices[part])
        assert (len(matrix), len(asked.matrices[part])) == (70, 30)
    lengths = np.linalg.norm(offered.matrices["text"], axis=1)
    assert lengths == pytest.approx(np.ones(70), abs=1e-5)
    assert offered.matrices["text"].shape[1] > drawn.DIMENSIONS


def test_candidates_are_measured_beside_their_peers(tmp_path: Path, small: pytest.MonkeyPatch) -> None:
    marks = candidates.measure(tmp_path)
    assert [(mark.name, mark.mark) for mark in marks] == [
        ("candidates, 300 × 30", 0.6),
        ("candidates beside FAISS, 300 × 30", 1.0),
        ("candidates beside a loop, 300 × 30", 300.0),
        ("candidates' memory, 300 × 30", 1.0),
    ]
    assert all(mark.ratio > 0 for mark in marks)


@pytest.mark.parametrize(
    ("made_worse", "message"),
    [
        ("best_companies", "need 0 are not those of scoring every pair"),
        ("shortlists", "FAISS finds other companies"),
        ("best_by_loop", "the loop over pairs finds better companies for need 0"),
    ],
)
def test_candidates_are_measured_only_when_they_are_right(
    tmp_path: Path, small: pytest.MonkeyPatch, made_worse: str, message: str
) -> None:
    right = getattr(candidates, made_worse)
    wrong = {
        "best_companies": lambda asked, offered, k: [best[::-1] for best in right(asked, offered, k)],
        "shortlists": lambda parts, k: right([*parts[:1], *parts[2:]], k),
        "best_by_loop": lambda *given: [
            [(row, score + 1.0) for row, score in best] for best in right(*given)
        ],
    }
    small.setattr(candidates, made_worse, wrong[made_worse])
    with pytest.raises(candidates.WrongAnswerError, match=message):
        candidates.measure(tmp_path)


def test_without_faiss_nothing_is_measured_and_the_command_says_what_brings_it(
    small: pytest.MonkeyPatch,
) -> None:
    small.setattr(run, "MARKS", {"candidates": candidates.measure})
    small.setitem(sys.modules, "faiss", None)
    printed = CliRunner().invoke(bench, [])
    assert printed.exit_code == 1
    assert printed.stderr == "failed: faiss-cpu is not installed: `make setup` brings it\n"


def test_one_changed_company_is_measured_only_when_no_need_is_missed(
    tmp_path: Path, small: pytest.MonkeyPatch
) -> None:
    mark = one_change.measure(tmp_path)
    assert mark.ratio > 0
    assert "all of them found" in mark.note
    small.setattr(one_change, "needs_touched", lambda asked, both, bars: [])
    with pytest.raises(candidates.WrongAnswerError, match="passed over"):
        one_change.measure(tmp_path)


def test_plans_are_measured_only_when_they_are_worth_the_same(
    tmp_path: Path, small: pytest.MonkeyPatch
) -> None:
    assert capacities.measure(tmp_path).ratio > 0
    small.setattr(capacities, "plan_introductions", lambda pairs, takes, wants: pairs[:1])
    with pytest.raises(candidates.WrongAnswerError, match="not worth what network_simplex finds"):
        capacities.measure(tmp_path)


def test_the_cost_of_sizes_is_a_table_and_a_picture_without_a_word_about_the_machine(
    tmp_path: Path, small: pytest.MonkeyPatch
) -> None:
    small.setattr(run, "MARKS", {})
    printed = CliRunner().invoke(bench, ["--json", "--sizes", str(tmp_path / "cost.svg")])
    assert printed.exit_code == 0, printed.output
    result = json.loads(printed.stdout.splitlines()[-1])
    assert [row["companies"] for row in result["sizes"]] == [100, 400]
    assert all(row["seconds"] > 0 and row["matrices_megabytes"] > 0 for row in result["sizes"])
    table = run.table(result).splitlines()
    assert table[-1].split()[:2] == ["400", "10"]
    drawing = ElementTree.parse(tmp_path / "cost.svg").getroot()
    lines = drawing.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [2, 2, 2]
    assert socket.gethostname() not in (tmp_path / "cost.svg").read_text()


def test_posting_is_measured_on_two_real_servers_that_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("REQUESTS", 20), ("CONNECTIONS", 4), ("WORKERS", 1), ("REPETITIONS", 1)):
        monkeypatch.setattr(posting, name, value)
    used = [free_port(), free_port()]
    ports = iter(used)
    monkeypatch.setattr(posting, "free_port", lambda: next(ports))
    mark = posting.measure(tmp_path)
    assert mark.ratio > 0
    assert "p99" in mark.note
    for port in used:
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_rebuild_is_measured_until_every_company_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "COMPANIES", 120)
    mark = rebuilding.measure(tmp_path)
    assert mark.ratio > 0
    assert mark.note.startswith("120 companies in ")
    with sqlite3.connect(tmp_path / "matching.sqlite") as database:
        assert database.execute("SELECT count(*) FROM companies").fetchone() == (120,)


def test_a_submission_is_followed_to_the_log_the_report_and_the_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("SECONDS", 1), ("EACH_SECOND", 6), ("REQUEST_EVERY", 6), ("COMPANIES_BEFORE", 10)):
        monkeypatch.setattr(end_to_end, name, value)
    mark = end_to_end.measure(tmp_path)
    assert mark.ratio > 0
    assert "201 until the request's report" in mark.note
    assert "its mail is accepted" in mark.note
    assert all(f"{part} 0 MB" not in mark.note and part in mark.note for part in end_to_end.PARTS)


def test_the_marks_on_kafka_are_measured_on_a_real_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kafka_broker: KafkaBroker
) -> None:
    for name, value in (("SENT", 60), ("READ", 120), ("LIMIT", 20), ("REPETITIONS", 1)):
        monkeypatch.setattr(on_kafka, name, value)
    monkeypatch.setattr(rebuilding, "COMPANIES", 60)
    marks = on_kafka.measure(tmp_path, kafka_broker.server)
    assert [mark.name for mark in marks] == [
        "relay to Kafka",
        "consuming from Kafka, envelope only",
        "consuming from Kafka, full validation",
        "projection rebuilt from Kafka",
    ]
    assert all(mark.ratio > 0 for mark in marks)


def test_a_server_that_does_not_start_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(posting.ServerError, match=r"no\.such\.module"),
        posting._served(["no.such.module"], {}, free_port()),
    ):
        pass


def test_an_answer_that_was_not_expected_ends_the_measuring(answering: int) -> None:
    requests = [post_request(answering, "/", b"{}")] * 3
    assert len(send_all(answering, requests, 1, b"201")) == 3
    with pytest.raises(BadAnswerError, match="201 CREATED"):
        send_all(answering, requests, 1, b"200")


def test_the_command_prints_the_marks_as_one_line_of_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MARKS", {"one": lambda folder: Mark("one", 0.71234, 0.6, "events", "a; b")})
    printed = CliRunner().invoke(bench, ["--json"])
    assert printed.exit_code == 0
    assert json.loads(printed.stdout.splitlines()[-1]) == {
        "marks": [
            {"name": "one", "ratio": 0.712, "mark": 0.6, "held": True, "unit": "events", "note": "a; b"}
        ]
    }


def test_a_missed_mark_is_said_in_the_table_and_is_no_failure_of_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "MARKS", {"one": lambda folder: Mark("one", 0.3, 0.6, "events", "why; how")})
    printed = CliRunner().invoke(bench, [])
    assert printed.exit_code == 0
    assert "0.30    0.60  missed, of events" in printed.stdout
    assert "    why\n    how" in printed.stdout


def test_what_cannot_be_measured_fails_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: Path) -> Mark:
        raise posting.ServerError("least_app did not start")

    monkeypatch.setattr(run, "MARKS", {"one": broken})
    printed = CliRunner().invoke(bench, [])
    assert printed.exit_code == 1
    assert "least_app did not start" in printed.stderr


def test_every_folder_is_removed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []

    def one(folder: Path) -> Mark:
        (folder / "left").write_text("something")
        seen.append(folder)
        return Mark("one", 1.0, 0.6, "events", "")

    monkeypatch.setattr(run, "MARKS", {"one": one, "two": one})
    run.run_bench(None)
    assert len(set(seen)) == 2
    assert not any(folder.exists() for folder in seen)


def test_timed_gives_the_seconds_of_the_work() -> None:
    done = threading.Event()
    assert measure.timed(done.set)() >= 0
    assert done.is_set()


@pytest.fixture
def answering() -> Iterator[int]:
    """A server that answers each request with 201, in pieces."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            for _ in range(2):
                connection, _address = server.accept()
                # A client that hangs up with an answer on its way resets the connection.
                with connection, suppress(ConnectionResetError, BrokenPipeError):
                    while connection.recv(4096):
                        connection.sendall(b"HTTP/1.1 201 CREATED\r\nContent-Length: 2\r\n\r\n{")
                        connection.sendall(b"}")

        thread = threading.Thread(target=answer)
        thread.start()
        yield int(server.getsockname()[1])
        for _ in range(2):
            try:
                socket.create_connection(server.getsockname(), timeout=1).close()
            except OSError:
                break
            if not thread.is_alive():
                break
        thread.join(5)
