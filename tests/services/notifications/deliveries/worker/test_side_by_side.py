"""Several working processes of notifications on one database write to nobody twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from services.notifications.deliveries.worker.composer import Composer
from services.notifications.mail.smtp import smtp_server
from tests.services.notifications.post_office import PostOffice
from tests.services.notifications.world import World

WORKERS = 4
COMPANIES = [f"C{number}" for number in range(12)]


def side_by_side(steps: list[Callable[[], bool]]) -> None:
    """Let workers begin at one moment, each in a thread, until none has anything to do."""
    begin = threading.Barrier(len(steps))

    def work(step: Callable[[], bool]) -> None:
        begin.wait(200)
        while step():
            pass

    with ThreadPoolExecutor(len(steps)) as pool:
        for done in [pool.submit(work, step) for step in steps]:
            done.result()


def test_composers_and_senders_side_by_side_write_one_mail_to_each_side(
    world: World, open_office: PostOffice
) -> None:
    world.organisation("partner", "P1", "kari@sykehus.example", language="no")
    for company in COMPANIES:
        world.organisation("company", company, f"{company}@firm.example")
        world.introduction(company, size=len(COMPANIES))

    side_by_side([Composer(world.database, world.clock).step for _ in range(WORKERS)])
    assert len(world.deliveries()) == len(COMPANIES) + 1
    assert set(world.statuses().values()) == {"queued"}

    server = smtp_server(open_office.url)
    side_by_side([world.worker(server).step for _ in range(WORKERS)])
    assert set(world.statuses().values()) == {"sent"}
    recipients = sorted([*(f"{company}@firm.example" for company in COMPANIES), "kari@sykehus.example"])
    assert open_office.to() == recipients
    assert len({mail["Message-ID"] for mail in open_office.taken}) == len(recipients)
