"""Behind real proxies, by the lines of docs/operating.md, as staff use it: sign in, approve, download, change.

One house serves all of them: a web process of all services with one report, under a path and, to visitors, at another
port by HTTPS.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import http.server
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from services.matching.database import open_store
from services.matching.programmes import actions as programming
from services.matching.programmes.domain.settings import MATCHES, Settings
from shared.clock import system_clock
from shared.web.wrong_tokens import MOST
from tests.services.matching.matching_world import STERILE, MatchingWorld, capability

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "operating.md"
PATH = "/matchmaking"
HOST = "match.example.org"
TOKEN = "staff-token-for-tests"
SECONDS = 120
PROGRAMS = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
PACKAGES = {"nginx": "nginx-light", "apache2": "apache2", "caddy": "caddy", "openssl": "openssl"}


def program(name: str) -> str:
    """Find a program; a missing one fails the test, here as in continuous integration."""
    found = shutil.which(name, path=PROGRAMS)
    if found is None:
        pytest.fail(f"the tests need {name}: apt-get install -y {PACKAGES[name]}")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: list[str], port: int, folder: Path, listens: Callable[[int], object], **env: str
) -> Iterator[None]:
    """Run a command until what stands in the block is done; it begins when the port `listens`, else raises OSError."""
    output = folder / f"{Path(command[0]).name}-{port}.output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, cwd=ROOT, env={**os.environ, **env}
        )
    try:
        end = time.monotonic() + SECONDS
        while True:
            with suppress(OSError):
                listens(port)
                break
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"{command} does not serve:\n{output.read_text(errors='replace')[-3000:]}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(SECONDS)


def by_tcp(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), SECONDS).close()


def by_tls(port: int, source: str = "127.0.0.1") -> ssl.SSLSocket:
    """Open a connection to a proxy; Caddy listens a moment before it has made its certificate."""
    unchecked = ssl._create_unverified_context()
    connection = socket.create_connection(("127.0.0.1", port), SECONDS, source_address=(source, 0))
    return unchecked.wrap_socket(connection, server_hostname=HOST)


@dataclass
class House:
    """Where it listens, and the proxies' certificate."""

    port: int
    folder: Path
    certificate: Path
    key: Path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    folder.chmod(0o755)
    store = open_store(f"sqlite:///{folder}/matching.sqlite")
    world = MatchingWorld(store, system_clock)  # type: ignore[arg-type]  # nobody moves it here
    for number in range(1, 7):
        world.company(f"C{number}", STERILE, capabilities=[capability(STERILE, "amr")])
    world.partner("P1")
    world.visit(
        "V1", title="Visit", direction="incoming", partner_id="P1", starts_on="2027-03-25",
        ends_on="2027-03-30", places=["Umeå"], delegates=[{"role": "Director", "needs": []}],
    )  # fmt: skip
    world.request("R1", "P1", visit_id="V1")
    world.make_reports()
    programming.make(store, "V1", Settings(source=MATCHES), None, system_clock)
    store.close()
    certificate, key = folder / "site.pem", folder / "site.key"
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", f"/CN={HOST}", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    port = free_port()
    settings = {
        "STATE_DIR": str(folder), "SECRET_KEY": "secret-key-for-tests", "STAFF_TOKEN": TOKEN, "PORT": str(port),
        "TEXT_ENGINE": "concepts", "BASE_URL": f"https://{HOST}:8443{PATH}",
        "TRUSTED_PROXIES": "127.0.0.1",
    }  # fmt: skip
    env = {f"HANDSLAG_{name}": value for name, value in settings.items()}
    with running([sys.executable, "-m", "deploy.command", "web", "all"], port, folder, by_tcp, **env):
        yield House(port, folder, certificate, key)


