"""What a worker tells while it runs, and how its account run ends."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from store import folder_lists, reports
from store.engine import Store
from store.finishing import Reason, finish_account_run, retry_account_run
from store.reporting_in import News, begin_account_run, tell
from store.states import AccountRunState, MigrationState, Phase
from store.tables import AccountRun, FolderRow, NoteRow
from store.wishes import wanted
from sync.errors import Code
from sync.model import Folder, FolderList, FolderStatus, Namespace
from sync.report import (
    FolderReport,
    MailboxReport,
    MessageNote,
    Omission,
    Omitted,
    Outcome,
    Verdict,
)
from tests.store.world import account_run, begun, claim_runs

FOLDER = FolderReport("INBOX", "INBOX", found=3, copied=2, skipped=1, size_copied=9, verified=True)
NOTE = MessageNote("INBOX", 7, Outcome.SKIPPED, Code.TOO_LARGE, "too big", "Re: x", "d" * 200, 5)


def report(verdict: Verdict, **fields: object) -> MailboxReport:
    return MailboxReport((FolderReport("INBOX", "INBOX", **fields),), verdict)  # type: ignore[arg-type]


def test_news_is_written_field_for_field(store: Store) -> None:
    """Folders and notes as the heart gave them; a header's date may be of any length."""
    claim = begun(store)
    with store.write() as session:
        news = News({"copied": 2, "phase": Phase.COPYING}, [FOLDER], [NOTE])
        assert tell(session, claim.id, claim.token, news)
    with store.read() as session:
        run = session.get_one(AccountRun, claim.id)
        assert (run.copied, run.phase) == (2, "copying")
        assert (run.folders[0].found, run.folders[0].size_copied, run.folders[0].error) == (
            3,
            9,
            "",
        )
        assert (run.notes[0].code, run.notes[0].uid, len(run.notes[0].date)) == ("too_large", 7, 64)


def test_an_old_token_tells_nothing(store: Store) -> None:
    """Neither counters nor rows; and it learns that it is fenced off."""
    claim = begun(store)
    with store.write() as session:
        assert not tell(session, claim.id, claim.token - 1, News({"copied": 2}, [FOLDER], [NOTE]))
        assert wanted(session, claim.id, claim.token - 1) is None
        assert wanted(session, claim.id, claim.token) == MigrationState.RUNNING
    with store.read() as session:
        assert session.scalars(select(FolderRow)).all() == []
        assert session.scalars(select(NoteRow)).all() == []


def test_a_claim_is_begun_once(store: Store) -> None:
    """A Redis that was put back to an earlier state calls a second worker for it."""
    claim = begun(store)
    with store.write() as session:
        tell(session, claim.id, claim.token, News({"copied": 2}))
        assert not begin_account_run(session, claim.id, claim.token, seconds=30)
    assert (account_run(store, claim.id).copied, account_run(store, claim.id).attempts) == (2, 1)


def test_a_new_attempt_replaces_what_the_earlier_one_told(store: Store) -> None:
    """Numbers are never doubled, and do not fall while the new attempt comes as far."""
    claim = begun(store)
    with store.write() as session:
        tell(session, claim.id, claim.token, News({"copied": 2, "found": 3}, [FOLDER], [NOTE]))
        lost = Reason("connection_lost", "bye", "source")
        assert retry_account_run(session, claim.id, claim.token, lost, seconds=0)
    assert account_run(store, claim.id).error == "connection_lost"
    (again,) = claim_runs(store)
    with store.write() as session:
        assert begin_account_run(session, again.id, again.token, seconds=30)
    with store.read() as session:
        run = session.get_one(AccountRun, claim.id)
        assert (run.found, run.copied, run.notes, run.error, run.attempts) == (3, 2, [], "", 2)
        assert len(run.folders) == 1
    for found, copied, shown in ((1, 1, (3, 2)), (3, 3, (3, 3)), (4, 3, (4, 3))):
        news = News({"found": found, "copied": copied}, [FOLDER], [])
        with store.write() as session:
            tell(session, again.id, again.token, news)
        with store.read() as session:
            run = session.get_one(AccountRun, claim.id)
            assert (run.found, run.copied) == shown
            assert len(run.folders) == 1


