"""The ledger in SQL: what is known to be copied, and who may write it."""

from __future__ import annotations

import pytest

from store.download_log import LogLine, Mark, download_log
from store.engine import Store
from store.finishing import leave_account_run
from store.ledger import SqlLedger
from store.tables import Account, AccountRun, LedgerBatch
from sync.errors import Stopped, StopReason
from sync.intent import FolderKey, Intent, Known, Pair, Place
from tests.store.world import account_run, begun, claim_runs, lapse

KEY = FolderKey("Entwürfe", 11, "INBOX.Drafts", 22)


@pytest.fixture
def ledger(store: Store) -> SqlLedger:
    claim = begun(store)
    return SqlLedger(store, account_run(store, claim.id).account_id, claim.id, claim.token)


def reopened(ledger: SqlLedger, store: Store, **subject: str) -> SqlLedger:
    """As another process sees it."""
    number = ledger._account_run_id
    run = account_run(store, number)
    return SqlLedger(store, run.account_id, number, run.token, **subject)


def test_an_unknown_folder_has_nothing(ledger: SqlLedger) -> None:
    """Asking makes no rows and raises nothing."""
    assert ledger.load(KEY) == Known()
    assert ledger.places() == {}


def test_an_open_intent_survives_the_process(ledger: SqlLedger, store: Store) -> None:
    """What was about to be sent is found by the next worker, oldest first."""
    first = ledger.intend(KEY, Intent((1, 2), uidnext=7))
    second = ledger.intend(KEY, Intent((4_294_967_295,), uidnext=9))
    known = reopened(ledger, store).load(KEY)
    assert known.intents == (Intent((1, 2), 7, first), Intent((4_294_967_295,), 9, second))
    assert known.pairs == {}


def test_a_settled_intent_is_pairs(ledger: SqlLedger, store: Store) -> None:
    """What did not arrive is not a pair, and the intent is closed."""
    number = ledger.intend(KEY, Intent((1, 2, 3), uidnext=7))
    big = Pair(3, 4_294_967_295, 5_000_000_000)
    ledger.settle(KEY, number, [Pair(1, 0, 10), big])
    known = reopened(ledger, store).load(KEY)
    assert known == Known({1: 0, 3: 4_294_967_295}, {1: Pair(1, 0, 10), 3: big}, ())


def test_later_lines_outrank_earlier_ones(ledger: SqlLedger) -> None:
    """Forgotten pairs are gone, also from what was sent; a new copy counts again."""
    number = ledger.intend(KEY, Intent((1, 2), uidnext=7))
    ledger.settle(KEY, number, [Pair(1, 7, 10), Pair(2, 8, 10)])
    ledger.forget(KEY, [1, 2])
    ledger.record(KEY, [Pair(2, 9, 10)])
    assert ledger.load(KEY) == Known({2: 9}, {}, ())


def test_another_incarnation_of_a_folder_starts_empty(ledger: SqlLedger) -> None:
    """A new UIDVALIDITY on either side shares no pair with the old one."""
    ledger.record(KEY, [Pair(1, 7, 10)])
    assert ledger.load(FolderKey("Entwürfe", 12, "INBOX.Drafts", 22)) == Known()
    assert ledger.load(FolderKey("Entwürfe", 11, "INBOX.Drafts", 23)) == Known()


def test_another_subject_starts_empty(ledger: SqlLedger, store: Store) -> None:
    """An account whose source was edited knows nothing, even at the same UIDVALIDITY."""
    ledger.record(KEY, [Pair(1, 7, 10)])
    edited = reopened(ledger, store, subject="another server")
    assert edited.load(KEY) == Known()
    assert edited.places() == {}


def test_the_folder_mapping_is_remembered(ledger: SqlLedger, store: Store) -> None:
    """The last destination folder of each source folder."""
    ledger.record(KEY, [Pair(1, 7, 10)])
    ledger.record(FolderKey("Entwürfe", 11, "INBOX.Entwürfe", 22), [Pair(1, 7, 10)])
    assert reopened(ledger, store).places() == {"Entwürfe": Place("INBOX.Entwürfe")}


