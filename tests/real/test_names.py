"""Folder names of all kinds, brought to real servers: each ends up somewhere, under one name."""

from __future__ import annotations

import string
import unicodedata
from collections import Counter
from contextlib import closing

import pytest

from imap import Login, Server, open_destination
from sync.folder_making import AT_ONCE
from sync.mailbox import migrate
from sync.memory import MemoryServer
from sync.memory_ledger import MemoryLedger
from sync.options import Security, SyncOptions
from sync.report import MailboxReport, Verdict
from tests.faults.proxy import Proxy
from tests.faults.watching import NeverStop
from tests.imap.policy import policy_for
from tests.real.conftest import Serve
from tests.real.servers import PASSWORD
from tests.sync.sides import Watcher, message

_MARKS = [sign for sign in string.punctuation if sign != "/"]
NAMES = [
    *(f"a{sign}b" for sign in _MARKS),
    *(f"{sign}front" for sign in _MARKS),
    *(f"end{sign}" for sign in _MARKS),
    *(f"Level/in{sign}side/deep" for sign in _MARKS),
    *_MARKS,
    *("nil", "NIL", "Nil", "{5}", "{5+}", "~{3}", "{0}", "a{7}", "()", "INBOX2", "NIL/NIL"),
    *(" ", "trailing ", " leading", "two  blanks", "tab\there", "line\u2028break", "a\x7fb"),
    *("\U0001f4e7", "\U0001f4e8 mail", "f\U0001f600", "\u200bzero", "\u202eright", "日本語", "ü"),
    unicodedata.normalize("NFC", "Caf\u00e9"),
    unicodedata.normalize("NFD", "Caf\u00e9"),
    *("work", "Work", "WORK", "x" * 200, "y" * 300, "/".join("0123456789" * 3)),
]


def source() -> MemoryServer:
    server = MemoryServer()
    for number, name in enumerate(NAMES):
        server.make_folder(name).add(message(number))
    return server


@pytest.mark.parametrize("kind", ["cyrus", "cyrus alternative", "courier", "dovecot prefix"])
def test_each_name_ends_up_somewhere(serve: Serve, kind: str) -> None:
    """With its mail, and in a place of its own; what was refused is asked for once; later runs ask
    for nothing, and without the ledger nothing is doubled."""
    server = serve(kind)
    login = Login(server.new_login(), PASSWORD)
    proxy = Proxy(server.port)
    ours, ledger = source(), MemoryLedger()

    def run(known: MemoryLedger) -> tuple[MailboxReport, Counter[str]]:
        known.begin_run()
        before = len(proxy.names())
        there = Server("localhost", proxy.port, Security.NONE)
        policy = policy_for(proxy.port, timeout=20.0)
        with closing(open_destination(there, login, policy, compress=False)) as destination:
            report = migrate(
                ours,
                destination,
                known,
                options=SyncOptions(settle_seconds=1.0),
                progress=Watcher(),
                stop=NeverStop(),
            )
        return report, Counter(proxy.names()[before:])

    report, asked = run(ledger)
    refused = sum(map(len, ledger.refused_names().values()))
    failed = {f.source: (f.destination, f.error, f.server_words) for f in report.folders if f.error}
    places = {folder.source: folder.destination for folder in report.folders}
    assert failed == {}
    assert report.verdict is Verdict.VERIFIED
    assert len(set(places.values())) == len(places) == len(NAMES) + 1
    assert report.total("copied") == len(NAMES)
    # Of those under way when a line breaks the answers are not known.
    assert asked["CREATE"] <= len(NAMES) + refused + AT_ONCE * asked["LOGIN"]
    report, asked = run(ledger)
    assert not {"CREATE", "APPEND", "STORE", "SUBSCRIBE"} & set(asked), asked
    assert report.verdict is Verdict.VERIFIED
    report, asked = run(MemoryLedger())
    assert (report.total("copied"), report.total("present")) == (0, len(NAMES))
    assert asked["APPEND"] == 0
    assert {folder.source: folder.destination for folder in report.folders} == places
    proxy.close()
