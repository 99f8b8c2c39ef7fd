"""The ledger in a file: shared by mailboxes, locked, small, and whole after a kill."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.errors import Code
from sync.file_ledger import ROWS_OF_A_FOLDER, FileLedger, LedgerUnusable
from sync.file_lock import LedgerInUse
from sync.intent import FolderKey, Intent, Judgement, Known, Pair, Refusal, Stamp
from sync.ledger_rows import DAY

KEY = FolderKey("Entwürfe", 11, "INBOX.Drafts", 22)
ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from sync.file_ledger import FileLedger
from sync.intent import FolderKey, Intent, Pair
ledger = FileLedger(Path(sys.argv[1]), sys.argv[2])
key = FolderKey("Entwürfe", 11, "INBOX.Drafts", 22)
ledger.settle(key, ledger.intend(key, Intent((1,), 7)), [Pair(1, 7, 10)])
ledger.intend(key, Intent((2,), 8))
print("here", flush=True)
time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the mailbox 'a' open, with one message sent and one under way."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), "a"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "here\n"
        yield other
        other.kill()


def batches(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT count(*) FROM batch").fetchone()[0])


def send(ledger: FileLedger, first: int, number: int) -> None:
    pairs = [Pair(uid, uid + 100, 10_000) for uid in range(first, first + number)]
    intent = ledger.intend(KEY, Intent(tuple(pair.source_uid for pair in pairs), first + 100))
    ledger.settle(KEY, intent, pairs)


def test_a_second_process_is_refused(path: Path, holder: subprocess.Popen[str]) -> None:
    """On the same file and mailbox, with words that say why; another mailbox is welcome."""
    with pytest.raises(LedgerInUse, match="another process is working on this mailbox"):
        FileLedger(path, "a")
    with closing(FileLedger(path, "b")) as other:
        other.record(KEY, [Pair(5, 6, 7)])
        assert other.load(KEY) == Known({5: 6}, {}, ())


def test_a_kill_frees_the_mailbox_and_loses_nothing(
    path: Path, holder: subprocess.Popen[str]
) -> None:
    """What was settled is known as sent by this run, and what was open is still open."""
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with closing(FileLedger(path, "a")) as ledger:
        known = ledger.load(KEY)
    assert known.sent == {1: Pair(1, 7, 10)}
    assert [intent.uids for intent in known.intents] == [(2,)]


def test_two_in_one_process_are_refused_too(path: Path) -> None:
    """And the refusal leaves the first one its lock."""
    with closing(FileLedger(path, "a")) as first:
        for _ in range(2):
            with pytest.raises(LedgerInUse):
                FileLedger(path, "a")
        first.record(KEY, [Pair(1, 7, 10)])
    FileLedger(path, "a").close()


def test_an_ended_run_is_history(path: Path) -> None:
    """Its messages stay known, and are not the next run's work; one cut off is gone on with."""
    with closing(FileLedger(path, "a")) as first:
        send(first, 1, 2)
    with closing(FileLedger(path, "a")) as resumed:
        assert set(resumed.load(KEY).sent) == {1, 2}
        resumed.end_run()
    with closing(FileLedger(path, "a")) as later:
        assert later.load(KEY) == Known({1: 101, 2: 102}, {}, ())


def test_mailboxes_share_a_file_and_nothing_else(path: Path) -> None:
    """Neither pairs nor the places of folders."""
    with closing(FileLedger(path, "a")) as one, closing(FileLedger(path, "b")) as two:
        send(one, 1, 2)
        assert two.load(KEY) == Known()
        assert two.places() == {}


def test_many_rows_become_one(path: Path) -> None:
    """When the run ends; what is known stays the same."""
    with closing(FileLedger(path, "a")) as ledger:
        for first in range(1, 2 * ROWS_OF_A_FOLDER):
            send(ledger, first, 1)
        ledger.forget(KEY, [3])
        before = dict(ledger.load(KEY).pairs)
        ledger.end_run()
    assert batches(path) == 1
    with closing(FileLedger(path, "a")) as later:
        assert later.load(KEY) == Known(before, {}, ())
    assert 3 not in before


def test_days_are_not_folded_into_one(path: Path) -> None:
    """How long ago a message was copied, and what has left the source, stay known."""
    now = 1_700_000_000.0
    with closing(FileLedger(path, "a", lambda: now)) as ledger:
        for number in range(2 * ROWS_OF_A_FOLDER):
            now += DAY / 8
            send(ledger, number + 1, 1)
        ledger.forget(KEY, [3])
        ledger.leave(KEY, [1, 2])
        half = datetime.fromtimestamp(now - 4 * DAY, UTC)
        before, old = ledger.load(KEY), set(ledger.settled_before(KEY, half))
        ledger.end_run()
        assert batches(path) == 9, "eight days, and what has left"
        after, still_old = ledger.load(KEY), set(ledger.settled_before(KEY, half))
    assert after.pairs == before.pairs
    assert set(after.left) == {1, 2}
    assert not still_old - old
    assert len(old - still_old) < 8, "those of the day that was half over"


