"""A server restored from a backup, that has come to the same numbers with other mail."""

from __future__ import annotations

import pytest

from sync.errors import Code, ConnectionLost, Side
from sync.journal import Telling
from sync.memory import MemoryServer
from sync.options import Mode, SyncOptions
from sync.report import Verdict
from tests.sync.sides import Watcher, World, message
from tests.sync.test_reused_uids import bodies, other

CONDSTORE = (Telling.CONDSTORE, Telling.QRESYNC)


def at_rest(telling: Telling) -> World:
    """A large folder, a small one, and one that is never looked at by itself."""
    made = World()
    made.source.telling = made.destination.telling = telling
    for number, name in enumerate(("A", "B", "C", "D", "E")):
        mails = range(100 * number, 100 * number + 10 - number)
        made.fill(name, *(message(one) for one in mails))
    for _ in range(2):
        assert made.run().verdict is Verdict.VERIFIED
        made.ledger.begin_run()
    return made


def swap(server: MemoryServer, name: str, *, alike: bool) -> None:
    """Its two newest messages were lost, and two others have come: no number tells it."""
    messages = server.content[name].messages
    for uid in sorted(messages)[-2:]:
        messages[uid] = other(900 + uid, alike=alike)


@pytest.mark.parametrize("telling", CONDSTORE)
@pytest.mark.parametrize("mode", [Mode.FLAGS_AND_NEW, Mode.NEW])
@pytest.mark.parametrize("alike", [False, True])
def test_other_mail_under_the_same_numbers(telling: Telling, mode: Mode, alike: bool) -> None:
    """On either side, in all folders: what the source has is at the destination afterwards, and it
    is said."""
    for source in (True, False):
        one = at_rest(telling)
        for name in ("A", "E"):
            place = name if source else f"INBOX.{name}"
            swap(one.source if source else one.destination, place, alike=alike)
        watcher = Watcher()
        assert one.run(SyncOptions(mode=mode), watcher).verdict is not Verdict.NOT_VERIFIED
        for name in ("A", "E"):
            assert bodies(one.source, name) <= bodies(one.destination, f"INBOX.{name}")
        assert {note.code for note in watcher.notes} >= {Code.UIDS_REUSED}


def test_what_is_at_rest_costs_one_question() -> None:
    """Of three of five folders, on each side; nothing is listed."""
    one, steps = at_rest(Telling.QRESYNC), list[str]()
    one.source.before = one.destination.before = steps.append
    assert one.run().verdict is Verdict.VERIFIED
    assert steps.count("changes") == 6
    assert "messages" not in steps


def test_a_line_that_breaks_at_the_question_costs_nothing() -> None:
    """The folders are asked on a new line."""
    one, losses = at_rest(Telling.QRESYNC), [ConnectionLost(Code.CONNECTION_LOST, side=Side.SOURCE)]

    def before(step: str) -> None:
        if step == "changes" and losses:
            raise losses.pop()

    one.source.before = before
    swap(one.source, "A", alike=True)
    assert one.run().verdict is not Verdict.NOT_VERIFIED
    assert bodies(one.source, "A") <= bodies(one.destination, "INBOX.A")
