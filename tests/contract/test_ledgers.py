"""What every ledger keeps, whatever holds it: memory, a file, or the database."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.engine import Store
from store.ledger import SqlLedger
from sync.errors import Code
from sync.file_ledger import FileLedger
from sync.intent import (
    FolderKey,
    Intent,
    Judgement,
    Known,
    Pair,
    Place,
    Refusal,
    RefusedName,
    Rest,
    Stamp,
)
from sync.memory_ledger import MemoryLedger
from sync.model import FolderStatus
from sync.ports import Ledger
from tests.store.world import account_run, begun

KEY = FolderKey("Entwürfe", 11, "INBOX.Drafts", 22)
HIGHEST = 4_294_967_295

Reopen = Callable[[], Ledger]
"""The same ledger, as whoever comes after a killed process sees it."""


def in_memory(directory: Path, _: Path) -> Iterator[Reopen]:
    ledger = MemoryLedger()
    yield lambda: ledger


def in_a_file(directory: Path, _: Path) -> Iterator[Reopen]:
    opened: list[FileLedger] = []

    def reopen() -> Ledger:
        for ledger in opened:
            ledger.close()
        opened.append(FileLedger(directory / "state", "a@x > b@y"))
        return opened[-1]

    yield reopen
    for ledger in opened:
        ledger.close()


def in_sql(directory: Path, template: Path) -> Iterator[Reopen]:
    shutil.copy(template, directory / "store.db")
    store = Store(f"sqlite:///{directory / 'store.db'}")
    claim = begun(store)
    account = account_run(store, claim.id).account_id
    yield lambda: SqlLedger(store, account, claim.id, claim.token)
    store.dispose()


@pytest.fixture(params=[in_memory, in_a_file, in_sql], ids=lambda kind: kind.__name__)
def reopen(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path
) -> Iterator[Reopen]:
    yield from request.param(tmp_path, sqlite_template)


def test_an_unknown_folder_has_nothing(reopen: Reopen) -> None:
    """Asking raises nothing, and invents nothing."""
    assert reopen().places() == {}
    assert reopen().load(KEY) == Known()


def test_an_open_intent_stays_until_it_is_settled(reopen: Reopen) -> None:
    """What was about to be sent is found by whoever comes next, oldest first."""
    first = reopen().intend(KEY, Intent((1, 2), uidnext=7))
    second = reopen().intend(KEY, Intent((HIGHEST,), uidnext=HIGHEST + 1))
    intents = (Intent((1, 2), 7, first), Intent((HIGHEST,), HIGHEST + 1, second))
    assert reopen().load(KEY) == Known({}, {}, intents)
    reopen().settle(KEY, first, [])
    assert reopen().load(KEY).intents == intents[1:]


def test_a_settled_intent_is_pairs(reopen: Reopen) -> None:
    """What did not arrive is not a pair; sizes beyond 4 GB and unknown uids are kept."""
    number = reopen().intend(KEY, Intent((1, 2, 3), uidnext=7))
    sent = {1: Pair(1, 0, 10), 3: Pair(3, HIGHEST, 5_000_000_000)}
    reopen().settle(KEY, number, list(sent.values()))
    assert reopen().load(KEY) == Known({1: 0, 3: HIGHEST}, sent, ())


def test_what_was_found_was_not_sent(reopen: Reopen) -> None:
    """Recorded pairs are known and nobody's work; recording nothing leaves nothing."""
    ledger = reopen()
    ledger.record(KEY, [])
    ledger.record(KEY, [Pair(1, 7, 10)])
    assert reopen().load(KEY) == Known({1: 7}, {}, ())


def test_later_lines_outrank_earlier_ones(reopen: Reopen) -> None:
    """Forgotten pairs are gone, also from what was sent; a new copy counts again."""
    ledger = reopen()
    number = ledger.intend(KEY, Intent((1, 2, 3), uidnext=7))
    ledger.settle(KEY, number, [Pair(1, 7, 10), Pair(2, 8, 10), Pair(3, 9, 10)])
    ledger.forget(KEY, [1, 2])
    ledger.forget(KEY, [])
    again = ledger.intend(KEY, Intent((2,), uidnext=10))
    ledger.settle(KEY, again, [Pair(2, 10, 10)])
    assert reopen().load(KEY) == Known({2: 10, 3: 9}, {2: Pair(2, 10, 10), 3: Pair(3, 9, 10)}, ())


