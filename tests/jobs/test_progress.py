"""What the heart tells and asks, through SQL."""

from __future__ import annotations

import threading

from sqlalchemy import event

from jobs.progress import StoreProgress, StoreStop
from jobs.services import Services
from store import account_moves, control
from store.account_moves import Move
from store.engine import Store
from store.tables import AccountRun
from sync.errors import Code, StopReason
from sync.report import FolderReport, MessageNote, Outcome
from tests.store.world import account_run, begun

FOLDER = FolderReport("INBOX", "INBOX", found=3, copied=2, skipped=1, size_copied=9, created=True)


def writes(store: Store) -> list[str]:
    """The UPDATEs that this store makes from now on."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:  # type: ignore[no-untyped-def]
        if statement.startswith("UPDATE"):
            seen.append(statement)

    event.listen(store._writer, "before_cursor_execute", note)
    return seen


def test_many_messages_are_few_writes(services: Services) -> None:
    """10,000 outcomes within a second are one write, and the last word is another."""
    claim = begun(services.store)
    progress = StoreProgress(services.store, claim.id, claim.token, interval=60)
    seen = writes(services.store)
    progress.planned(10_000, 70_000)
    for _ in range(10_000):
        progress.moved(Outcome.COPIED, 1, 7)
    assert len(seen) == 1
    progress.flush()
    assert len(seen) == 2
    run = account_run(services.store, claim.id)
    assert (run.planned, run.copied, run.found, run.size_copied) == (10_000, 10_000, 10_000, 70_000)


def test_the_last_word_is_the_sum_of_the_folders(services: Services) -> None:
    """Whatever was counted on the way."""
    claim = begun(services.store)
    progress = StoreProgress(services.store, claim.id, claim.token)
    progress.moved(Outcome.COPIED, 5, 50)
    progress.folder("INBOX", "INBOX")
    progress.note(MessageNote("INBOX", 7, Outcome.SKIPPED, Code.TOO_LARGE))
    progress.folder_done(FOLDER)
    progress.finish()
    with services.store.read() as session:
        run = session.get_one(AccountRun, claim.id)
        assert (run.found, run.copied, run.skipped, run.folders_created) == (3, 2, 1, 1)
        assert [folder.source for folder in run.folders] == ["INBOX"]
        assert [note.uid for note in run.notes] == [7]


def test_getting_on_begins_the_attempts_anew(services: Services) -> None:
    """Five attempts are for an account that does not move at all."""
    claim = begun(services.store)
    with services.store.write() as session:
        session.get_one(AccountRun, claim.id).attempts = 4
    progress = StoreProgress(services.store, claim.id, claim.token)
    progress.planned(1, 1)
    assert not progress.got_on
    progress.moved(Outcome.COPIED, 1, 1)
    progress.flush()
    assert progress.got_on
    assert account_run(services.store, claim.id).attempts == 1


def test_a_fenced_worker_tells_nothing(services: Services) -> None:
    """And does not stumble over it."""
    claim = begun(services.store)
    progress = StoreProgress(services.store, claim.id, claim.token - 1)
    progress.moved(Outcome.COPIED, 5, 50)
    progress.folder_done(FOLDER)
    progress.finish()
    assert account_run(services.store, claim.id).copied == 0


def test_a_stop_hears_what_a_person_does(services: Services) -> None:
    """Pause, resume, stop; and that the work is somebody else's."""
    claim = begun(services.store)
    stop = StoreStop(services.store, claim.id, claim.token, interval=0)
    other = StoreStop(services.store, claim.id, claim.token - 1, interval=0)
    with services.store.read() as session:
        migration_id = session.get_one(AccountRun, claim.id).run.migration_id
    heard = [stop.reason()]
    for act in (control.pause, control.resume, control.stop):
        with services.store.write() as session:
            act(session, migration_id, None)
        heard.append(stop.reason())
    assert heard == [None, StopReason.PAUSE, None, StopReason.STOP]
    assert other.reason() == StopReason.FENCED


def test_a_stop_hears_what_is_wanted_of_one_account_alone(services: Services) -> None:
    """Pause, on again, stop, while the run itself goes on."""
    claim = begun(services.store)
    stop = StoreStop(services.store, claim.id, claim.token, interval=0)
    one = account_run(services.store, claim.id)
    with services.store.read() as session:
        migration_id = session.get_one(AccountRun, claim.id).run.migration_id
    heard = []
    for move in (Move.PAUSE, Move.RESUME, Move.STOP):
        with services.store.write() as session:
            account_moves.make(session, migration_id, one.account_id, move, user=None)
        heard.append(stop.reason())
    assert heard == [StopReason.PAUSE, None, StopReason.STOP]


def test_a_stop_asks_twice_a_second_at_most(services: Services) -> None:
    """Between times it gives its last answer."""
    claim = begun(services.store)
    stop = StoreStop(services.store, claim.id, claim.token, interval=60)
    assert stop.reason() is None
    with services.store.write() as session:
        migration_id = session.get_one(AccountRun, claim.id).run.migration_id
        control.stop(session, migration_id, None)
    assert stop.reason() is None


def test_a_worker_that_is_to_end_leaves_its_work(services: Services) -> None:
    """Without asking anybody."""
    claim = begun(services.store)
    leaving = threading.Event()
    stop = StoreStop(services.store, claim.id, claim.token, leaving=leaving, interval=60)
    assert stop.reason() is None
    leaving.set()
    assert stop.reason() == StopReason.PAUSE
