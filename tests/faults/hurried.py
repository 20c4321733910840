"""The `handslag` command in processes that start at once, with shorter waits for mails: for the short runs.

`python -m tests.faults.hurried` reads a line of JSON an order from standard input: `{"start": …}` forks a process
that runs the command, and gives its number; `{"ended": number}` gives the exit code of one, or null while it runs.
Everything that a process of ours imports is imported once, before the first fork: on a busy machine that is most of
what a start takes. The processes are killed, and hold files, sockets and databases, as any other.

A mail whose sender died is given to another after 20 seconds instead of a minute, and one that failed is tried again
after 5 instead of 30. Nothing else differs; the long runs use the command as it is.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import deploy.runtime.patient_worker  # with the next two, what the command imports once it is told what to run
import deploy.runtime.web
import deploy.runtime.work  # noqa: F401
from deploy.command import main
from services.notifications.deliveries.domain import delivery
from services.notifications.deliveries.store import queue


def serve() -> None:
    """Do what each line says until there are no more."""
    ended: dict[int, int] = {}
    for line in sys.stdin:
        order = json.loads(line)
        while (gone := _ended()) is not None:
            ended[gone[0]] = gone[1]
        answer = _start(order["start"]) if "start" in order else ended.get(order["ended"])
        print(json.dumps(answer), flush=True)


def _ended() -> tuple[int, int] | None:
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, os.waitstatus_to_exitcode(status)) if pid else None


def _start(order: Mapping[str, Any]) -> int:
    heard, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(heard)
        _become(order, told)
        sys.exit(main())
    os.close(told)
    os.read(heard, 1)  # ends once it has its own group: whoever kills that group kills all of it
    os.close(heard)
    return pid


def _become(order: Mapping[str, Any], told: int) -> None:
    """Have nothing left of the process that forked: its session, files, environment and arguments."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for ours, number in ((null, 0), (output, 1), (output, 2)):
        os.dup2(ours, number)
    os.closerange(3, max(null, output, told) + 1)
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = ["handslag", *order["arguments"]]


if __name__ == "__main__":
    queue.TAKEN_FOR = timedelta(seconds=20)
    delivery.FIRST_PAUSE = timedelta(seconds=5)
    serve()