def test_marks_are_kept(reopen: Reopen) -> None:
    """They are no pairs, and of two for one message the later counts."""
    ledger = reopen()
    ledger.mark(KEY, [(1, b"a" * 16), (HIGHEST, bytes(16))])
    ledger.record(KEY, [Pair(2, 7, 10)])
    ledger.mark(KEY, [(1, b"\xff" * 16)])
    assert dict(reopen().marks(KEY)) == {1: b"\xff" * 16, HIGHEST: bytes(16)}
    assert reopen().load(KEY) == Known({2: 7}, {}, ())
    assert set(reopen().settled_before(KEY, datetime.now(UTC) + timedelta(days=1))) == {2}
    assert dict(reopen().marks(FolderKey("Entwürfe", 12, "INBOX.Drafts", 22))) == {}


def test_another_incarnation_of_a_folder_starts_empty(reopen: Reopen) -> None:
    """A new UIDVALIDITY on either side shares no pair with the old one."""
    ledger = reopen()
    ledger.record(KEY, [Pair(1, 7, 10)])
    assert ledger.load(FolderKey("Entwürfe", 12, "INBOX.Drafts", 22)) == Known()
    assert ledger.load(FolderKey("Entwürfe", 11, "INBOX.Drafts", 23)) == Known()


@pytest.mark.parametrize("name", ["Entwürfe", "日本語", "a\udc80b", 'quo"te', "x;y'z"])
def test_a_folder_keeps_its_place(reopen: Reopen, name: str) -> None:
    """The destination folder of each source folder is remembered, whatever they are called."""
    if "\udc80" in name and isinstance(reopen(), SqlLedger):
        name = name.replace("\udc80", "?")
    reopen().record(FolderKey(name, 1, f"INBOX.{name}", 1), [Pair(1, 7, 10)])
    assert reopen().places() == {name: Place(f"INBOX.{name}")}


def test_how_both_sides_rested_is_kept(reopen: Reopen) -> None:
    """After a run that left both folders equal the next one is told how they stood."""
    rest = Rest(FolderStatus(7, 30, 12, 400), FolderStatus(9, 13, 12, 2**40))
    reopen().rest(KEY, rest)
    assert reopen().places() == {KEY.source: Place(KEY.destination, rest)}
    assert reopen().load(KEY).pairs == {}


def test_what_left_the_source_is_remembered(reopen: Reopen) -> None:
    """Its pairs stay known, and a later run knows which copies may be the last ones."""
    ledger = reopen()
    ledger.record(KEY, [Pair(1, 7, 10), Pair(2, 8, 10), Pair(HIGHEST, 9, 10)])
    ledger.leave(KEY, [HIGHEST, 2])
    known = reopen().load(KEY)
    assert dict(known.pairs) == {1: 7, 2: 8, HIGHEST: 9}
    assert set(known.left) == set(known.left_now) == {2, HIGHEST}
    assert not known.guarded


def test_a_folder_made_anew_is_guarded(reopen: Reopen) -> None:
    """Which copies are the last ones is not known under another UIDVALIDITY, nor for another source
    folder that is put there, and that is told; other folders have nothing to do with it."""
    ledger = reopen()
    ledger.record(KEY, [Pair(1, 7, 10)])
    assert not ledger.load(FolderKey("Entwürfe", 12, "INBOX.Drafts", 22)).guarded
    ledger.leave(KEY, [1])
    assert reopen().load(FolderKey("Entwürfe", 12, "INBOX.Drafts", 22)).guarded
    assert reopen().load(FolderKey("Entwürfe", 11, "INBOX.Drafts", 23)).guarded
    assert reopen().load(FolderKey("Sent", 11, "INBOX.Drafts", 22)).guarded
    assert not reopen().load(FolderKey("Sent", 11, "INBOX.Sent", 22)).guarded
    assert not reopen().load(KEY).guarded


def test_where_the_last_copies_are_is_known(reopen: Reopen) -> None:
    """Wherever a folder is put later."""
    ledger = reopen()
    ledger.record(KEY, [Pair(1, 7, 10)])
    ledger.leave(KEY, [1])
    ledger.record(FolderKey(KEY.source, 11, "INBOX.Elsewhere", 5), [Pair(1, 7, 10)])
    ledger.record(FolderKey("Sent", 3, "INBOX.Sent", 4), [Pair(1, 7, 10)])
    places = reopen().places()
    assert places[KEY.source] == Place("INBOX.Elsewhere", None, frozenset({KEY.destination}))
    assert places["Sent"] == Place("INBOX.Sent")


