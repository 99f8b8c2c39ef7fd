"""What a log says of a job: its numbers on each line, and nothing that is anybody's secret."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.logs import KeyValues, about
from jobs.services import Services
from launch.dovecot import Dovecot
from store import aim
from store.seal import password_context
from store.tables import Account
from tests.jobs import haul as hauls
from tests.jobs.conftest import ROOT, wait_until
from tests.jobs.haul import Haul, fill

LINE = re.compile(r"time=\S+Z level=[A-Z]+ name=[\w.]+ pid=\d+( [\w]+=(\"(\\.|[^\"\\])*\"|\S*))+")
SOURCE_PASSWORD = "Ölf level=PANIC \"x'%s%d {0} $(id) </b>ÿ"
WRONG_PASSWORD = "wr0ng pid=1 ünd;falsch"
MAILBOX_PASSWORD = 'Neu=Wort "2026" %r mit-Ümlaut'
SUBJECT = "Kuendigung level=FATAL geheim"


@pytest.fixture(scope="session")
def destination(make_dovecot: Callable[..., Dovecot]) -> Dovecot:
    return make_dovecot(separator=".", prefix="INBOX.", settings="mail_fsync = never")


@pytest.fixture
def haul(
    make_services: Callable[..., Services],
    source_server: Dovecot,
    destination: Dovecot,
    monkeypatch: pytest.MonkeyPatch,
) -> Haul:
    """Three accounts with odd passwords and subjects; the second's password is refused."""
    monkeypatch.setattr(hauls, "PASSWORD", SOURCE_PASSWORD)
    monkeypatch.setattr(hauls, "MAILBOX_PASSWORD", MAILBOX_PASSWORD)
    ports = f"{source_server.spec.tls_port} {destination.spec.tls_port}"
    services = make_services(ALLOWED_PORTS=ports)
    haul = hauls.make_haul(services, source_server, destination, messages=(5, 5, 5), state="new")
    for address in haul.addresses:
        odd_mail(source_server.maildir(address))
    context = password_context(haul.migration_id, "source")
    with services.store.write() as session:
        second = session.query(Account).filter_by(source_username=haul.addresses[1]).one()
        second.source_password_sealed = services.sealer.seal(WRONG_PASSWORD, context)
    return haul


def odd_mail(maildir: Path) -> None:
    """A subject that would like to be a line of a log, and a NUL that is altered and reported."""
    path = maildir / "cur" / "1699999999.M1P1.test:2,S"
    path.write_bytes(f"Subject: {SUBJECT}\r\n\r\nbody with a NUL \0 in it\r\n".encode())
    fill(maildir, 0)


def log_of(
    environment: dict[str, str], words: tuple[str, ...], path: Path
) -> subprocess.Popen[bytes]:
    with path.open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-m", *words],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **environment},
            stderr=log,
        )


def test_a_job_is_named_on_each_line_and_no_secret_is(
    haul: Haul, environment: dict[str, str], tmp_path: Path
) -> None:
    """Checks, a run with a refused password and one whose own code breaks: every line of a worker
    is key=value, those of jobs say migration and account, those of runs the run; no password and
    no subject stands anywhere, whole or in part."""
    clock = log_of(environment, ("jobs.clock",), tmp_path / "clock.log")
    worker = log_of(environment, ("jobs.worker", "checks", "runs"), tmp_path / "worker.log")
    try:
        checked = ["ready", "blocked", "ready"]
        wait_until(lambda: haul.account_states() == checked, "all are checked")
        with haul.services.store.write() as session:
            for account in session.query(Account):
                account.state = "ready"
                if account.source_username == haul.addresses[2]:
                    kept = aim.opened(haul.services.sealer, account)
                    account.source_security = "no such security"
                    aim.put(haul.services.sealer, account, kept)
        haul.start()
        wait_until(lambda: haul.state() == "complete", "the run has ended", 60)
    finally:
        for process in (worker, clock):
            process.terminate()
            process.wait(20)
    states = ["complete", "failed", "failed"]
    assert [run.state.split()[0] for run in haul.runs()] == states
    logs = (tmp_path / "worker.log").read_text() + (tmp_path / "clock.log").read_text()
    secrets = (SOURCE_PASSWORD, WRONG_PASSWORD, MAILBOX_PASSWORD, SUBJECT)
    for secret in secrets:
        assert not [part for part in secret.split() if len(part) > 5 and part in logs], secret
    lines = logs.splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    about_migration = f" migration={haul.migration_id} "
    checks = [line for line in lines if "name=mailhaul.check " in line]
    runs = [line for line in lines if "name=mailhaul.run " in line]
    assert len(checks) == 3
    assert all(f"{about_migration}account=" in line for line in checks)
    assert all(f"{about_migration}run=1 account=" in line for line in runs)
    assert [line for line in runs if "error=login_refused" in line]
    assert [line for line in runs if "error=internal exception=ValueError at=" in line]
    assert [line for line in runs if "verdict=verified" in line]


def written(name: str, said: str, *arguments: object, error: BaseException | None = None) -> str:
    info = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord(name, logging.INFO, "f.py", 1, said, arguments, info)
    return KeyValues().format(record)


def test_a_librarys_line_is_one_quoted_value() -> None:
    """Line breaks, quotation marks and values of exceptions stay inside, or away."""
    try:
        raise ValueError("hunter2")
    except ValueError as error:
        line = written("rq.worker", 'job "%s"\nlevel=ERROR', "x", error=error)
    assert LINE.fullmatch(line)
    assert r'text="job \"x\"\nlevel=ERROR" exception=ValueError at=test_logs.py:' in line
    assert "hunter2" not in line


def test_the_subject_of_a_job_ends_with_it() -> None:
    """Whatever follows is about something else."""
    with about({"migration": 12, "run": 3, "account": 40}):
        assert "migration=12 run=3 account=40 lease=lost" in written("mailhaul.x", "lease=lost")
    assert "migration" not in written("mailhaul.x", "lease=lost")


def test_what_nobody_can_catch_is_one_line_too() -> None:
    """An error in a destructor, as Python tells it: with kind and place, and without the object."""
    code = (
        "from jobs.logs import log_quietly\n"
        "class Left:\n"
        "    def __del__(self): raise ValueError('secret')\n"
        "log_quietly()\n"
        "Left()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (line,) = ran.stderr.splitlines()
    assert LINE.fullmatch(line)
    assert "ignored=1 exception=ValueError" in line
    assert "secret" not in line
