"""A Redis with a password and TLS, as docs/operations.md describes it, and each way to miss it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from jobs.queue import CHECKS, Bell
from jobs.seen import Lookout
from jobs.services import Services
from launch.certificates import Authority, issue, make_authority
from launch.packages import PROGRAMS
from launch.unpacking import library_path
from settings import Settings, SettingsError
from tests.conftest import free_port
from tests.house.tree import ROOT
from tests.jobs.conftest import wait_until

PASSWORD = 'p@ss/wörd: %+;"1\\'
_QUOTED = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')


@dataclass(frozen=True, slots=True)
class SafeRedis:
    """One that asks for a password, over TLS and without."""

    tls: int
    plain: int
    authority: Path

    def url(
        self,
        password: str = PASSWORD,
        *,
        scheme: str = "rediss",
        host: str = "localhost",
        port: int = 0,
        database: int = 0,
        authority: str | None = None,
    ) -> str:
        trusted = str(self.authority) if authority is None else authority
        more = f"?ssl_ca_certs={trusted}" if trusted and scheme == "rediss" else ""
        place = f"{host}:{port or self.tls}/{database}{more}"
        return f"{scheme}://:{quote(password, safe='')}@{place}"


@pytest.fixture(scope="module")
def safe(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[SafeRedis]:
    directory = tmp_path_factory.mktemp("safe")
    certificate, key = issue(authority, directory, names=("localhost",))
    ca = directory / "authority.pem"
    ca.write_bytes(authority.pem)
    (directory / "other.pem").write_bytes(make_authority("Somebody else").pem)
    place = SafeRedis(free_port(), free_port(), ca)
    settings = (
        f"port {place.plain}\ntls-port {place.tls}\nbind 127.0.0.1\ntls-cert-file {certificate}\n"
        f"tls-key-file {key}\ntls-ca-cert-file {ca}\ntls-auth-clients no\nsave \"\"\n"
        f'dir {directory}\nrequirepass "{_QUOTED}"\n'
    )  # fmt: skip
    (directory / "redis.conf").write_text(settings, encoding="utf-8")
    binary = PROGRAMS["redis"].found()
    assert binary is not None
    process = subprocess.Popen(
        [binary, str(directory / "redis.conf")],
        env={**os.environ, "LD_LIBRARY_PATH": library_path(Path(binary).parents[2])},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: seen(place.url()) == "", "Redis answers")
        yield place
    finally:
        process.terminate()
        process.wait(10)


def seen(url: str) -> str:
    """What /healthz says of it; nothing where all is well."""
    lookout = Lookout(url)
    found = lookout.look()
    lookout.close()
    return "" if found is not None else lookout.why or "Redis does not answer"


def documented() -> str:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    begin = text.index("`REDIS_URL=rediss://") + len("`REDIS_URL=")
    return text[begin : text.index("`", begin)]


def test_the_address_is_the_documented_one(safe: SafeRedis) -> None:
    """With our server, password and authority in it, it opens."""
    url = documented()
    for word, ours in (
        (":password@", f":{quote(PASSWORD, safe='')}@"),
        ("redis.example.com:6380", f"localhost:{safe.tls}"),
        ("/etc/ssl/redis-ca.pem", str(safe.authority)),
    ):
        assert word in url
        url = url.replace(word, ours)
    assert Settings.from_env({"REDIS_URL": url}).redis_url == url
    assert seen(url) == ""


def test_a_worker_works_over_it(
    safe: SafeRedis,
    spawn: Callable[..., subprocess.Popen[bytes]],
    make_services: Callable[..., Services],
) -> None:
    """It signs on, and takes a call."""
    make_services(REDIS_URL=safe.url())
    spawn("jobs.worker", "checks")
    lookout, bell = Lookout(safe.url()), Bell(safe.url())
    wait_until(lambda: _workers(lookout) == 1, "a worker has signed on")
    assert bell.list_mailboxes(1, "example.com")
    wait_until(lambda: _waiting(lookout) == 0, "the call was taken")
    lookout.close()
    bell.close()


def _workers(lookout: Lookout) -> int:
    found = lookout.look()
    return found.queues[CHECKS].workers if found else 0


def _waiting(lookout: Lookout) -> int:
    found = lookout.look()
    return found.queues[CHECKS].waiting if found else -1


MISSED = {
    "another password": (
        lambda safe: safe.url("another"),
        "Redis refuses the login: its password is missing in REDIS_URL, or is another",
    ),
    "no password": (
        lambda safe: safe.url().replace(f":{quote(PASSWORD, safe='')}@", ""),
        "Redis refuses the login: its password is missing in REDIS_URL, or is another",
    ),
    "somebody else's authority": (
        lambda safe: safe.url(authority=str(safe.authority.with_name("other.pem"))),
        "Redis' certificate is not trusted",
    ),
    "the system's authorities": (
        lambda safe: safe.url(authority=""),
        "Redis' certificate is not trusted",
    ),
    "another name": (
        lambda safe: safe.url(host="127.0.0.1"),
        "Redis' certificate is not trusted",
    ),
    "clear text to TLS": (
        lambda safe: safe.url(scheme="redis"),
        "Redis ends the connection; where it wants TLS, REDIS_URL has to begin with rediss://",
    ),
    "TLS to clear text": (
        lambda safe: safe.url(port=safe.plain),
        "Redis does not begin TLS there, which rediss:// in REDIS_URL asks for",
    ),
    "no such database": (
        lambda safe: safe.url(database=99),
        "Redis has no database of the number that REDIS_URL names",
    ),
    "nobody there": (lambda safe: safe.url(port=free_port()), "Redis does not answer"),
}  # fmt: skip


@pytest.mark.parametrize("how", MISSED)
def test_each_miss_is_one_sentence(safe: SafeRedis, how: str) -> None:
    """In the words of /healthz, with what to mend, and without the password."""
    make, words = MISSED[how]
    url = make(safe)
    Settings.from_env({"REDIS_URL": url})
    assert seen(url) == words


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "rediss://:sec@ret@localhost:6380/0",
        "rediss://:sec/ret@localhost:6380/0",
        "rediss://:sec#ret@localhost:6380/0",
        "rediss://:sec?ret@localhost:6380/0",
        "rediss://:secret@localhost:sec/0",
        "rediss://:secret@localhost:6380/sec",
        "rediss://:secret@localhost:6380/0?secret=1",
        "rediss://:secret@localhost:6380/0?db=secret",
        "redis://:secret@localhost:6380/0?ssl_ca_certs=/etc/hostname",
        "rediss://:secret@localhost:6380/0?ssl_ca_certs=/nowhere/ca.pem",
        "rediss://:secret@",
    ],
)
def test_what_cannot_be_read_is_refused_at_the_start(url: str) -> None:
    """One sentence that names the variable, and never what is in it."""
    with pytest.raises(SettingsError, match="REDIS_URL") as refusal:
        Settings.from_env({"REDIS_URL": url})
    assert "sec" not in str(refusal.value).replace("something", "")
    settings = Settings.from_env({"REDIS_URL": "redis://:hunter2@localhost"})
    assert "hunter2" not in repr(settings)
