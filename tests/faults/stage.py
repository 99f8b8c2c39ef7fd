"""A source, destinations, a proxy before each, and runs of the engine between them."""

from __future__ import annotations

import shutil
import ssl
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from bench.compare import Damage, damage, difference, read_mailbox
from launch.dovecot import Dovecot
from sync.errors import Side
from tests.faults.mailbox import MANY, MORE_FOLDERS, TWICE_AS_MANY, write_mailbox
from tests.faults.nursery import Order
from tests.faults.proxy import Proxy
from tests.faults.runs import HANG_SECONDS, Ended, Nursery
from tests.faults.script import Script

PASSWORD = "pass-word"
SOURCE = "old@example.test"
LIVE = 10
LEAVING = 1500
DESTINATIONS = 3000
WRITES = {"APPEND", "STORE", "UID STORE", "EXPUNGE", "UID EXPUNGE", "UID MOVE", "UID COPY"} | {
    "CREATE",
    "DELETE",
    "RENAME",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
}


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
        rest: bool = True,
        **order: Any,
    ) -> Ended:
        """One run; afterwards both servers have done all that they were told, but for one that is
        to `rest` no more than a person who starts the program again."""
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
                ca_file=self.stage.ca_file,
                **order,
            ),
            patience,
        )
        if rest:
            self.stage.rest()
        return ended

    @contextmanager
    def client(self, side: Side) -> Iterator[IMAPClient]:
        """A mail program of this mailbox's owner."""
        name = self.source if side is Side.SOURCE else self.destination
        port = self.stage.servers[side].spec.port
        with IMAPClient("127.0.0.1", port, ssl=False) as client:
            client.login(name, PASSWORD)
            yield client

    def forgotten(self) -> Scene:
        """The same mailboxes with a ledger that knows nothing of them."""
        return replace(self, ledger=self.ledger.with_suffix(".new"))

    def maildir(self, side: Side) -> Path:
        server = self.stage.servers[side]
        return server.maildir(self.source if side is Side.SOURCE else self.destination)

    def difference(self) -> list[str]:
        """What is lost, doubled or altered at the destination, in words."""
        return difference(self.maildir(Side.SOURCE), self.maildir(Side.DESTINATION))

    def damage(self) -> Damage:
        """The same in numbers; flags and dates tell no two messages apart."""
        ours, theirs = (read_mailbox(self.maildir(side)) for side in Side)
        return damage(ours, theirs)

    def writes(self) -> Counter[str]:
        """The commands of the last run that change something, on either side."""
        names = (name for proxy in self.stage.proxies.values() for name in proxy.names())
        return Counter(name for name in names if name in WRITES)

    def discard(self) -> None:
        """Nobody will look at this copy again."""
        shutil.rmtree(self.maildir(Side.DESTINATION))

    def held(self, side: Side) -> int:
        return sum(folder.total() for folder in read_mailbox(self.maildir(side)).values())


@dataclass(slots=True)
class Stage:
    """Two servers. Their users are made all at once, since Dovecot looks at its list of users only
    once a second."""

    servers: dict[Side, Dovecot]
    nursery: Nursery
    ledgers: Path
    ca_file: str = ""
    proxies: dict[Side, Proxy] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _leaving: Iterator[int] = field(default_factory=count)

    def open(self) -> None:
        for side, server in self.servers.items():
            self.proxies[side] = Proxy(server.spec.port)
        for messages in (MANY, TWICE_AS_MANY):
            self.servers[Side.SOURCE].add_user(_large(messages), PASSWORD)
        for name in (SOURCE, *(_live(number) for number in range(LIVE))):
            self.servers[Side.SOURCE].add_user(name, PASSWORD)
            write_mailbox(self.servers[Side.SOURCE].maildir(name))
        lines = (f"{_new(number)}:{{PLAIN}}{PASSWORD}::::::\n" for number in range(DESTINATIONS))
        with self.servers[Side.DESTINATION].spec.users_file.open("a") as users:
            users.writelines(lines)
        lines = (f"{_leaving(n)}:{{PLAIN}}{PASSWORD}::::::\n" for n in range(LEAVING))
        with self.servers[Side.SOURCE].spec.users_file.open("a") as users:
            users.writelines(lines)
        self._await(Side.SOURCE, _leaving(LEAVING - 1))
        self._await(Side.DESTINATION, _new(DESTINATIONS - 1))

    def behind(self, *, without: Collection[str] = (), ca_file: str = "") -> Stage:
        """The same servers: the destination with fewer words, or both under TLS."""
        proxies = {
            side: Proxy(
                server.spec.port,
                tls=_own(server) if ca_file else None,
                without=without if side is Side.DESTINATION else (),
            )
            for side, server in self.servers.items()
        }
        return replace(self, proxies=proxies, ca_file=ca_file)

    def close(self) -> None:
        for proxy in self.proxies.values():
            proxy.close()

    def rest(self) -> None:
        """Until both servers have done all that they were told."""
        for proxy in self.proxies.values():
            proxy.wait_idle()

    def _await(self, side: Side, name: str) -> None:
        """Until the server knows this user."""
        deadline = time.monotonic() + HANG_SECONDS
        while time.monotonic() < deadline:
            port = self.servers[side].spec.port
            with IMAPClient("127.0.0.1", port, ssl=False) as client, suppress(IMAPClientError):
                client.login(name, PASSWORD)
                return
        raise AssertionError(f"the {side} does not learn of its users")

    def scene(self, *, live: int | None = None) -> Scene:
        """With the source that nobody changes, or with one of those that a test may change."""
        return self._scene(SOURCE if live is None else _live(live))

    def large_scene(self, messages: int = MANY) -> Scene:
        """With many messages in many folders, which nobody changes."""
        name = _large(messages)
        maildir = self.servers[Side.SOURCE].maildir(name)
        if not maildir.exists():
            write_mailbox(maildir, MORE_FOLDERS, messages)
        return self._scene(name)

    def leaving_scene(self) -> Scene:
        """With a source of its own, that may be emptied."""
        name = _leaving(next(self._leaving))
        write_mailbox(self.servers[Side.SOURCE].maildir(name))
        return self._scene(name)

    def _scene(self, source: str) -> Scene:
        number = next(self._numbers)
        return Scene(self, source, _new(number), self.ledgers / f"{number}.ledger")


def _own(server: Dovecot) -> ssl.SSLContext:
    """This server's certificate, for whoever stands before it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    directory = server.spec.directory
    context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
    return context


def _large(messages: int) -> str:
    return f"large{messages}@example.test"


def _live(number: int) -> str:
    return f"live{number}@example.test"


def _leaving(number: int) -> str:
    return f"leaving{number}@example.test"


def _new(number: int) -> str:
    return f"new{number}@example.test"
