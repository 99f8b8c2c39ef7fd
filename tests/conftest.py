"""Real servers for the tests. Every fixture here starts the real thing or fails; none skips."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from xdist.remote import Producer

from launch.certificates import Authority, make_authority
from launch.dovecot import Dovecot, DovecotSpec
from store.schema import upgrade
from tests.units import Units, in_turn

_numbers = itertools.count(1)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Units:
    return Units(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = in_turn(items)


ROOM = 6 * 1024**3
"""Bytes that must be free in memory for the mail of all tests, several times over."""
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def open_dir(request: pytest.FixtureRequest) -> Path:
    """A directory that the mail servers' own user may enter (pytest's tmp_path is closed to it)."""
    directory = Path(tempfile.mkdtemp(prefix="mh-test-", dir=_roomy_memory()))
    directory.chmod(0o755)
    # Not in the last test's teardown, which has to end in time: there are many small files.
    request.config.add_cleanup(lambda: shutil.rmtree(directory, ignore_errors=True))
    return directory


def _roomy_memory() -> Path | None:
    """A file system in memory, if there is enough of both: hundreds of thousands of messages are
    made and removed there in a tenth of the time."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < ROOM:
        return None
    available = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    return memory if available and int(available[1]) * 1024 > ROOM else None


@pytest.fixture(scope="session")
def authority() -> Authority:
    return make_authority("Mailhaul test authority")


@pytest.fixture(scope="session")
def ca_file(open_dir: Path, authority: Authority) -> str:
    path = open_dir / "authority.pem"
    path.write_bytes(authority.pem)
    return str(path)


@pytest.fixture(scope="session")
def make_dovecot(open_dir: Path, authority: Authority) -> Iterator[Callable[..., Dovecot]]:
    """Start one more Dovecot; keywords are those of DovecotSpec. Stopped at the session's end."""
    started: list[Dovecot] = []

    def make(**spec: object) -> Dovecot:
        directory = open_dir / f"dovecot{next(_numbers)}"
        directory.mkdir()
        server = Dovecot(
            DovecotSpec(directory, free_port(), free_port(), **spec)  # type: ignore[arg-type]
        )
        server.prepare(authority)
        server.start()
        started.append(server)
        return server

    yield make
    with ThreadPoolExecutor(len(started) or 1) as pool:
        list(pool.map(Dovecot.stop, started))


@pytest.fixture(scope="session")
def source_server(make_dovecot: Callable[..., Dovecot]) -> Dovecot:
    """Separator '/', no prefix: the usual source."""
    return make_dovecot()


@pytest.fixture(scope="session")
def destination_server(make_dovecot: Callable[..., Dovecot]) -> Dovecot:
    """Separator '.', prefix 'INBOX.', as on konsoleH."""
    return make_dovecot(separator=".", prefix="INBOX.")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file that has all tables and no rows, to be copied: to make one takes all steps
    of the schema."""
    path = tmp_path_factory.mktemp("template") / "mailhaul.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def address() -> str:
    """A mail address that no other test uses."""
    return f"u{next(_numbers)}@example.test"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a process: a second one cannot be driven beside it.

    What does not come is waited for as long as a busy machine may take: 30 seconds."""
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield started
        started.close()
