"""What several tests stand on: recorded runs, the command line, a real PostgreSQL, a real server, a real browser."""

import json
import os
import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from workbench import cli

# An example that is slow because the machine is busy is no fault of what is tested.
settings.register_profile("workbench", deadline=None)
settings.load_profile("workbench")

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


class Shell:
    """The command line in this process, with options that every command of a test has."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *options: object) -> None:
        self._monkeypatch, self._capsys, self._options = monkeypatch, capsys, options

    def at(self, folder: Path) -> "Shell":
        """Return the command line for one workspace."""
        return Shell(self._monkeypatch, self._capsys, "--workspace", folder)

    def run(self, *arguments: object) -> tuple[int, str, str]:
        """Return the exit code, and what was said on stdout and stderr."""
        self._monkeypatch.setattr("sys.argv", ["workbench", *map(str, (*arguments, *self._options))])
        with pytest.raises(SystemExit) as leave:
            cli.main()
        said = self._capsys.readouterr()
        return int(leave.value.code or 0), said.out, said.err

    def json(self, *arguments: object) -> dict[str, Any]:
        """Return the one JSON object of a command that succeeds."""
        code, out, err = self.run(*arguments, "--json")
        assert code == 0, err
        answer: dict[str, Any] = json.loads(out)
        return answer


class Asked(NamedTuple):
    """One request that came to a test's server."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Answer(NamedTuple):
    """What a test's server says."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = {}
    raw: Callable[[Callable[[bytes], object], threading.Event], None] | None = None
    """Writes the whole answer itself, head included, until the event says that the test is over."""


class Served(NamedTuple):
    """A running server of a test."""

    url: str
    asked: list[Asked]
    """All requests so far, in order."""


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real recorded runs; skip the test where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the recorded runs (../shared/data) are not beside this checkout")
    return SHARED_DATA


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return a Chromium that asks nobody for anything by itself; skip the test where it is absent."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed (Debian's package chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return the command line, for any workspace."""
    return Shell(monkeypatch, capsys)


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Asked], Answer]], Served]]:
    """Return a function that starts a server on loopback, whose answers a function gives."""
    running: list[ThreadingHTTPServer] = []
    is_over = threading.Event()

    def start(answer: Callable[[Asked], Answer]) -> Served:
        asked: list[Asked] = []
        served = _Server(("127.0.0.1", 0), _handler(answer, asked, is_over))
        running.append(served)
        threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return Served(f"http://127.0.0.1:{served.server_port}", asked)

    yield start
    is_over.set()
    for one in running:
        one.shutdown()
        one.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # with the library's five, the kernel drops some of twenty connections that come at once


def _handler(
    answer: Callable[[Asked], Answer], asked: list[Asked], is_over: threading.Event
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            asked.append(Asked(self.command, url.path, parse_qs(url.query), headers, body))
            said = answer(asked[-1])
            try:
                if said.raw is not None:
                    self.close_connection = True
                    said.raw(self.wfile.write, is_over)
                    return
                self.send_response(said.status)
                for name, value in {"Content-Length": str(len(said.body)), **said.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said.body)
            except OSError:  # the client went away, as some tests want it
                self.close_connection = True

        do_POST = do_GET  # noqa: N815  (the name that the library asks for)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Start a real PostgreSQL on a socket of its own; skip where it is not installed.

    Its folder is not one of pytest's: another run of the tests would close those to the server's user while it runs.
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("PostgreSQL (Debian's package postgresql) is not installed")
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    run = _as_owner(folder)
    run(
        [
            programs[-1] / "initdb",
            "--pgdata",
            folder / "data",
            "--auth",
            "trust",
            "--username",
            "workbench",
            "--no-sync",
        ]
    )
    control: list[str | Path] = [programs[-1] / "pg_ctl", "--pgdata", folder / "data", "--wait"]
    run([*control, "--options", f"-k {folder} -c listen_addresses=", "--log", folder / "log", "start"])
    yield f"postgresql+psycopg://workbench@/postgres?host={folder}"
    run([*control, "--mode", "immediate", "stop"])
    shutil.rmtree(folder)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """Return the URL of a new, empty database on the real server."""
    name = f"ledger_{secrets.token_hex(6)}"
    admin = sa.create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield postgresql_server.replace("/postgres?", f"/{name}?")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


def _as_owner(folder: Path) -> Callable[[Sequence[str | Path]], None]:
    """Return a function that runs a server program; root hands it to the user `postgres`, as the server demands."""
    prefix = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        prefix = ["runuser", "-u", "postgres", "--"]

    def run(command: Sequence[str | Path]) -> None:
        subprocess.run([*prefix, *map(str, command)], check=True, capture_output=True, cwd=folder)

    return run