@pytest.mark.parametrize(
    ("ended", "state"),
    [
        (report(Verdict.VERIFIED, found=1, copied=1), AccountRunState.COMPLETE),
        (report(Verdict.VERIFIED, found=1, skipped=1), AccountRunState.COMPLETE),
        (MailboxReport((FOLDER,), Verdict.DRY_RUN, exceptions=1), AccountRunState.SKIPS),
        (report(Verdict.EXCEPTIONS, found=1, failed=1), AccountRunState.SKIPS),
        (report(Verdict.NOT_VERIFIED, found=1, copied=1), AccountRunState.FAILED),
        (report(Verdict.VERIFIED, error=Code.FOLDER_REFUSED), AccountRunState.FAILED),
        (report(Verdict.DRY_RUN, found=1, copied=1), AccountRunState.COMPLETE),
        (MailboxReport((), Verdict.VERIFIED), AccountRunState.COMPLETE),
    ],
)
def test_the_report_decides_how_it_ended(
    store: Store, ended: MailboxReport, state: AccountRunState
) -> None:
    """Green means verified; an exception that has a name is no failure of the account."""
    claim = begun(store)
    with store.write() as session:
        assert finish_account_run(session, claim.id, claim.token, ended)
        assert not finish_account_run(session, claim.id, claim.token, ended)
    run = account_run(store, claim.id)
    assert (run.state, run.phase, run.verdict) == (state, Phase.DONE, ended.verdict)
    assert run.completed_at is not None
    assert run.found == ended.total("found")


def test_a_retry_waits_and_keeps_its_attempts(store: Store) -> None:
    """The reason is shown while it waits."""
    claim = begun(store)
    with store.write() as session:
        assert retry_account_run(
            session, claim.id, claim.token, Reason("throttled", "slow"), seconds=60
        )
    run = account_run(store, claim.id)
    assert (run.state, run.attempts, run.error) == (AccountRunState.PENDING, 1, "throttled")
    assert claim_runs(store) == []


def test_folders_that_were_not_looked_at_are_kept(store: Store) -> None:
    """Those that somebody chose to leave out, and those that somebody named and nobody has."""
    claim = begun(store)
    done = MailboxReport((FOLDER,), Verdict.EXCEPTIONS, ("Spam",), ("Fool",), exceptions=1)
    with store.write() as session:
        assert finish_account_run(session, claim.id, claim.token, done)
    with store.read() as session:
        run = session.get_one(AccountRun, claim.id)
        assert run.left_out == ["Spam", "Fool (the source has no such folder)"]
        assert run.omitted is None, "this report does not say why"


def test_why_folders_were_not_looked_at_is_kept(store: Store) -> None:
    """With the number of messages; what the run could not count, the account's check has."""
    claim = begun(store)
    told = [("Spam", Omission.EXCLUDED, 7), ("Junk", Omission.EXCLUDED, None)]
    omitted = (*(Omitted(*one) for one in told), Omitted("Their/Box", Omission.FOREIGN))
    names = tuple(one.name for one in omitted)
    done = MailboxReport((FOLDER,), Verdict.VERIFIED, names, omitted=omitted)
    seen = FolderList(Namespace(), (Folder("Junk"),), {"Junk": FolderStatus(1, 1, 9)})
    with store.write() as session:
        account_id = session.get_one(AccountRun, claim.id).account_id
        folder_lists.keep(session, account_id, seen, None)
        assert finish_account_run(session, claim.id, claim.token, done)
    with store.read() as session:
        kept = session.get_one(AccountRun, claim.id).omitted or []
        totals = reports.totals(session, session.get_one(AccountRun, claim.id).run_id)
    assert [(one["name"], one["reason"], one["messages"]) for one in kept] == [
        ("Spam", "excluded", 7),
        ("Junk", "excluded", 9),
        ("Their/Box", "other users", None),
    ]
    assert (totals.left_out, totals.left_out_messages) == (3, 16)
