"""What a watcher sees: sampled twice a second from pages and metrics, through kills and resumes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from argon2 import PasswordHasher

from app import create_app
from parameters.choices import Choices, to_json
from settings import Settings
from store import control
from store.seal import password_context
from store.tables import Migration, Role, User
from store.verdicts import is_verified
from tests.jobs.conftest import wait_until
from tests.jobs.harm import children
from tests.jobs.haul import PASSWORD as SOURCE_PASSWORD
from tests.jobs.haul import Haul
from tests.wizard.browser import PASSWORD, Browser

Spawn = Callable[..., "subprocess.Popen[bytes]"]
SLOW = to_json(Choices(bytes_per_second=20_000))
_NUMBER = r"([\d\s\u202f\u00a0]+)"
_CELL = re.compile(rf'<td [^>]*data-label="(Found|Copied|Skipped|Failed)">(?:<[^>]*>)*{_NUMBER}')
_SUM = re.compile(rf"<dt>(Found|Copied|Already there|Verified|Complete)</dt><dd>{_NUMBER}")
_PERCENT = re.compile(r'<progress [^>]*value="(\d+)"[^>]*aria-label="([^"]*)"')
_METRIC = re.compile(r'^(mailhaul_(?:messages\{outcome="copied"\}|copied_bytes)) (\d+)', re.M)
_ROW = re.compile(r'<tr role="row">\s*<th role="rowheader".*?</tr>', re.S)
_NAME = re.compile(r"<th [^>]*>(?:<[^>]*>)*([^<]*)")


@dataclass
class Watcher:
    """Complains of each figure that is less than it was, and of 100 % of what is not verified."""

    browser: Browser
    haul: Haul
    complaints: list[str] = field(default_factory=list)
    looks: int = 0
    _last: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def looking(self) -> Iterator[None]:
        ends = threading.Event()

        def look_on() -> None:
            while not ends.wait(0.4):
                self.look()

        thread = threading.Thread(target=look_on)
        thread.start()
        try:
            yield
        finally:
            ends.set()
            thread.join()
            self.look()

    def look(self) -> None:
        number = self.haul.migration_id
        paths = ["/", f"/migrations/{number}/live", f"/migrations/{number}/report", "/metrics"]
        one = self.haul.runs()[0].account_id
        paths.append(f"/migrations/{number}/runs/1/accounts/{one}")
        for path in paths:
            for name, value in _figures(path, self.browser.text(path)):
                self._note(f"{path}: {name}", value)
        self.looks += 1

    def _note(self, name: str, value: int) -> None:
        before = self._last.get(name, 0)
        if value < before:
            self.complaints.append(f"{name}: {value} after {before}")
        if "percent" in name and value == 100 and not all(map(is_verified, self.haul.runs())):
            self.complaints.append(f"{name}: 100")
        self._last[name] = value

    def last(self, name: str) -> int:
        return next(value for known, value in self._last.items() if name in known)


def _figures(path: str, text: str) -> Iterator[tuple[str, int]]:
    """Each with a name of its own: of the n-th account, of the n-th sum."""
    if path == "/metrics":
        yield from ((name, int(value)) for name, value in _METRIC.findall(text))
        return
    for value, name in _PERCENT.findall(text):
        yield f"percent of {name}", int(value)
    for row in _ROW.findall(_first(text)):
        named = _NAME.match(row[row.index("<th") :])
        for name, value in _CELL.findall(row):
            yield f"{named and named[1]}: {name}", _whole(value)
    for name, value in _SUM.findall(text):
        yield name, _whole(value)


def _first(text: str) -> str:
    """Of a report the first account: both have the same folders."""
    sections = text.split('<section class="panel account"')
    return sections[1] if len(sections) > 1 else text


def _whole(shown: str) -> int:
    return int(re.sub(r"\D", "", shown))


def test_no_figure_falls(
    make: Callable[..., Haul], spawn: Spawn, environment: dict[str, str]
) -> None:
    """A work-horse is killed, the run is paused and resumed, a failed account is tried again: what
    is shown grows, and is 100 % when all is verified and not before."""
    haul = make(messages=(150, 2), size=900, state="new", options=SLOW)
    worker, browser = spawn("jobs.worker", "checks", "runs"), _operator(haul, environment)
    spawn("jobs.clock")
    wait_until(lambda: set(haul.account_states()) == {"ready"}, "all rows are ready")
    _password(haul, "another")
    haul.start()
    watcher = Watcher(browser, haul)
    with watcher.looking():
        wait_until(lambda: haul.runs()[0].copied > 5, "it copies")
        token = haul.runs()[0].token
        for pid in children(worker.pid):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: haul.runs()[0].token > token, "another has taken it up", 60)
        haul.act(control.pause)
        wait_until(lambda: haul.state() == "paused" and "running" not in haul.states(), "paused")
        haul.act(control.resume)
        wait_until(lambda: haul.state() == "complete", "the run has ended", 60)
        _password(haul, SOURCE_PASSWORD)
        haul.act(control.retry_failed)
        wait_until(lambda: all(map(is_verified, haul.runs())), "all is verified", 60)
    assert not watcher.complaints, "\n".join(watcher.complaints)
    assert watcher.looks > 10
    assert watcher.last("percent of Progress of run 1") == 100
    assert watcher.last('outcome="copied"') == sum(run.copied for run in haul.runs())
    assert haul.differences() == []


def _password(haul: Haul, password: str) -> None:
    """Of the second account."""
    with haul.services.store.write() as session:
        migration = session.get_one(Migration, haul.migration_id)
        place = password_context(migration.id, "source")
        sealed = haul.services.sealer.seal(password, place)
        migration.accounts[1].source_password_sealed = sealed


def _operator(haul: Haul, environment: dict[str, str]) -> Browser:
    app = create_app(Settings.from_env(environment | {"METRICS": "1"}))
    secret = PasswordHasher().hash(PASSWORD)
    with haul.services.store.write() as session:
        session.add(User(email="admin@example.net", role=Role.ADMIN, password_hash=secret))
    browser = Browser(app)
    assert browser.sign_in("admin@example.net").status_code == 303
    return browser
