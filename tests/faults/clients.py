"""Clients that keep submitting and approving, and repeat what was not answered until it is.

Each aggregate has one writer. Every write has a mark in its content; a contact's address has the version that
the write makes, so that effects can be told apart afterwards.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.history import Submission
from tests.faults.house import STAFF_TOKEN

THEMES = (
    ("Telecare alarms and medicine dispensers for people who live at home.", "people who live at home"),
    ("Disinfection robots and hand hygiene monitoring for hospital wards.", "hospital wards"),
    ("Digital pathology and image analysis for cancer screening.", "cancer screening"),
)
MOST_COMPANIES = 60
MOST_REQUESTS = 12
CALL_SECONDS = 60.0
"""What is not answered by then counts as failed: many times what a busy machine needs."""
IMPATIENCE = 0.1
"""The share of writes whose client hangs up at first and asks again."""


@dataclass(frozen=True)
class Call:
    """One HTTP write: when it was made, how long it took in seconds, and its status (0: no answer)."""

    at: float
    seconds: float
    status: int


class Allowance:
    """How much may be begun, all told. It is raised step by step: so a slow machine does as much as a fast one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = 0
        self.given = 0

    def more(self, count: int) -> int:
        """Allow more, and return how much has been allowed by now."""
        with self._lock:
            self._left += count
            self.given += count
            return self.given

    def take(self) -> bool:
        """Take one, if one is left."""
        with self._lock:
            taken = self._left > 0
            self._left -= taken
            return taken

    def give_back(self) -> None:
        """Put back one that was taken and came to nothing."""
        with self._lock:
            self._left += 1


@dataclass
class Records:
    """What all clients wrote down together."""

    calls: list[Call] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    approvals: list[tuple[str, ...]] = field(default_factory=list)
    """Of each approval the ids of the organisations that it introduces."""
    names: dict[str, str] = field(default_factory=dict)
    """By organisation id, what its mail addresses start with."""
    problems: list[str] = field(default_factory=list)
    begun: int = 0
    """How many writes were begun, answered or not."""


class Client(threading.Thread):
    """A thread that takes a step now and then while it is allowed to; once stopped it finishes the step at hand."""

    def __init__(
        self, name: str, url: str, seed: int, records: Records, pause: float, allowance: Allowance
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.url = url
        self.random = random.Random(f"{seed} {name}")
        self.records = records
        self.stopping = threading.Event()
        self.give_up = threading.Event()
        self.allowance = allowance
        self._pause = pause

    def run(self) -> None:
        while not self.stopping.wait(self._pause * self.random.uniform(0.5, 1.5)):
            if not self.allowance.take():
                continue
            try:
                self.step()
            except Exception as error:  # noqa: BLE001  # the run reports it and fails
                self.records.problems.append(f"{self.name}: {error!r}")
                return

    def step(self) -> None:
        raise NotImplementedError

    def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any, str]:
        """Return the status (0: no answer), the body and the ETag."""
        asked = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers=_headers(headers),
        )
        self.records.begun += method != "GET"
        at, started = time.time(), time.monotonic()
        try:
            with urllib.request.urlopen(asked, timeout=CALL_SECONDS) as answer:
                found = answer.status, json.loads(answer.read()), answer.headers.get("ETag") or ""
        except urllib.error.HTTPError as error:
            with error:
                found = error.code, error.read().decode(errors="replace"), ""
        except (OSError, http.client.HTTPException, ValueError):
            found = 0, None, ""
        if method != "GET":
            self.records.calls.append(Call(at, time.monotonic() - started, found[0]))
        return found

    def insist(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any, str]:
        """Repeat a request until it has an answer that is not the server's failure.

        Now and then the first try is given up before its answer: it may have its effect all the same.
        """
        if method != "GET" and self.random.random() < IMPATIENCE:
            self._send_and_leave(method, path, body, headers)
        while True:
            status, answer, etag = self.call(method, path, body, **headers)
            if 0 < status < 500:
                return status, answer, etag
            if self.give_up.wait(0.1):
                return 0, None, ""

    def _send_and_leave(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> None:
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=CALL_SECONDS)
        try:
            connection.request(method, path, json.dumps(body), _headers(headers))
        except OSError:
            return
        finally:
            connection.close()


def _headers(named: Mapping[str, str]) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {STAFF_TOKEN}",
        **{name.replace("_", "-"): value for name, value in named.items()},
    }


