"""`make run` from the first line on the screen to the last process gone."""

from __future__ import annotations

import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from store.engine import Store
from store.people import authenticate
from store.tables import Role
from tests.launch.conftest import Started
from tests.launch.test_supervisor import alive, until

Launch = Callable[..., Started]


@pytest.fixture(scope="module")
def started(launch: Launch) -> Started:
    """One start without the demo, for the tests that only look."""
    return launch(DEMO="0")


def test_the_page_answers_at_the_printed_address(started: Started) -> None:
    """What the screen says is true."""
    assert f"http://{started.listen}" in started.text
    with urllib.request.urlopen(f"http://{started.listen}/", timeout=10) as page:
        assert page.status == 200
        assert "Content-Security-Policy" in page.headers


def test_the_printed_password_signs_in(started: Started) -> None:
    """The first login is made once, printed once, and is an administrator's."""
    found = re.search(r"Sign in as\s+(\S+)\n\s+Password\s+(\S+)", started.text)
    assert found
    store = Store(f"sqlite:///{started.data_dir}/mailhaul.db")
    with store.read() as session:
        user = authenticate(session, found[1], found[2])
        assert user is not None
        assert user.role == Role.ADMIN
    store.dispose()


def test_nobody_else_reads_the_keys(started: Started) -> None:
    """The key file and Redis' socket are for this user alone."""
    assert (started.data_dir / "secret.keys").stat().st_mode & 0o077 == 0
    assert (started.data_dir / "redis" / "redis.sock").stat().st_mode & 0o077 == 0


def test_a_second_start_says_that_it_runs(started: Started, launch: Launch) -> None:
    """The same data folder is served once; the first start is not disturbed."""
    second = launch(started.data_dir, DEMO="0")
    assert second.popen.wait(10) == 1
    assert "runs already" in second.text
    assert started.popen.poll() is None


def test_a_taken_address_is_named(started: Started, launch: Launch) -> None:
    """The person reads which address, and how to choose another."""
    second = launch(LISTEN=started.listen, DEMO="0")
    assert second.popen.wait(10) == 1
    assert started.listen in second.text
    assert "make run LISTEN=" in second.text


@pytest.mark.parametrize(
    ("name", "value"),
    [("RUN_WORKERS", "many"), ("ADMIN_PASSWORD", "short"), ("ALLOWED_NETWORKS", "10.0.0.0/99")],
)
def test_a_wrong_setting_is_named(launch: Launch, name: str, value: str) -> None:
    """No stack trace: the variable's name, and an exit status for scripts."""
    wrong = launch(DEMO="0", **{name: value})
    assert wrong.popen.wait(30) == 1
    assert name in wrong.text
    assert "Traceback" not in wrong.text


def test_the_web_server_logs_as_the_others_do(started: Started) -> None:
    """key=value on every line, and no line for a request: its address may be a signed link."""
    assert until(lambda: _answers(started), 20)
    lines = (started.data_dir / "logs" / "web.log").read_text().splitlines()
    assert any("Listening at" in line for line in lines)
    assert all(line.startswith("time=20") and " level=" in line for line in lines)
    assert not any("GET /" in line for line in lines)


def test_what_is_killed_comes_back(started: Started) -> None:
    """SIGKILL to every child but Redis: within seconds the page answers again."""
    before = {pid for pid in started.family() if b"gunicorn" in _command(pid)}
    assert before
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert until(lambda: _answers(started), 20)
    assert "web ended" in started.text


def test_ctrl_c_leaves_nothing_behind(launch: Launch) -> None:
    """All processes end within ten seconds, the demo's servers too; the second start is silent
    about the password."""
    first = launch(ADMIN_PASSWORD="correct horse battery", ADMIN_EMAIL="boss@demo.example")
    assert "boss@demo.example" in first.text
    assert "correct horse battery" not in first.text
    assert (first.data_dir / "demo").is_dir()
    family = first.family()
    assert len(family) > 6
    begun = time.monotonic()
    assert first.end() == 0
    assert time.monotonic() - begun < 10
    assert until(lambda: not any(alive(pid) for pid in family), 3)
    second = launch(first.data_dir, DEMO="0")
    assert "Password" not in second.text
    assert second.end(signal.SIGTERM) == 0


def test_sigkill_leaves_nothing_behind(launch: Launch) -> None:
    """The supervisor killed without a chance to say goodbye: its children notice by themselves."""
    killed = launch(DEMO="0")
    family = killed.family()
    killed.end(signal.SIGKILL)
    assert until(lambda: not any(alive(pid) for pid in family), 15)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _answers(started: Started) -> bool:
    try:
        with urllib.request.urlopen(f"http://{started.listen}/", timeout=5) as page:
            return bool(page.status == 200)
    except OSError:
        return False