def test_when_a_message_was_copied_is_known(reopen: Reopen) -> None:
    """By the moment at which it was settled; open and forgotten ones were not copied."""
    ledger = reopen()
    first = ledger.intend(KEY, Intent((1, 2), uidnext=7))
    ledger.intend(KEY, Intent((3,), uidnext=9))
    ledger.settle(KEY, first, [Pair(1, 7, 10), Pair(2, 8, 10)])
    ledger.record(KEY, [Pair(4, 11, 10)])
    ledger.forget(KEY, [2])
    ledger.leave(KEY, [1])
    now = datetime.now(UTC)
    assert set(reopen().settled_before(KEY, now + timedelta(seconds=2))) == {1, 4}
    assert not reopen().settled_before(KEY, now - timedelta(seconds=60))


def test_stamps_are_kept_by_message(reopen: Reopen) -> None:
    """And outlive the process; a later one counts; a pair that is forgotten takes its along."""
    stamps = {7: Stamp(1, 2, 3), 9: Stamp(HIGHEST, HIGHEST, HIGHEST), 3: Stamp()}
    reopen().stamp(KEY, stamps)
    reopen().stamp(KEY, {7: Stamp(4, 5, 6)})
    assert dict(reopen().load(KEY).stamps) == stamps | {7: Stamp(4, 5, 6)}
    reopen().forget(KEY, [9])
    assert dict(reopen().load(KEY).stamps) == {7: Stamp(4, 5, 6), 3: Stamp()}


def test_what_a_proof_found_is_kept(reopen: Reopen) -> None:
    """Until a later one says that nothing is wrong, or the copy is forgotten."""
    altered, unread = Judgement(Code.ALTERED, "line ends"), Judgement(Code.UNREADABLE, "né \udc80")
    reopen().judge(KEY, {1: altered, 2: unread, 3: altered})
    reopen().judge(KEY, {1: None})
    assert dict(reopen().load(KEY).judgements) == {2: unread, 3: altered}
    reopen().forget(KEY, [3])
    assert dict(reopen().load(KEY).judgements) == {2: unread}


def test_a_copy_may_have_another_date_too(reopen: Reopen) -> None:
    """Beside what is wrong with its content; both are told."""
    both = Judgement(Code.ALTERED, "line ends", redated=True)
    reopen().judge(KEY, {1: both})
    assert dict(reopen().load(KEY).judgements) == {1: both}
    assert both.faults == ((Code.ALTERED, "line ends"), (Code.DATE_ALTERED, ""))


def test_what_was_found_under_another_key_is_told(reopen: Reopen) -> None:
    """Of the same source folder or the same destination folder, but not of this key itself, nor of
    folders with which nothing was wrong."""
    altered = Judgement(Code.ALTERED, "line ends")
    older, other = replace(KEY, source_uidvalidity=10), replace(KEY, destination="INBOX.Other")
    ledger = reopen()
    ledger.judge(KEY, {1: Judgement(Code.UNREADABLE)})
    ledger.record(older, [Pair(5, 6, 70)])
    ledger.judge(older, {5: altered})
    ledger.judge(other, {8: altered})
    ledger.judge(FolderKey("Sent", 1, "INBOX.Sent", 2), {9: altered})
    ledger.record(replace(KEY, source_uidvalidity=12), [Pair(1, 1, 10)])
    found = list(reopen().judged_elsewhere(KEY))
    assert [dict(known.judgements) for known in found] == [{5: altered}, {8: altered}]
    assert found[0].size(5) == 70


def test_refusals_are_kept_until_there_is_a_copy(reopen: Reopen) -> None:
    """With words and limit; a pair ends one, and so does the word that it is over."""
    large, odd = Refusal(Code.TOO_LARGE, "no", 99, 7), Refusal(Code.APPEND_REFUSED, "NUL")
    reopen().refuse(KEY, {1: large, 2: odd, 3: odd})
    reopen().record(KEY, [Pair(2, 5, 10)])
    reopen().refuse(KEY, {3: None})
    assert dict(reopen().load(KEY).refused) == {1: large}


def test_refused_names_are_no_places(reopen: Reopen) -> None:
    """They are told by source folder, with the latest words, and no folder is put there."""
    ledger = reopen()
    ledger.refuse_name("a/{5}", RefusedName("a.{5}", "no"))
    ledger.refuse_name("a/{5}", RefusedName("a._5_", "neither"))
    ledger.refuse_name("a/{5}", RefusedName("a.{5}", "still no"))
    told = {"a/{5}": (RefusedName("a.{5}", "still no"), RefusedName("a._5_", "neither"))}
    assert reopen().refused_names() == told
    assert reopen().places() == {}
