"""What a destination makes of messages is learned once a run, and known to later checks."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from store.engine import Store
from store.finishing import finish_account_run
from store.habits import FEW, KNOWN, Habits, altered, habits, learn
from store.reporting_in import News, tell
from store.tables import AccountRun
from sync.alteration import Alteration
from sync.errors import Code
from sync.report import FolderReport, MailboxReport, MessageNote, Outcome, Verdict
from tests.store.world import account_run, begun

EIGHT_BIT, NUL, ENDS = Alteration.EIGHT_BIT, Alteration.NUL, Alteration.LAST_END
HOST, PORT = "mail.example.test", 993


def note(
    words: str, *, outcome: Outcome = Outcome.COPIED, code: Code = Code.ALTERED
) -> MessageNote:
    return MessageNote("INBOX", 1, outcome, code, words)


def ended(
    store: Store, notes: Sequence[MessageNote], *, copied: int = 100, **columns: object
) -> int:
    """An account run that came to its end with these notes."""
    claim = begun(store, **columns)
    folder = FolderReport("INBOX", "INBOX", found=copied, copied=copied, verified=True)
    with store.write() as session:
        assert tell(session, claim.id, claim.token, News(folders=[folder], notes=notes))
        report = MailboxReport((folder,), Verdict.EXCEPTIONS)
        assert finish_account_run(session, claim.id, claim.token, report)
    return claim.id


def known(store: Store, host: str = HOST, port: int = PORT) -> Habits:
    with store.read() as session:
        return habits(session, host, port)


@pytest.mark.parametrize(
    ("copied", "altered", "first"),
    [
        (KNOWN - 1, {}, 20),
        (KNOWN, {}, FEW),
        (KNOWN, {NUL: 3, EIGHT_BIT: 9}, FEW),
        (KNOWN, {NUL: 3, Alteration.ADDED: 1}, 20),
    ],
)
def test_a_known_server_is_sampled_less(
    copied: int, altered: dict[Alteration, int], first: int
) -> None:
    """Unless it has altered a message that gave no cause for it: then each account's are read as
    at an unknown one. Never more than was asked for."""
    assert Habits(copied, altered).first(20) == first
    assert Habits(copied, altered).first(0) == 0


def test_runs_teach_what_a_server_alters(store: Store) -> None:
    """By kind, of all that was copied there, whoever's it was; a copy that is another message, and
    one that was not read, say nothing of the server."""
    ended(store, [note(f"{EIGHT_BIT}; {ENDS}"), note(EIGHT_BIT)], domain="a.test")
    ended(
        store,
        [note(NUL), note(EIGHT_BIT), note(Alteration.CONTENT), note(Alteration.SIZE)],
        copied=50,
        domain="b.test",
    )
    assert known(store) == Habits(150, {ENDS: 1, NUL: 1, EIGHT_BIT: 3})
    assert known(store, "MAIL.example.test") == known(store)


def test_other_servers_are_not_blamed(store: Store) -> None:
    """Another name, or another port, is another server."""
    ended(store, [note(NUL)])
    assert known(store, "other.example.test") == Habits()
    assert known(store, port=143) == Habits()


def test_a_message_teaches_once(store: Store) -> None:
    """It is named again in each run that finds it there, and other notes are none of this."""
    ended(store, [note(NUL, outcome=Outcome.PRESENT), note(NUL, code=Code.DATE_ALTERED)])
    assert known(store) == Habits(100, {})


def test_a_report_tells_what_was_altered(store: Store) -> None:
    """Of a run, and of one account: those of earlier runs too, which are still there."""
    number = ended(store, [note(NUL), note(EIGHT_BIT, outcome=Outcome.PRESENT)])
    with store.read() as session:
        run_id = session.get_one(AccountRun, number).run_id
        assert altered(session, run_id) == {NUL: 1, EIGHT_BIT: 1}
        assert altered(session, run_id, account_run_id=number + 1) == {}


def test_two_that_end_at_once_are_both_counted(store: Store) -> None:
    """From two threads, twenty times each."""
    number = ended(store, [note(NUL), note(EIGHT_BIT)])

    def again(_: int) -> None:
        with store.write() as session:
            learn(session, number, 100)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(again, range(40)))
    assert known(store) == Habits(4100, {NUL: 41, EIGHT_BIT: 41})


def test_a_line_that_nobody_could_read_is_an_accounts_reason(store: Store) -> None:
    """No folder has an error, and the account has not ended well: it says why."""
    claim = begun(store)
    line = MessageNote("", 0, Outcome.FAILED, Code.UNREAD_ANSWER, "* LIST Lost and found")
    with store.write() as session:
        assert tell(session, claim.id, claim.token, News(notes=[line]))
        report = MailboxReport((), Verdict.NOT_VERIFIED)
        assert finish_account_run(session, claim.id, claim.token, report)
    run = account_run(store, claim.id)
    assert (run.state, run.error, run.error_side) == ("failed", "unread_answer", "source")
    assert run.server_words == "* LIST Lost and found"
    with store.read() as session:
        assert session.scalars(select(AccountRun.verdict)).one() == Verdict.NOT_VERIFIED