def test_only_this_account_runs_own_sending_counts_as_sent(ledger: SqlLedger, store: Store) -> None:
    """Pairs of another run are known, and no work of this one."""
    number = ledger.intend(KEY, Intent((1,), uidnext=7))
    ledger.settle(KEY, number, [Pair(1, 7, 10)])
    with store.write() as session:
        session.get_one(LedgerBatch, number).account_run_id = 4711
    assert reopened(ledger, store).load(KEY) == Known({1: 7}, {}, ())


@pytest.mark.parametrize("fence", ["taken over", "lease over", "left"])
def test_a_worker_that_lost_the_account_writes_nothing(
    ledger: SqlLedger, store: Store, fence: str
) -> None:
    """Every verb that writes is refused, and leaves no trace."""
    intent = ledger.intend(KEY, Intent((1,), uidnext=7))
    number = ledger._account_run_id
    with store.write() as session:
        run = session.get_one(AccountRun, number)
        if fence == "left":
            leave_account_run(session, number, run.token)
    if fence != "left":
        lapse(store)
    if fence == "taken over":
        assert claim_runs(store)
    before = reopened(ledger, store).load(KEY)
    for write in (
        lambda: ledger.intend(KEY, Intent((2,), uidnext=8)),
        lambda: ledger.settle(KEY, intent, [Pair(1, 7, 10)]),
        lambda: ledger.record(KEY, [Pair(3, 9, 10)]),
        lambda: ledger.forget(KEY, [1]),
    ):
        with pytest.raises(Stopped) as stopped:
            write()
        assert stopped.value.reason == StopReason.FENCED
    assert reopened(ledger, store).load(KEY) == before


def test_the_download_log_pages_through_what_became_of_messages(
    ledger: SqlLedger, store: Store
) -> None:
    """Copied and present, in the order of the work, each once, whatever the batches' sizes; open
    intents are not in it."""
    for first, many in ((1, 3), (4, 1), (5, 3)):
        uids = tuple(range(first, first + many))
        number = ledger.intend(KEY, Intent(uids, uidnext=7))
        ledger.settle(KEY, number, [Pair(uid, uid + 10, 100 + uid) for uid in uids])
    ledger.intend(KEY, Intent((9,), uidnext=7))
    ledger.record(KEY, [Pair(8, 0, 8)])
    lines: list[LogLine] = []
    begin: Mark | None = Mark()
    with store.read() as session:
        while begin is not None:
            page, begin = download_log(session, ledger._account_run_id, begin=begin, lines=2)
            assert 1 <= len(page) <= 2
            lines += page
    assert [one.source_uid for one in lines] == [*range(1, 9)]
    assert [one.outcome for one in lines] == ["copied"] * 7 + ["present"]
    assert (lines[0].folder, lines[0].destination_uid, lines[0].size) == ("Entwürfe", 11, 101)
    assert lines == sorted(lines, key=lambda one: one.at)


def test_a_message_costs_little(ledger: SqlLedger, store: Store) -> None:
    """20,000 messages in batches of 200: under 40 bytes each kept."""
    pairs = [Pair(uid, uid, 10_000) for uid in range(1, 20_001)]
    for first in range(0, len(pairs), 200):
        batch = pairs[first : first + 200]
        number = ledger.intend(KEY, Intent(tuple(p.source_uid for p in batch), uidnext=1))
        ledger.settle(KEY, number, batch)
    with store.read() as session:
        kept = sum(len(batch.packed) for batch in session.query(LedgerBatch))
    assert kept / len(pairs) < 40
    assert len(ledger.load(KEY).pairs) == 20_000


def test_the_ledger_goes_with_its_account(ledger: SqlLedger, store: Store) -> None:
    """Removing a row of a migration leaves nothing of it behind."""
    ledger.record(KEY, [Pair(1, 7, 10)])
    with store.write() as session:
        run = session.get_one(AccountRun, ledger._account_run_id)
        session.delete(session.get_one(Account, run.account_id))
    with store.read() as session:
        assert session.query(LedgerBatch).count() == 0
        assert session.query(AccountRun).count() == 0
