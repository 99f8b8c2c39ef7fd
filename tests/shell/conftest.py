"""Mailboxes on two real servers, and the command as a person would run it."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from launch.dovecot import Dovecot, run_as

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("", ".Work", ".Work.Old &AOQ-", ".Sent")
"""Directories of a Maildir++; '' is INBOX."""


@dataclass
class Mailbox:
    """One login on one side. Its password is 'right'."""

    server: Dovecot
    user: str

    @property
    def maildir(self) -> Path:
        return self.server.maildir(self.user)

    def fill(self, messages: int, size: int = 500) -> None:
        """Put so many different messages into each folder, straight on the disk."""
        for folder in FOLDERS:
            place = self.maildir / folder
            for name in ("cur", "new", "tmp"):
                (place / name).mkdir(parents=True, exist_ok=True)
            if folder:
                (place / "maildirfolder").touch()
            for number in range(messages):
                text = body(f"{folder}{number}", size)
                path = place / "cur" / f"{number}.M{number}.test,S={len(text)}:2,S"
                path.write_bytes(text)
                os.utime(path, (1_600_000_000 + number, 1_600_000_000 + number))
        self._give()

    def files(self) -> set[str]:
        """Every message, as it lies on the disk."""
        return {str(path) for name in ("cur", "new") for path in self.maildir.glob(f"**/{name}/*")}

    def _give(self) -> None:
        if os.getuid() == 0:
            owner = run_as()
            for path in (self.maildir.parent, *self.maildir.parent.rglob("*")):
                os.chown(path, owner.pw_uid, owner.pw_gid)


def body(name: str, size: int = 500) -> bytes:
    """As it lies on the disk of a Dovecot, with bare LF."""
    head = f"Message-ID: <{name}@x>\nFrom: a@x\nSubject: {name}\n\n".encode()
    return head + (name.encode() * size)[:size] + b"\n"


@dataclass
class Ran:
    """What a run left behind."""

    status: int
    out: str
    err: str
    told: dict[str, Any] = field(default_factory=dict)


@dataclass
class Shell:
    """`python -m sync` between two mailboxes."""

    source: Mailbox
    destination: Mailbox
    ca_file: str

    def line(self, *more: str) -> list[str]:
        ports = self.source.server.spec.tls_port, self.destination.server.spec.tls_port
        sides = zip((1, 2), ports, (self.source.user, self.destination.user), strict=True)
        options = [
            option
            for number, port, user in sides
            for option in (
                f"--host{number}=localhost",
                f"--port{number}",
                str(port),
                f"--user{number}",
                user,
            )
        ]
        return [sys.executable, "-m", "sync", *options, *more]

    def start(self, *more: str, **variables: str) -> subprocess.Popen[str]:
        passwords = {"MAILHAUL_PASSWORD1": "right", "MAILHAUL_PASSWORD2": "right"}
        return subprocess.Popen(
            self.line(*more),
            cwd=ROOT,
            env={**os.environ, "SSL_CERT_FILE": self.ca_file, **passwords, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *more: str, **variables: str) -> Ran:
        with self.start(*more, **variables) as child:
            out, err = child.communicate(timeout=90)
        told = json.loads(out) if "--json" in more and out else {}
        return Ran(child.returncode, out, err, told)


@pytest.fixture(scope="session")
def new_mailbox() -> Callable[[Dovecot], Mailbox]:
    """An empty mailbox. The users of a server are made all at once, since Dovecot looks at its
    list only once a second."""
    users: dict[int, Iterator[str]] = {}

    def make(server: Dovecot) -> Mailbox:
        if id(server) not in users:
            names = [f"shell{number}@example.test" for number in range(60)]
            for name in names:
                server.add_user(name, "right")
            time.sleep(1.1)
            users[id(server)] = iter(names)
        return Mailbox(server, next(users[id(server)]))

    return make


@pytest.fixture
def shell(
    new_mailbox: Callable[[Dovecot], Mailbox],
    source_server: Dovecot,
    destination_server: Dovecot,
    ca_file: str,
) -> Shell:
    """Two empty mailboxes, separator '/' at the source and '.' with a prefix at the destination."""
    return Shell(new_mailbox(source_server), new_mailbox(destination_server), ca_file)


@pytest.fixture(scope="session")
def small_server(make_dovecot: Callable[..., Dovecot]) -> Callable[[], Mailbox]:
    """Mailboxes with a quota of 20 KB; and shell99 may log in as anybody."""
    server = make_dovecot(
        settings="passdb {\n driver = static\n master = yes\n"
        " args = password=master\n default_fields = \n}\n"
    )
    numbers = itertools.count()
    for number in range(5):
        server.add_user(f"small{number}@example.test", "right", quota="20K")
    time.sleep(1.1)
    return lambda: Mailbox(server, f"small{next(numbers)}@example.test")
