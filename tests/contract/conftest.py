"""Every implementation of the ports that the contract is checked against.

One more is one more line in `BACKENDS`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network

import pytest

from imap import Login, NetworkPolicy, Server, open_destination, open_source
from launch.dovecot import Dovecot
from sync.asking import messages
from sync.journal import Telling
from sync.memory import MemoryServer
from sync.model import Appended, Folder, MessageRef, Namespace, Outgoing, Refused, Wanted
from sync.options import Security
from sync.ports import Destination, Source

FULL = (
    "IMAP4rev1 SASL-IR LITERAL+ ENABLE UIDPLUS MULTIAPPEND NAMESPACE LIST-EXTENDED LIST-STATUS"
    " SPECIAL-USE CONDSTORE QRESYNC STATUS=SIZE QUOTA UNSELECT"
)
DATE = "17-Jul-1996 02:44:25 -0700"


def without(*names: str) -> str:
    """Dovecot's capabilities but these. It still understands what it does not offer."""
    return " ".join(name for name in FULL.split() if name not in names)


DOVECOTS: dict[str, dict[str, str]] = {
    "slash": {},
    "dot": {"separator": "."},
    "prefix": {"separator": ".", "prefix": "INBOX."},
    "no-uidplus": {"capability": without("UIDPLUS")},
    "no-literal-plus": {"capability": without("LITERAL+")},
    "literal-minus": {"capability": without("LITERAL+", "MULTIAPPEND") + " LITERAL-"},
    "no-multiappend": {"capability": without("MULTIAPPEND")},
    "plain": {"capability": "IMAP4rev1"},
    "no-qresync": {"capability": without("QRESYNC") + " ESEARCH"},
    "no-enable": {"capability": without("ENABLE")},
    "no-condstore": {"capability": without("CONDSTORE", "QRESYNC", "ENABLE")},
}
MEMORIES = {
    "memory": Telling.QRESYNC,
    "memory-no-uidplus": Telling.QRESYNC,
    "memory-no-qresync": Telling.CONDSTORE,
    "memory-no-condstore": Telling.NOTHING,
}
TELLING = [
    *("memory", "memory-no-qresync", "memory-no-condstore"),
    *("slash", "prefix", "no-qresync", "no-enable", "no-condstore"),
]
"""They differ in what they can tell of changes."""
BACKENDS = ["memory", "memory-no-uidplus", *[name for name in DOVECOTS if name not in TELLING[5:]]]


@dataclass
class Box:
    """One empty mailbox, from both ends of the product. `reader` and `writer` are two logins."""

    reader: Source
    writer: Destination
    uidplus: bool = True
    real: bool = True

    @property
    def namespace(self) -> Namespace:
        return self.reader.folders().namespace

    def name(self, *levels: str) -> str:
        space = self.namespace
        return space.prefix + space.delimiter.join(levels)

    def folder(self, *levels: str) -> Folder:
        """Made, and as the server lists it."""
        assert self.writer.create([self.name(*levels)]) == {}
        return self.find(self.name(*levels))

    def find(self, name: str) -> Folder:
        return next(folder for folder in self.reader.folders().folders if folder.name == name)

    def uidvalidity(self, folder: Folder) -> int:
        return messages(self.reader, folder).status.uidvalidity

    def put(self, folder: Folder, *bodies: bytes) -> list[Appended | Refused]:
        return list(self.writer.append(outgoing(folder, bodies)))

    def wanted(self, folder: Folder) -> Wanted:
        """All that is in it now."""
        listing = messages(self.reader, folder)
        uids = tuple(meta.uid for meta in listing.messages)
        return Wanted(folder, listing.status.uidvalidity, uids)

    def uids(self, folder: Folder) -> list[int]:
        return [meta.uid for meta in messages(self.reader, folder).messages]


def outgoing(
    folder: Folder, bodies: Iterable[bytes], *, flags: Iterable[str] = ()
) -> Iterator[Outgoing]:
    """As the copy loop makes them: numbered from 1, in chunks."""
    for number, body in enumerate(bodies, 1):
        pieces = (body[start : start + 65536] for start in range(0, len(body), 65536))
        yield Outgoing(folder, number, len(body), DATE, frozenset(flags), pieces)


def destination_of(outcome: Appended | Refused) -> MessageRef | None:
    assert isinstance(outcome, Appended), outcome
    return outcome.destination


@pytest.fixture(scope="session")
def dovecots(make_dovecot: Callable[..., Dovecot]) -> Callable[[str], tuple[Dovecot, Login]]:
    """A new account on the Dovecot of this kind; started when first asked for, its users made all
    at once, since Dovecot looks at its list only once a second."""
    started: dict[str, tuple[Dovecot, Iterator[int]]] = {}

    def account(kind: str) -> tuple[Dovecot, Login]:
        if kind not in started:
            server = make_dovecot(**DOVECOTS[kind])
            for number in range(80):
                quota = "1M" if number < 5 else ""
                server.add_user(f"c{number}@example.test", "pw", quota=quota)
            time.sleep(1.1)
            started[kind] = server, itertools.count(5)
        server, numbers = started[kind]
        return server, Login(f"c{next(numbers)}@example.test", "pw")

    return account


def connected(server: Dovecot, login: Login, ca_file: str) -> Box:
    spec = server.spec
    policy = NetworkPolicy(
        (ip_network("127.0.0.0/8"),), frozenset({spec.port, spec.tls_port}), ca_file=ca_file
    )
    return Box(
        open_source(Server("localhost", spec.tls_port, Security.TLS), login, policy),
        open_destination(Server("localhost", spec.port, Security.NONE), login, policy),
    )


@pytest.fixture(params=BACKENDS)
def box(
    request: pytest.FixtureRequest,
    dovecots: Callable[[str], tuple[Dovecot, Login]],
    ca_file: str,
) -> Iterator[Box]:
    """An empty mailbox on each implementation."""
    kind: str = request.param
    if kind.startswith("memory"):
        uidplus = kind != "memory-no-uidplus"
        memory = MemoryServer(uidplus=uidplus)
        memory.telling = MEMORIES[kind]
        yield Box(memory, memory, uidplus=uidplus, real=False)
        return
    server, login = dovecots(kind)
    made = connected(server, login, ca_file)
    made.uidplus = "UIDPLUS" in (DOVECOTS[kind].get("capability") or FULL)
    yield made
    made.reader.close()
    made.writer.close()


@pytest.fixture
def full_box(
    dovecots: Callable[[str], tuple[Dovecot, Login]], ca_file: str
) -> Iterator[Callable[[str], Box]]:
    """A mailbox with a quota of 1 MB, on the Dovecot of this kind."""
    made: list[Box] = []
    numbers = itertools.count()

    def make(kind: str) -> Box:
        server, _ = dovecots(kind)
        login = Login(f"c{next(numbers)}@example.test", "pw")
        made.append(connected(server, login, ca_file))
        return made[-1]

    yield make
    for box in made:
        box.reader.close()
        box.writer.close()