class Submitter(Client):
    """Creates companies, partners and match requests, and replaces companies and partners of its own."""

    def __init__(
        self, name: str, url: str, seed: int, records: Records, pause: float, allowance: Allowance
    ) -> None:
        super().__init__(name, url, seed, records, pause, allowance)
        self._count = 0
        self._own: list[tuple[str, str, dict[str, Any], int]] = []
        self._requests = 0

    def step(self) -> None:
        self._count += 1
        mark = f"{self.name}-{self._count}"
        partners = [one for one in self._own if one[0] == "partners"]
        companies = len(self._own) - len(partners)
        draw = self.random.random()
        if companies < MOST_COMPANIES and (draw < 0.4 or not companies):
            self._create("companies", mark, self._organisation(mark))
        elif not partners or (draw < 0.5 and len(partners) < MOST_REQUESTS):
            need = {"needs": [{"text": self.random.choice(THEMES)[0].replace("for", "are needed for")}]}
            self._create("partners", mark, {**self._organisation(mark), "kind": "hospital", **need})
        elif draw < 0.6 and self._requests < MOST_REQUESTS:
            self._requests += 1
            self._create("requests", mark, {"partner_id": self.random.choice(partners)[1], "title": mark})
        else:
            self._replace(self.random.randrange(len(self._own)), mark)

    def _organisation(self, mark: str) -> dict[str, Any]:
        return {
            "name": f"Organisation {mark}",
            "country": "Sweden",
            "city": mark,
            "language": "en",
            "description": self.random.choice(THEMES)[0],
            "contact": {"email": f"{mark}+1@example.org"},
        }

    def _create(self, kind: str, mark: str, body: dict[str, Any]) -> None:
        status, answer, _ = self.insist("POST", f"/api/v1/{kind}", body, Idempotency_Key=mark)
        if status != 201:
            self._note(status, answer, mark, kind)
            return
        self.records.submissions.append(Submission(mark, kind, True, answer["id"], answer["version"]))
        if kind != "requests":
            self.records.names[answer["id"]] = mark
            self._own.append((kind, answer["id"], body, answer["version"]))

    def _replace(self, which: int, mark: str) -> None:
        kind, id, body, version = self._own[which]
        name = self.records.names[id]
        changed = {**body, "city": mark, "contact": {"email": f"{name}+{version + 1}@example.org"}}
        path = f"/api/v1/{kind}/{id}"
        status, answer, _ = self.insist("PUT", path, changed, If_Match=f'"{version}"')
        if status == 412:  # an earlier try had its effect and its answer was lost
            status, answer, _ = self.insist("GET", path)
            if status == 200 and answer["city"] != mark:
                status = 412
        if status != 200:
            self._note(status, answer, mark, kind)
            return
        self._own[which] = (kind, id, changed, answer["version"])
        self.records.submissions.append(Submission(mark, kind, True, id, answer["version"]))

    def _note(self, status: int, answer: object, mark: str, kind: str) -> None:
        self.records.submissions.append(Submission(mark, kind, False))
        if status:
            self.records.problems.append(f"{mark} in {kind}: {status} {str(answer)[:300]}")


class Approver(Client):
    """Approves one or two matches of a report at a time, as staff do; an approval that fails is not counted."""

    def __init__(
        self, name: str, url: str, seed: int, records: Records, pause: float, allowance: Allowance
    ) -> None:
        super().__init__(name, url, seed, records, pause, allowance)
        self._count = 0
        self.found_nothing = 0
        """How often in a row no report had anything left to approve."""

    def step(self) -> None:
        if not self._approve_one():
            self.allowance.give_back()

    def _approve_one(self) -> bool:
        self._count += 1
        status, listed, _ = self.call("GET", "/api/v1/reports?status=open&verdict=matches&page_size=100")
        if status != 200:
            return False
        for chosen in self.random.sample(listed["items"], len(listed["items"])):
            status, report, _ = self.call("GET", f"/api/v1/reports/{chosen['request_id']}")
            if status != 200:
                return False
            if free := [match for match in report["matches"] if match["introduction"] is None]:
                self.found_nothing = 0
                return self._approve(chosen["request_id"], report, free)
        self.found_nothing += 1
        return False

    def _approve(self, request: str, report: Mapping[str, Any], free: list[Mapping[str, Any]]) -> bool:
        matches = self.random.sample(free, min(len(free), self.random.choice((1, 1, 2))))
        body = {"report_version": report["version"], "matches": [match["id"] for match in matches]}
        path, key = f"/api/v1/reports/{request}/approvals", f"{self.name}-{self._count}"
        status, answer, _ = self.insist("POST", path, body, Idempotency_Key=key)
        if status == 201:
            told = dict.fromkeys(one["company"]["id"] for one in answer["introductions"])
            partner = answer["introductions"][0]["partner"]["id"]
            self.records.approvals.append((*told, partner))
            return True
        if status not in {0, 409}:  # 0: it was given up; 409: the report is another one by now
            self.records.problems.append(f"{key}: {status} {str(answer)[:300]}")
        return False
