"""A mailbox that gets full, on a real server with a quota: few more APPENDs, and nothing lost."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import closing

import pytest

from bench.compare import read_mailbox
from imap import ImapDestination, Login, Server, open_destination
from launch.dovecot import Dovecot
from sync.errors import Code, DestinationFull
from sync.mailbox import migrate
from sync.memory import MemoryMessage
from sync.memory_ledger import MemoryLedger
from sync.options import Security, SyncOptions
from tests.faults.proxy import Proxy
from tests.faults.watching import NeverStop
from tests.imap.policy import policy_for
from tests.imap.test_choosing import mail
from tests.sync.sides import Watcher, World

MESSAGES = 400
QUOTA = 200
"""Kilobytes, of some 400 that are to be copied."""


@pytest.mark.parametrize(
    "without",
    [(), ("MULTIAPPEND",), ("MULTIAPPEND", "LITERAL+"), ("UIDPLUS",)],
    ids=["multiappend", "one by one", "asking", "no uidplus"],
)
def test_a_full_mailbox_is_left_alone(
    destination_server: Dovecot, without: Collection[str]
) -> None:
    """What fits arrives; after that the account ends within a handful of APPENDs, and so does each
    run after it, until there is room."""
    name = f"full{'-'.join(without).replace('+', '').lower()}@example.test"
    destination_server.add_user(name, "pass word", quota=f"{QUOTA}K")
    time.sleep(1.1)
    world, ledger = World(), MemoryLedger()
    world.fill(
        "INBOX",
        *(MemoryMessage(mail(n, "x" * 900), "17-Jul-2024 02:44:25 +0200") for n in range(MESSAGES)),
    )
    proxy = Proxy(destination_server.spec.port, without=without)
    server = Server("localhost", proxy.port, Security.NONE)
    login, policy = Login(name, "pass word"), policy_for(proxy.port, timeout=20.0)
    spent = []
    for _ in range(3):
        ledger.begin_run()
        watcher, before = Watcher(), len(proxy.names())
        with closing(open_destination(server, login, policy, compress=False)) as destination:

            def run(there: ImapDestination = destination, seen: Watcher = watcher) -> None:
                migrate(
                    world.source,
                    there,
                    ledger,
                    options=SyncOptions(),
                    progress=seen,
                    stop=NeverStop(),
                )

            with pytest.raises(DestinationFull) as full:
                run()
        assert full.value.code is Code.QUOTA
        (report,) = watcher.reports
        assert report.balanced
        spent.append(sum("APPEND" in one for one in proxy.names()[before:]))
    proxy.close()
    there = sum(map(len, read_mailbox(destination_server.maildir(name)).values()))
    assert report.present == there > 100
    assert all(number <= 6 for number in spent[1:]), spent