def test_marks_outlast_the_folding(path: Path) -> None:
    """Many rows of marks become one, in which the later of two counts."""
    with closing(FileLedger(path, "a")) as ledger:
        send(ledger, 1, 3)
        for number in range(2 * ROWS_OF_A_FOLDER):
            ledger.mark(KEY, [(number, b"a" * 16), (7, b"%016d" % number)])
        before, pairs = dict(ledger.marks(KEY)), ledger.load(KEY).pairs
        ledger.end_run()
        assert batches(path) == 2
        assert dict(ledger.marks(KEY)) == before
        assert before[7] == b"%016d" % (2 * ROWS_OF_A_FOLDER - 1)
        assert ledger.load(KEY).pairs == pairs


def test_remarks_outlast_the_folding(path: Path) -> None:
    """Stamps, judgements and refusals, the latest of each, without those of forgotten copies."""
    with closing(FileLedger(path, "a")) as ledger:
        for first in range(1, 2 * ROWS_OF_A_FOLDER):
            send(ledger, first, 1)
            ledger.stamp(KEY, {first: Stamp(first, 2, 3)})
            ledger.judge(KEY, {first: Judgement(Code.ALTERED, str(first)), 1: None})
            ledger.refuse(KEY, {500 + first: Refusal(Code.TOO_LARGE)})
        ledger.forget(KEY, [2])
        before = ledger.load(KEY)
        ledger.end_run()
        after = ledger.load(KEY)
        assert batches(path) == 4
        assert dict(after.stamps) == dict(before.stamps)
        assert 2 not in after.stamps
        assert len(after.stamps) == 2 * ROWS_OF_A_FOLDER - 2
        assert after.judgements == before.judgements
        assert 1 not in after.judgements
        assert after.refused == before.refused
        assert len(after.refused) == 2 * ROWS_OF_A_FOLDER - 1


def test_a_ledger_of_version_two_is_read_and_raised(path: Path) -> None:
    """It has the same tables; a program of that version refuses it from then on."""
    with closing(FileLedger(path, "a")) as ledger:
        send(ledger, 1, 2)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 2")
    with closing(FileLedger(path, "a")) as ledger:
        assert set(ledger.load(KEY).sent) == {1, 2}
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == 3


def test_a_ledger_of_the_first_version_is_read(path: Path) -> None:
    """What it knows counts as copied when it is first opened."""
    with closing(FileLedger(path, "a")) as ledger:
        send(ledger, 1, 2)
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE batch DROP COLUMN at")
        db.execute("PRAGMA user_version = 1")
    with closing(FileLedger(path, "a")) as ledger:
        assert set(ledger.load(KEY).sent) == {1, 2}
        send(ledger, 3, 1)
        now = datetime.now(UTC)
        assert not ledger.settled_before(KEY, now - timedelta(seconds=60))
        assert set(ledger.settled_before(KEY, now + timedelta(seconds=2))) == {1, 2, 3}


def test_an_open_intent_is_never_folded_away(path: Path) -> None:
    """A folder with one keeps its rows."""
    with closing(FileLedger(path, "a")) as ledger:
        for first in range(1, 2 * ROWS_OF_A_FOLDER):
            send(ledger, first, 1)
        number = ledger.intend(KEY, Intent((900,), 901))
        ledger.end_run()
        assert ledger.load(KEY).intents == (Intent((900,), 901, number),)
        assert batches(path) == 2 * ROWS_OF_A_FOLDER


def test_a_message_costs_little(path: Path) -> None:
    """20,000 messages in batches of 200, with stamps: under 100 bytes each on disk, before and
    after the rows are folded."""
    with closing(FileLedger(path, "a")) as ledger:
        for first in range(1, 20_001, 200):
            send(ledger, first, 200)
            ledger.stamp(KEY, {uid: Stamp(uid, uid, uid) for uid in range(first, first + 200)})
    assert path.stat().st_size / 20_000 < 100
    with closing(FileLedger(path, "a")) as ledger:
        ledger.end_run()
        assert len(ledger.load(KEY).pairs) == 20_000
    assert path.stat().st_size / 20_000 < 100


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"other"])
def test_what_is_no_ledger_is_left_alone(path: Path, content: bytes) -> None:
    """A file that is something else is named, and not changed."""
    if content == b"other":
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE mine (x)")
        content = path.read_bytes()
    else:
        path.write_bytes(content)
    with pytest.raises(LedgerUnusable, match=r"state: .*(not a database|not a ledger)"):
        FileLedger(path, "a")
    assert path.read_bytes() == content


def test_a_ledger_of_a_later_version_is_refused(path: Path) -> None:
    """Rather than misread."""
    FileLedger(path, "a").close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(LedgerUnusable, match="version 99"):
        FileLedger(path, "a")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A directory that is missing."""
    with pytest.raises(LedgerUnusable, match="missing"):
        FileLedger(tmp_path / "missing" / "state", "a")


def test_the_file_is_nobody_elses_business(path: Path) -> None:
    """It names logins and folders."""
    FileLedger(path, "a").close()
    assert path.stat().st_mode & 0o077 == 0
