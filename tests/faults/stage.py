"""A source, destinations, a proxy before each, and runs of the engine between them."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from bench.compare import difference, read_mailbox
from launch.dovecot import Dovecot
from sync.errors import Side
from sync.report import Verdict
from tests.faults.mailbox import write_mailbox
from tests.faults.nursery import Order
from tests.faults.proxy import Proxy, Script

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "pass-word"
SOURCE = "old@example.test"
LIVE = 10
DESTINATIONS = 3000
HANG_SECONDS = 30
WRITES = {"APPEND", "STORE", "UID STORE", "CREATE", "EXPUNGE", "UID EXPUNGE", "UID MOVE", "DELETE"}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. `answer` is empty when it was killed."""

    answer: dict[str, Any]
    killed: bool
    hung: bool
    log: str

    @property
    def verdict(self) -> str:
        return str(self.answer.get("verdict", ""))

    @property
    def green(self) -> bool:
        return self.verdict == Verdict.VERIFIED

    @property
    def sound(self) -> bool:
        """It came to an end that a person can read."""
        return not self.hung and bool(self.answer)

    def total(self, name: str) -> int:
        return sum(int(folder[name]) for folder in self.answer.get("folders", ()))

    def __str__(self) -> str:
        ending = "hung" if self.hung else "killed" if self.killed else json.dumps(self.answer)
        return f"{ending} {self.log}"


@dataclass(slots=True)
class Nursery:
    """The process that forks the runs. `victim` is set to the pid of the run under way."""

    log: Path
    victim: int = 0
    born: threading.Event = field(default_factory=threading.Event)
    _process: subprocess.Popen[bytes] | None = None
    _lines: list[str] = field(default_factory=list)
    _rest: bytes = b""

    def start(self) -> None:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.nursery"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def stop(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def kill(self) -> None:
        """SIGKILL for the run under way, as soon as its pid is known."""
        assert self.born.wait(HANG_SECONDS)
        # A client does not wait for the answer to LOGOUT, and may be gone before it.
        with suppress(ProcessLookupError):
            os.kill(self.victim, signal.SIGKILL)

    def run(self, order: Order, patience: float) -> Ended:
        """One run, which has hung when it takes more than `patience` seconds."""
        assert self._process is not None
        assert self._process.stdin is not None
        self.born.clear()
        begun = self.log.stat().st_size
        self._process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = {}
        hung = False
        deadline = time.monotonic() + patience
        while True:
            line = self._line(deadline)
            if line.startswith("pid "):
                self.victim = int(line[4:])
                self.born.set()
            elif line.startswith("end "):
                killed = os.WIFSIGNALED(int(line[4:]))
                log = self.log.read_text()[begun:]
                return Ended(answer, killed and not hung, hung, log)
            elif line:
                answer = json.loads(line)
            else:
                hung, deadline = True, deadline + HANG_SECONDS
                self.kill()

    def _line(self, deadline: float) -> str:
        """The next line; '' when there is none in time."""
        assert self._process is not None
        assert self._process.stdout is not None
        while b"\n" not in self._rest:
            left = max(deadline - time.monotonic(), 0)
            if not select.select([self._process.stdout], [], [], left)[0]:
                return ""
            data = os.read(self._process.stdout.fileno(), 65536)
            assert data, f"the nursery has ended: {self.log.read_text()}"
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()


@dataclass(slots=True)
class Scene:
    """One source mailbox and one empty destination mailbox, with a ledger of their own."""

    stage: Stage
    source: str
    destination: str
    ledger: Path

    def run(
        self,
        scripts: dict[Side, Script] | None = None,
        *,
        patience: float = HANG_SECONDS,
        **order: Any,
    ) -> Ended:
        """One run; afterwards both servers have done all that they were told."""
        proxies = self.stage.proxies
        for side, proxy in proxies.items():
            proxy.reset((scripts or {}).get(side) or Script())
        ended = self.stage.nursery.run(
            Order(
                source_port=proxies[Side.SOURCE].port,
                destination_port=proxies[Side.DESTINATION].port,
                source=self.source,
                destination=self.destination,
                password=PASSWORD,
                ledger=str(self.ledger),
                **order,
            ),
            patience,
        )
        for proxy in proxies.values():
            proxy.wait_idle()
        return ended

    def forgotten(self) -> Scene:
        """The same mailboxes with a ledger that knows nothing of them."""
        return replace(self, ledger=self.ledger.with_suffix(".new"))

    def maildir(self, side: Side) -> Path:
        server = self.stage.servers[side]
        return server.maildir(self.source if side is Side.SOURCE else self.destination)

    def difference(self) -> list[str]:
        """What is lost, doubled or altered at the destination, in words."""
        return difference(self.maildir(Side.SOURCE), self.maildir(Side.DESTINATION))

    def doubled(self) -> list[str]:
        """What the destination has more of than the source, bodies compared."""
        return [line for line in self.difference() if line.startswith("too many")]

    def missing(self) -> list[str]:
        return [line for line in self.difference() if line.startswith("missing")]

    def writes(self) -> Counter[str]:
        """The commands of the last run that change something, on either side."""
        names = (name for proxy in self.stage.proxies.values() for name in proxy.names())
        return Counter(name for name in names if name in WRITES)

    def held(self, side: Side) -> int:
        return sum(folder.total() for folder in read_mailbox(self.maildir(side)).values())


@dataclass(slots=True)
class Stage:
    """Two servers. Their users are made all at once, since Dovecot looks at its list of users only
    once a second."""

    servers: dict[Side, Dovecot]
    nursery: Nursery
    ledgers: Path
    proxies: dict[Side, Proxy] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def open(self) -> None:
        for side, server in self.servers.items():
            self.proxies[side] = Proxy(server.spec.port)
        for name in (SOURCE, *(_live(number) for number in range(LIVE))):
            self.servers[Side.SOURCE].add_user(name, PASSWORD)
            write_mailbox(self.servers[Side.SOURCE].maildir(name))
        lines = (f"{_new(number)}:{{PLAIN}}{PASSWORD}::::::\n" for number in range(DESTINATIONS))
        with self.servers[Side.DESTINATION].spec.users_file.open("a") as users:
            users.writelines(lines)
        time.sleep(1.1)

    def close(self) -> None:
        for proxy in self.proxies.values():
            proxy.close()

    def scene(self, *, live: int | None = None) -> Scene:
        """With the source that nobody changes, or with one of those that a test may change."""
        number = next(self._numbers)
        source = SOURCE if live is None else _live(live)
        return Scene(self, source, _new(number), self.ledgers / f"{number}.ledger")


def _live(number: int) -> str:
    return f"live{number}@example.test"


def _new(number: int) -> str:
    return f"new{number}@example.test"
