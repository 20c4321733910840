"""Clients that submit over HTTP through the proxy, and repeat with the same `Idempotency-Key` what is not answered."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.faults.history import Submission
from tests.scale.house import STAFF_TOKEN
from tests.scale.organisations import Organisations, addressed

CALL_SECONDS = 20.0
CHANGED = 0.02
"""The share of organisations that are replaced once by a second version."""


@dataclass
class Records:
    """What all clients wrote down; `names` has of each organisation's id what its mail addresses start with."""

    submissions: list[Submission] = field(default_factory=list)
    approvals: list[tuple[str, ...]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    """How long each write took until its answer, its repeats included."""
    repeats: int = 0
    problems: list[str] = field(default_factory=list)


class Connection:
    """One kept-alive connection that is made anew when it breaks."""

    def __init__(self, url: str, records: Records, give_up: threading.Event) -> None:
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=CALL_SECONDS)
        self._records = records
        self._give_up = give_up

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Repeat a call until it has an answer that is not the server's failure; 0 when given up."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"Content-Type": "application/json", "Authorization": f"Bearer {STAFF_TOKEN}"}
        data = None if body is None else json.dumps(body)
        started = time.monotonic()
        while not self._give_up.is_set():
            try:
                self._connection.request(method, path, data, named)
                answer = self._connection.getresponse()
                text = answer.read()
                if answer.status < 500:
                    if method != "GET":
                        self._records.seconds.append(time.monotonic() - started)
                    return answer.status, json.loads(text)
            except (OSError, http.client.HTTPException, ValueError):
                self._connection.close()
            self._records.repeats += 1
            self._give_up.wait(0.1)
        return 0, None

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True)
class Wanted:
    """How many of each are submitted in one run, by how many clients."""

    companies: int
    requests: int
    clients: int = 12

    def steps(self) -> Iterator[tuple[str, int]]:
        """Return what is submitted, in order: partners, and their requests after each tenth of the companies."""
        for number in range(self.companies):
            yield "company", number
            if (number * self.requests) // self.companies != ((number + 1) * self.requests) // self.companies:
                yield "request", number


class Submitting:
    """Submits everything that is wanted by several threads side by side."""

    def __init__(self, url: str, wanted: Wanted, seed: int, records: Records) -> None:
        self._url = url
        self._steps = wanted.steps()
        self._lock = threading.Lock()
        self._organisations = Organisations(seed)
        self._random = random.Random(f"{seed} clients")
        self._records = records
        self._give_up = threading.Event()
        self.done = 0
        self.total = wanted.companies + wanted.requests
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(wanted.clients)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def working(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        self._give_up.set()
        for thread in self._threads:
            thread.join(CALL_SECONDS + 5)

    def _run(self) -> None:
        connection = Connection(self._url, self._records, self._give_up)
        try:
            while not self._give_up.is_set():
                with self._lock:
                    step = next(self._steps, None)
                    if step is None:
                        return
                    kind, number = step
                    mark = f"{kind}-{number}"
                    body = getattr(self._organisations, "company" if kind == "company" else "partner")(mark)
                    changes = self._random.random() < CHANGED
                plural = "companies" if kind == "company" else "partners"
                made = self._create(connection, plural, mark, addressed(body, mark, mark, 1))
                if made and changes:
                    self._replace(connection, plural, made, mark, addressed(body, f"{mark}-2", mark, 2))
                if made and kind == "request":
                    ask = {"partner_id": made, "title": f"ask-{number}"}
                    self._create(connection, "requests", f"ask-{number}", ask)
                self.done += 1
        except Exception as error:  # noqa: BLE001  # the run reports it and fails
            self._records.problems.append(f"a client ended: {error!r}")
        finally:
            connection.close()

    def _create(self, connection: Connection, plural: str, mark: str, body: dict[str, Any]) -> str:
        status, answer = connection.ask("POST", f"/api/v1/{plural}", body, Idempotency_Key=mark)
        return self._note(status, answer, mark, plural, 201)

    def _replace(self, connection: Connection, plural: str, id: str, mark: str, body: dict[str, Any]) -> None:
        status, answer = connection.ask("PUT", f"/api/v1/{plural}/{id}", body, If_Match='"1"')
        if status == 412:  # an earlier try had its effect and its answer was lost
            status, answer = connection.ask("GET", f"/api/v1/{plural}/{id}")
        self._note(status, answer, f"{mark}-2", plural, 200)

    def _note(self, status: int, answer: Any, mark: str, plural: str, good: int) -> str:
        if status != good:
            self._records.submissions.append(Submission(mark, plural, False))
            self._records.problems.append(f"{mark}: {status} {str(answer)[:300]}")
            return ""
        id, version = str(answer["id"]), int(answer["version"])
        self._records.submissions.append(Submission(mark, plural, True, id, version))
        if plural != "requests" and version == 1:
            self._records.names[id] = mark
        return id


def approve_some(
    url: str, most: int, seed: int, records: Records, stop: Callable[[], bool] = lambda: False
) -> None:
    """Approve the best match that is free of up to `most` reports that have one, as staff do."""
    connection = Connection(url, records, threading.Event())
    chosen = random.Random(f"{seed} approvals")
    ids: list[str] = []
    for page in range(1, 1_000_000):
        _, listed = connection.ask("GET", f"/api/v1/reports?verdict=matches&page_size=100&page={page}")
        ids += [item["request_id"] for item in listed["items"]]
        if len(listed["items"]) < 100:
            break
    for number, id in enumerate(chosen.sample(sorted(ids), min(most, len(ids)))):
        if stop():
            break
        _, report = connection.ask("GET", f"/api/v1/reports/{id}")
        free = [match["id"] for match in report["matches"] if match["introduction"] is None]
        if not free:
            continue
        body = {"report_version": report["version"], "matches": free[:1]}
        key = f"approval-{seed}-{id}-{number}-{report['version']}"
        path = f"/api/v1/reports/{id}/approvals"
        status, answer = connection.ask("POST", path, body, Idempotency_Key=key)
        if status == 201:
            one = answer["introductions"][0]
            records.approvals.append((one["company"]["id"], one["partner"]["id"]))
        elif status != 409:  # 409: the report is another one by now
            records.problems.append(f"{key}: {status} {str(answer)[:300]}")
    connection.close()