def lines_of(kind: str, under_path: bool) -> str:
    """Return the guide's lines for a proxy: for a host of its own, or for a path of another site."""
    blocks = re.findall(
        rf"^```{kind}\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    (found,) = [block for block in blocks if (PATH in block) is under_path]
    return str(found)


def moved(lines: str, house: House, port: int) -> str:
    """Put this machine's places for those that the guide's lines name."""
    places = {
        "127.0.0.1:8080": f"127.0.0.1:{house.port}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "<VirtualHost *:443>": f"Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>",
        f"{HOST} {{": f"{HOST}:{port} {{",
        f"/etc/ssl/certs/{HOST}.pem": str(house.certificate),
        f"/etc/ssl/private/{HOST}.key": str(house.key),
    }
    for there, here in places.items():
        lines = lines.replace(there, here)
    return lines


def nginx(house: House, port: int, folder: Path, under_path: bool) -> list[str]:
    lines = lines_of("nginx", under_path)
    if under_path:
        site = lines_of("nginx", under_path=False)
        lines = re.sub(r"    location / \{.*?\n    \}\n", lambda _: lines, site, flags=re.DOTALL)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Compressed as many do: that makes our tags weak.
    text = (
        f"pid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}"
        f"gzip on;\ngzip_min_length 1;\ngzip_proxied any;\ngzip_types application/json;\n"
        f"{moved(lines, house, port)}\n}}\n"
    )
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    as_root = "user root; " if os.geteuid() == 0 else ""
    return [
        program("nginx"),
        "-p",
        str(folder),
        "-c",
        str(folder / "nginx.conf"),
        "-g",
        f"{as_root}daemon off;",
    ]


def apache(house: House, port: int, folder: Path, under_path: bool) -> list[str]:
    lines = lines_of("apache", under_path)
    if under_path:
        site = lines_of("apache", under_path=False)
        lines = re.sub(r"    ProxyPass /.*?(?=</Virtual)", lambda _: lines, site, flags=re.DOTALL)
    modules = "".join(
        f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
        for name in (
            "mpm_event",
            "authz_core",
            "ssl",
            "proxy",
            "proxy_http",
            "deflate",
            "filter",
            "reqtimeout",
        )
    )
    text = (
        f"ServerRoot {folder}\nServerName localhost\nPidFile {folder}/pid\nErrorLog {folder}/error.log\n{modules}"
        f"Mutex file:{folder}\nAddOutputFilterByType DEFLATE application/json\n"
        + ("User www-data\nGroup www-data\n" if os.geteuid() == 0 else "")
        + moved(lines, house, port)
    )
    (folder / "apache.conf").write_text(text, encoding="utf-8")
    return [program("apache2"), "-f", str(folder / "apache.conf"), "-DFOREGROUND"]


def caddy(house: House, port: int, folder: Path, under_path: bool) -> list[str]:
    lines = lines_of("caddy", under_path)
    if under_path:
        site = lines_of("caddy", under_path=False)
        lines = re.sub(r"    reverse_proxy .*\n", lambda _: lines, site, count=1)
    # A certificate of its own: nobody outside vouches for a name of a test.
    text = (
        "{\nadmin off\nlocal_certs\nskip_install_trust\nauto_https disable_redirects\n"
        f"storage file_system {folder}\n}}\n{moved(lines, house, port)}"
    )
    (folder / "Caddyfile").write_text(text, encoding="utf-8")
    return [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


PROXIES = {"nginx": nginx, "apache": apache, "caddy": caddy}


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Visitor:
    """A browser at the address outside, which is another port; it keeps cookies by their path."""

    port: int
    url: str = f"https://{HOST}:8443{PATH}/"
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, address: str, body: str = "", **headers: str) -> Answer:
        self.url = urljoin(self.url, address)
        parts = urlsplit(self.url)
        assert (parts.scheme, parts.netloc) == ("https", f"{HOST}:8443"), f"led away, to {self.url}"
        assert parts.path.startswith(PATH), f"led out of the path, to {self.url}"
        connection = http.client.HTTPSConnection(HOST, self.port)
        connection.sock = by_tls(self.port)
        sent = {
            "Host": f"{HOST}:8443",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        connection.request(method, f"{parts.path}?{parts.query}".rstrip("?"), body.encode(), sent)
        came = connection.getresponse()
        answer = Answer(came.status, came.headers, came.read())
        connection.close()
        for name, value in came.getheaders():
            if name.lower() == "set-cookie":
                for key, morsel in SimpleCookie(value).items():
                    assert (morsel["path"], bool(morsel["secure"])) == (PATH, True)
                    self.cookies[key] = morsel.value
        if came.status in (301, 302, 303, 307, 308):
            return self.ask("GET", answer.headers["Location"])
        return answer

    def send(self, page: str, mark: str, address: str = "", **fields: str) -> Answer:
        """Send the form of the open page that holds a mark, as browsers send it: to its own address or another."""
        form = next(one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if mark in one)
        action = re.search(r'<form[^>]*action="([^"]*)"', form)
        hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
        said = {**{name: unescape(value) for name, value in hidden}, **fields}
        return self.ask(
            "POST", address or (unescape(action[1]) if action else self.url), urlencode(said),
            Content_Type="application/x-www-form-urlencoded", Origin=f"https://{HOST}:8443",
        )  # fmt: skip


@pytest.mark.parametrize("under_path", [False, True], ids=["own", "path"])
@pytest.mark.parametrize("kind", PROXIES)
def test_staff_sign_in_approve_download_and_change(
    house: House, tmp_path: Path, kind: str, under_path: bool
) -> None:
    port, tmp_path = free_port(), _entered_by_all(tmp_path)
    number = 1 + 2 * list(PROXIES).index(kind) + under_path
    command = PROXIES[kind](house, port, tmp_path, under_path)
    with running(command, port, tmp_path, lambda port: by_tls(port).close(), HOME=str(tmp_path)):
        staff = Visitor(port)
        form = staff.ask("GET", f"{PATH}/reports/R1")
        report = staff.send(form.text, 'name="token"', token=TOKEN)
        assert staff.url == f"https://{HOST}:8443{PATH}/reports/R1"
        asked = staff.send(report.text, 'id="decide"', f"{PATH}/reports/R1/approve", match_id=f"C{number}.n1")
        approved = staff.send(asked.text, 'name="confirmed"')
        assert f"introductions/R1.C{number}/cancel" in approved.text
        programme = staff.ask("GET", f"{PATH}/programmes/V1")
        for address in (*_links(approved.text), *_links(programme.text)):
            assert address.startswith(("#", "?", f"{PATH}/")), f"{address} leads out of the path"
        style = next(one for one in _links(programme.text) if "bootstrap.min.css" in one)
        assert staff.ask("GET", style).status == 200
        calendar = next(one for one in _links(programme.text) if "calendar.ics" in one)
        assert staff.ask("GET", calendar).body.startswith(b"BEGIN:VCALENDAR")

        token = {"Authorization": f"Bearer {TOKEN}", "Content_Type": "application/json"}
        made = staff.ask("POST", f"{PATH}/api/v1/companies", json.dumps(
            {"id": f"{kind}-{under_path}", "name": "One", "country": "SE", "kind": "manufacturer", "language": "en",
             "description": STERILE}
        ), **token)  # fmt: skip
        assert made.status == 201, made.text
        assert made.headers["Location"] == f"{PATH}/api/v1/companies/{kind}-{under_path}"
        read = staff.ask("GET", made.headers["Location"], **token, Accept_Encoding="gzip")
        tag = read.headers["ETag"]
        assert (tag != '"1"') is (kind in ("nginx", "apache")), "proxies that compress mark our tags"
        changed = staff.ask("POST", f"{made.headers['Location']}/withdraw", **token, If_Match=tag)
        assert (changed.status, json.loads(changed.body)["version"]) == (200, 2)

        one, other = f"127.0.{number}.2", f"127.0.{number}.3"
        guesses = [_guess(port, one, f"203.0.113.{count}") for count in range(MOST + 1)]
        assert guesses == [401] * MOST + [429], "what a visitor claims makes nobody else of it"
        assert _guess(port, other, one) == 401, "visitors behind the proxy are told apart"


def _guess(port: int, source: str, claimed: str) -> int:
    """Send a wrong staff token to a proxy, with a claim of an address; return what comes back."""
    connection = http.client.HTTPSConnection(HOST, port)
    connection.sock = by_tls(port, source)
    sent = {"Host": f"{HOST}:8443", "Authorization": "Bearer wrong", "X-Forwarded-For": claimed}
    connection.request("GET", f"{PATH}/api/v1/reports/R1", headers=sent)
    status = connection.getresponse().status
    connection.close()
    return status


def _entered_by_all(folder: Path) -> Path:
    """Return a folder that a proxy which drops root's rights can write to."""
    folder.chmod(0o777)
    return folder


def _links(page: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'(?:href|action|src)="([^"]*)"', page)]


@contextmanager
def compose_proxy(folder: Path, away: bool = False) -> Iterator[int]:
    """Run nginx by the compose file's lines, before a service that answers everything with 200, or is away."""
    with _Answering(("127.0.0.1", 0), _Ok) as service:
        threading.Thread(target=service.serve_forever, daemon=True).start()
        port, alive = free_port(), free_port()
        text = (ROOT / "deploy" / "proxy" / "nginx.conf").read_text(encoding="utf-8")
        behind = free_port() if away else service.server_port
        text = re.sub(r"(web-[a-z]+) web-[a-z]+:8080;", rf"\1 127.0.0.1:{behind};", text)
        text = text.replace("listen 8080", f"listen 127.0.0.1:{port}").replace(
            "127.0.0.1:8081", f"127.0.0.1:{alive}"
        )
        text = text.replace("/tmp/", f"{folder}/").replace("/dev/stdout", f"{folder}/access.log")
        text = text.replace("/dev/stderr", f"{folder}/error.log")
        (folder / "nginx.conf").write_text(text, encoding="utf-8")
        command = [program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
        with running(command, port, folder, by_tcp):
            yield port
        service.shutdown()


class _Answering(http.server.ThreadingHTTPServer):
    daemon_threads = True


class _Ok(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_who_sends_more_than_the_pages_need_is_told_when_to_come_again(tmp_path: Path) -> None:
    with compose_proxy(_entered_by_all(tmp_path)) as port:

        def ask(
            method: str, source: str = "127.0.0.1", **headers: str
        ) -> tuple[int, http.client.HTTPMessage]:
            connection = http.client.HTTPConnection("127.0.0.1", port, source_address=(source, 0))
            connection.request(method, "/submit", b"", headers)
            came = connection.getresponse()
            came.read()
            connection.close()
            return came.status, came.headers

        answers = [ask("POST") for _ in range(60)]
        statuses = [status for status, _ in answers]
        assert statuses[:30] == [200] * 30
        refused = [headers for status, headers in answers if status == 429]
        assert refused
        assert set(statuses) == {200, 429}
        assert all(int(headers["Retry-After"]) > 0 for headers in refused)
        assert all(headers["Content-Type"] == "application/problem+json" for headers in refused)
        assert ask("GET")[0] == 200
        assert ask("POST", source="127.0.0.2")[0] == 200
        assert ask("POST", Authorization="Bearer something")[0] == 200, "the services count wrong tokens"
        basic = {ask("POST", "127.0.0.4", Authorization="Basic YTpi")[0] for _ in range(60)}
        assert 429 in basic, "nobody else counts what is no token"
        assert {ask("GET", source="127.0.0.3")[0] for _ in range(100)} == {200}
    lines = [json.loads(line) for line in (tmp_path / "access.log").read_text("utf-8").splitlines()]
    sources = {line["turned_away"] for line in lines if "turned_away" in line}
    assert sources == {"127.0.0.1", "127.0.0.4"}, "the log tells from where those come who are turned away"
    assert len(lines) > len(refused)


PERSON = {"Accept": "text/html,application/xhtml+xml"}
TOO_LONG = b"x" * 1_000_001
OWN_ANSWERS: list[tuple[str, str, bytes, dict[str, str], int]] = [
    ("GET", "/metrics", b"", {}, 404),
    ("POST", "/submit/company", TOO_LONG, {}, 413),
    ("GET", "/", b"", {"X-Long": "a" * 70_000}, 400),
    ("GET", "/", b"", {"Host": "a b"}, 400),
]
"""What the proxy answers itself: method, path, body, headers, status."""


class _Proxied:
    """Asks a proxy, one connection a request."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path, body, headers or {})
        came = connection.getresponse()
        said = came.read().decode()
        connection.close()
        return came.status, came.headers, said


def test_what_the_proxy_says_itself_is_a_page_for_people_in_both_languages(tmp_path: Path) -> None:
    with compose_proxy(_entered_by_all(tmp_path)) as port:
        ask = _Proxied(port)
        answers = [
            (ask(method, path, body, {**headers, **PERSON}), status)
            for method, path, body, headers, status in OWN_ANSWERS
        ]
        answers.append((ask("GET", f"/{'a' * 40_000}", b"", PERSON), 400))  # read no further than here
        told = [ask("POST", "/submit", b"", PERSON) for _ in range(40)]
        answers += [(one, 429) for one in told if one[0] != 200]
        assert len(answers) > len(OWN_ANSWERS) + 1
        for (status, headers, page), expected in answers:
            assert (status, headers["Content-Type"]) == (expected, "text/html; charset=utf-8")
            assert re.search(r"<section><h1>[A-Z].*<section lang=\"sv\"><h1>[A-ZÅÄÖ]", page), page
            (style,) = re.findall("<style>(.*?)</style>", page)
            digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
            assert f"style-src 'sha256-{digest}'" in headers["Content-Security-Policy"]
            assert "nginx" not in page
        for method, path, body, sent, expected in OWN_ANSWERS[:2]:
            status, came, said = ask(method, path, body, sent)
            assert (status, came["Content-Type"]) == (expected, "application/problem+json")
            assert json.loads(said)["status"] == expected
        assert (
            ask("POST", "/api/v1/companies", TOO_LONG, PERSON)[1]["Content-Type"]
            == "application/problem+json"
        )


def test_a_service_that_is_away_is_said_so_in_both_languages(tmp_path: Path) -> None:
    with compose_proxy(_entered_by_all(tmp_path), away=True) as port:
        status, headers, page = _Proxied(port)("GET", "/submit/company", b"", PERSON)
        assert (status, headers["Retry-After"]) == (503, "2")
        assert "We are back in a moment" in page
        assert "Vi är snart tillbaka" in page


@pytest.mark.parametrize("away", [False, True])
def test_no_log_of_the_proxy_holds_a_link_or_what_was_looked_for(tmp_path: Path, away: bool) -> None:
    with compose_proxy(_entered_by_all(tmp_path), away=away) as port:
        ask = _Proxied(port)
        for path in ("/submissions/follow/CANARY", "/api/v1/submissions/follow/CANARY/withdraw"):
            for _ in range(20):  # more than are let through
                ask("POST", f"{path}?q=CANARY", b"", {"Referer": f"https://{HOST}{path}"})
        ask("POST", "/submissions/follow/CANARY", TOO_LONG)
        ask("GET", "/submissions?q=CANARY", b"", {"Cookie": "a=CANARY"})
    written = {path.name: path.read_text("utf-8", "replace") for path in tmp_path.glob("*.log")}
    assert '"path":"/submissions/follow/"' in written["access.log"]
    assert '"status":429' in written["access.log"]
    assert {name for name, text in written.items() if "CANARY" in text} == set()
