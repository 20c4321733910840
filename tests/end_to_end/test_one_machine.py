"""What `make run` starts, as a newcomer sees it in a browser."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.runtime.liveness import PATIENCE
from tests.end_to_end.conftest import Process, Site, environment, handslag, wait_for
from tests.free_ports import free_port
from tests.standing_still import stop_still


class Machine:
    """One machine with sample data: its state, its address, how it is started."""

    def __init__(self, state: Path) -> None:
        self.port = free_port()
        self.state = state
        self.env = environment(state, PORT=str(self.port), BASE_URL=f"http://127.0.0.1:{self.port}")
        self.site = Site(self.port)

    def start(self, name: str) -> Process:
        process = Process(name, ["serve", "--sample"], self.env, self.state)
        try:
            wait_for("the services are ready", lambda: "Ready after" in process.said())
        except BaseException:
            process.end()
            print(process.said())
            raise
        return process


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    made = Machine(tmp_path_factory.mktemp("machine"))
    process = made.start("first")
    yield made
    process.end()


@pytest.fixture
def page(browser: Browser, machine: Machine) -> Iterator[Page]:
    context = browser.new_context(base_url=machine.site.url, locale="en-GB")
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert not problems


def test_the_landing_page_leads_to_reports_and_a_report_says_why(page: Page) -> None:
    page.goto("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Match reports").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Herefordshire eye service (NHS)").first.click()
    expect(page.locator("svg").first).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("sterile zone")
    expect(page.get_by_role("rowheader", name="Together").first).to_be_visible()


def test_the_first_introductions_are_in_the_mailbox(page: Page) -> None:
    page.goto("/mailbox")
    row = page.get_by_role("main").get_by_role("link").first
    expect(row).to_be_visible()
    row.click()
    expect(page.get_by_role("main")).to_contain_text("@sample.invalid")


def test_approving_matches_asks_once_more_and_writes_to_both_sides(page: Page) -> None:
    page.goto("/reports/R-P017")
    page.get_by_role("checkbox").first.check()
    page.get_by_label("Note, for staff only").fill("Seen at the spring visit.")
    page.get_by_role("button", name="Approve…").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Introduce Herefordshire eye service")
    page.get_by_role("button", name="Yes, introduce them").click()
    expect(page.get_by_role("main")).to_contain_text("Seen at the spring visit.")

    def mails() -> int:
        page.goto("/mailbox")
        return page.get_by_role("row").filter(has_text="Herefordshire").count()

    def said_to_be_sent() -> int:
        page.goto("/reports/R-P017")
        return page.get_by_role("main").get_by_text("sent", exact=True).count()

    wait_for("a mail to each side", lambda: mails() == 2)
    wait_for("the report says that both were sent", lambda: said_to_be_sent() == 2)


def test_a_rejection_needs_a_reason(page: Page) -> None:
    page.goto("/reports/R-P018")
    page.get_by_role("checkbox").first.check()
    page.get_by_label("Reason").fill("They met last year.")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("main")).to_contain_text("They met last year.")


def test_the_pages_speak_swedish_too(page: Page) -> None:
    page.goto("/reports?lang=sv")
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    expect(page.get_by_role("navigation", name="Huvudmeny")).to_contain_text("Matchningsrapporter")


def test_the_api_documentation_shows_every_service(page: Page) -> None:
    page.goto("/api/v1/docs")
    expect(page.locator("#swagger-ui")).to_contain_text("Handslag profiles")
    expect(page.locator("#swagger-ui .topbar select option")).to_have_count(3)


def test_no_page_is_wider_than_a_telephone(browser: Browser, machine: Machine) -> None:
    context = browser.new_context(base_url=machine.site.url, viewport={"width": 390, "height": 800})
    page = context.new_page()
    for path in ("/", "/reports", "/mailbox", "/reports/R-P001"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    context.close()


def test_what_a_stranger_sends_waits_for_staff_and_all_of_one_source_is_withdrawn(
    browser: Browser, machine: Machine, page: Page
) -> None:
    phone = browser.new_context(
        base_url=machine.site.url,
        viewport={"width": 390, "height": 800},
        locale="en-GB",
        is_mobile=True,
        has_touch=True,
    )
    stranger = phone.new_page()
    for name in ("Herefordshire Eye Service (NHS)", "Nobody Knows Clinic"):
        stranger.goto("/submit/request")
        assert stranger.evaluate("document.documentElement.scrollWidth") <= 390
        stranger.get_by_label("What you look for, in your own words").fill("A quiet theatre for eyes.")
        stranger.get_by_label("Name", exact=True).fill(name)
        stranger.get_by_label("Country").fill("United Kingdom")
        stranger.get_by_label("Mail address").fill("stranger@elsewhere.invalid")
        stranger.get_by_role("button", name="Send it to").tap()
        expect(stranger.get_by_role("heading", level=1)).to_contain_text("We have it")
        assert stranger.evaluate("document.documentElement.scrollWidth") <= 390

    page.goto("/submissions")
    row = page.get_by_role("row").filter(has_text="Herefordshire")
    expect(row).to_contain_text("the same name")
    row.get_by_role("link", name="Herefordshire").click()
    page.get_by_label("Who asks").select_option("P017")
    page.get_by_role("button", name="Let in as new").click()
    expect(page.get_by_role("main")).to_contain_text("It made match request")
    page.get_by_role("link", name="2 from the same source").click()
    page.get_by_role("button", name="Withdraw all from this source").click()
    expect(page.get_by_role("main")).to_contain_text("what it made is withdrawn too")
    page.get_by_role("button", name="Withdraw 2 submissions").click()
    expect(page.get_by_role("main")).to_contain_text("2 submissions are withdrawn.")
    expect(page.get_by_role("row").filter(has_text="Withdrawn")).to_have_count(2)
    stranger.reload()
    expect(stranger.get_by_role("main")).to_contain_text("withdrawn")
    phone.close()


def test_the_api_wants_the_staff_token(machine: Machine) -> None:
    assert machine.site.call("GET", "/api/v1/companies", Authorization="Bearer wrong")[0] == 401
    assert machine.site.call("GET", "/api/v1/companies")[0] == 200


def test_ctrl_c_ends_it_and_a_second_run_finds_its_data(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    first = machine.start("first")
    assert first.end(signal.SIGINT) == 0
    mails = sorted(mail.name for mail in tmp_path.glob("mailbox/*.eml"))
    assert mails
    second = machine.start("second")
    try:
        assert machine.site.get("/api/v1/companies")["total"] == 50
        assert sorted(mail.name for mail in tmp_path.glob("mailbox/*.eml")) == mails
    finally:
        assert second.end(signal.SIGINT) == 0


def test_an_address_in_use_is_said_so(machine: Machine, tmp_path: Path) -> None:
    env = {**machine.env, "HANDSLAG_STATE_DIR": str(tmp_path)}
    run = handslag("serve", "--sample", env=env)
    assert run.returncode == 1
    assert "HANDSLAG_PORT" in run.stderr


def test_sample_data_is_not_served_to_the_world(tmp_path: Path) -> None:
    run = handslag("serve", "--sample", env=environment(tmp_path, HOST="0.0.0.0"))
    assert run.returncode == 2
    assert "loopback" in run.stderr


@pytest.mark.parametrize("part", ["web", "work"])
def test_when_one_process_dies_the_whole_ends(
    part: str, tmp_path: Path, start: Callable[..., Process]
) -> None:
    machine = Machine(tmp_path)
    process = start("serve", "serve", env=machine.env)
    wait_for("the site answers", machine.site.answers)
    child = wait_for(f"the {part} process", lambda: child_of(process.process.pid, part))
    os.kill(child, signal.SIGKILL)
    wait_for("the end", lambda: process.process.poll() is not None)
    assert process.process.returncode == 1
    assert f"the {part} process ended by itself" in process.said()


@pytest.mark.parametrize("part", ["web", "work", "gunicorn's worker"])
def test_a_process_that_is_stopped_is_killed_and_the_whole_ends(
    part: str, tmp_path: Path, start: Callable[..., Process]
) -> None:
    machine = Machine(tmp_path)
    process = start("serve", "serve", env={**machine.env, PATIENCE: "6"})
    wait_for("the site answers", machine.site.answers)
    name = "work" if part == "work" else "web"
    child = wait_for(f"the {name} process", lambda: child_of(process.process.pid, name))
    if part == "gunicorn's worker":
        child = wait_for("its worker", lambda: child_of(child, name))
    stop_still(child)
    wait_for("the end", lambda: process.process.poll() is not None)
    assert process.process.returncode == 1
    assert f"the {name} process has given no sign of life" in process.said()
    wait_for("it is gone", lambda: not Path(f"/proc/{child}").exists())


def test_when_the_supervisor_is_killed_nothing_stays_behind(
    tmp_path: Path, start: Callable[..., Process]
) -> None:
    machine = Machine(tmp_path)
    process = start("serve", "serve", env=machine.env)
    wait_for("the site answers", machine.site.answers)
    parent = process.process.pid
    wait_for("both processes", lambda: child_of(parent, "web") and child_of(parent, "work"))
    children = [child_of(parent, part) for part in ("web", "work")]
    process.process.kill()
    process.process.wait()
    wait_for("all have ended", lambda: not any(Path(f"/proc/{child}").exists() for child in children), 60)


def child_of(parent: int, part: str) -> int | None:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            name = (entry / "comm").read_text().strip()
        except OSError:
            continue
        if int(fields[1]) == parent and name == f"handslag {part}":
            return int(entry.name)
    return None
