"""`python -m tests.faults.nursery`: runs of the engine, each in a process of its own.

Everything is imported once; then each order, one line of JSON on stdin, is carried out by a fork.
Answers on stdout: `pid N` before the run begins, the run's own line, `end STATUS` after it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from imap import (
    Login,
    NetworkPolicy,
    Server,
    open_destination,
    open_source,
    open_source_deleter,
)
from sync.errors import SyncError
from sync.file_ledger import FileLedger
from sync.mailbox import migrate
from sync.options import Mode, Refiling, Security, SourceDeletion, SyncOptions
from tests.faults.watching import NeverStop, SilentProgress

READS = {"load", "destinations", "judged_elsewhere", "close"}
"""What a ledger does without writing."""


@dataclass(frozen=True, slots=True)
class Order:
    """One run. `dies_at` 2n - 1 is just before the ledger's nth write, 2n just after it."""

    source_port: int
    destination_port: int
    source: str
    destination: str
    password: str
    ledger: str
    mode: str = Mode.FLAGS_AND_NEW
    dies_at: int = 0
    batch_messages: int = 200
    timeout: float = 30.0
    """Seconds, for connecting and for reading."""
    settle_seconds: float = 1.0
    refiling: str = Refiling.NO
    refile_from: str = ""
    source_deletion: str = SourceDeletion.NEVER
    ca_file: str = ""
    """TLS on both sides, with certificates of this authority; '' for clear text."""


class MortalLedger:
    """A ledger whose owner is killed at one of its writes."""

    def __init__(self, ledger: FileLedger, dies_at: int) -> None:
        self._ledger = ledger
        self._left = dies_at
        self.steps = 0
        """Twice the writes until now."""

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._ledger, name)
        return method if name in READS or not callable(method) else self._mortal(method)

    def _mortal(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def write(*arguments: Any, **named: Any) -> Any:
            self._step()
            result = method(*arguments, **named)
            self._step()
            return result

        return write

    def _step(self) -> None:
        self.steps += 1
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def run(order: Order, waits: list[float]) -> dict[str, Any]:
    """Carry it out; what came of it. The waits before new connections are told and not waited."""
    ports = frozenset((order.source_port, order.destination_port))
    networks = (ip_network("127.0.0.0/8"),)
    policy = NetworkPolicy(networks, ports, order.timeout, order.timeout, order.ca_file)
    security = Security.TLS if order.ca_file else Security.NONE
    source = Server("127.0.0.1", order.source_port, security)
    destination = Server("127.0.0.1", order.destination_port, security)
    ours, theirs = (Login(name, order.password) for name in (order.source, order.destination))
    options = SyncOptions(
        mode=Mode(order.mode),
        batch_messages=order.batch_messages,
        settle_seconds=order.settle_seconds,
        refiling=Refiling(order.refiling),
        refile_from=order.refile_from,
        source_deletion=SourceDeletion(order.source_deletion),
    )
    file = FileLedger(Path(order.ledger), f"{order.source} {order.destination}")
    ledger: Any = MortalLedger(file, order.dies_at)
    with (
        closing(file),
        closing(open_source(source, ours, policy, wait=waits.append)) as reader,
        closing(open_destination(destination, theirs, policy, wait=waits.append)) as writer,
        closing(open_source_deleter(source, ours, policy, wait=waits.append)) as deleter,
    ):
        report = migrate(
            reader,
            writer,
            ledger,
            options=options,
            progress=SilentProgress(),
            stop=NeverStop(),
            deleter=deleter,
        )
        ledger.end_run()
    return {
        "verdict": report.verdict,
        "folders": [asdict(folder) for folder in report.folders],
        "steps": ledger.steps,
    }


def _child(order: Order) -> None:
    """Never returns: a fork must not go on with its parent's work, whatever happens to it."""
    status = 1
    try:
        _say(json.dumps(_answer(order)))
        status = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


def _answer(order: Order) -> dict[str, Any]:
    waits: list[float] = []
    try:
        answer = run(order, waits)
    except SyncError as error:
        answer = {
            "error": type(error).__name__,
            "code": error.code,
            "side": error.side,
            "where": error.where,
            "uid": getattr(error, "uid", 0),
            "words": error.server_words,
        }
    return answer | {"waits": waits}


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    while line := sys.stdin.readline():
        order = Order(**json.loads(line))
        child = os.fork()
        if not child:
            _child(order)
        _say(f"pid {child}")
        _, status = os.waitpid(child, 0)
        _say(f"end {status}")


if __name__ == "__main__":
    main()
