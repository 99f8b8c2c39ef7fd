"""What is told by mail, when, and that it is written together with what it tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from store import control, finishing, notices
from store.engine import Store
from store.finishing import Reason
from store.reporting_in import begin_account_run
from store.tables import Account, AccountRun, Migration, Notice, NoticeEvent, NoticeMail, User
from sync.errors import Code
from sync.report import FolderReport, MailboxReport, Verdict
from tests.store.world import claim_runs, started

TO = "me@example.com; team@example.com"
FULL = Reason(Code.QUOTA, "Quota exceeded (mailbox for user is full)", "destination")
REFUSED = Reason(Code.LOGIN_REFUSED, "[AUTHENTICATIONFAILED] no", "source")


def told(store: Store) -> list[Notice]:
    with store.read() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def kinds(store: Store) -> list[str]:
    return [notice.kind for notice in told(store)]


def untold(store: Store) -> int:
    with store.read() as session:
        query = select(func.count(NoticeEvent.id)).where(NoticeEvent.notice_id.is_(None))
        return session.scalar(query) or 0


def end(store: Store, *ends: Reason | None) -> None:
    """Claim what may begin; the accounts end in the order of the reasons, None: well."""
    for claim, reason in zip(claim_runs(store), ends, strict=True):
        with store.write() as session:
            assert begin_account_run(session, claim.id, claim.token, seconds=30)
            if reason is not None:
                assert finishing.fail_account_run(session, claim.id, claim.token, reason)
                continue
            folder = FolderReport(
                "INBOX", "INBOX", found=3, copied=3, size_copied=10, verified=True
            )
            report = MailboxReport((folder,), Verdict.VERIFIED)
            assert finishing.finish_account_run(session, claim.id, claim.token, report)


def later(store: Store, **ago: float) -> None:
    """As if everything so far had happened so long ago."""
    past = timedelta(**ago)
    with store.write() as session:
        for table, column in ((NoticeEvent, NoticeEvent.at), (Notice, Notice.created_at)):
            rows: Any = session.execute(select(table.id, column)).all()
            for number, at in rows:
                session.execute(update(table).where(table.id == number).values({column: at - past}))


def gather(store: Store) -> None:
    with store.write() as session:
        notices.gather(session)


def again(store: Store, number: int) -> None:
    """The clock starts the next run."""
    with store.write() as session:
        control.start(session, number, None)


def test_a_run_is_told_at_its_start_and_at_its_end(store: Store) -> None:
    """With its numbers, as they were then; one mail to each address."""
    started(store, accounts=2, notify=TO)
    assert kinds(store) == ["started"]
    end(store, None, None)
    start, finish = told(store)
    assert (start.facts["accounts"], start.facts["run"]) == (2, 1)
    assert finish.kind == "finished"
    totals = finish.facts["totals"]
    assert (totals["found"], totals["copied"], totals["verified"]) == (6, 6, 2)
    assert finish.facts["failures"] == []
    with store.read() as session:
        mails = session.execute(select(NoticeMail.notice_id, NoticeMail.recipient)).all()
    addresses = ("me@example.com", "team@example.com")
    assert sorted(map(tuple, mails)) == [(n.id, to) for n in (start, finish) for to in addresses]


def test_nobody_to_tell_means_nothing_written(store: Store) -> None:
    """Not even what an account needs a person for."""
    started(store, notify="")
    end(store, FULL)
    assert kinds(store) == []
    assert untold(store) == 0


def test_what_is_rolled_back_is_not_told(store: Store) -> None:
    """The notice and the start are one transaction."""
    number = started(store, notify=TO, accounts=1)
    end(store, None)

    def fails() -> None:
        with store.write() as session:
            control.start(session, number, None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert kinds(store) == ["started", "finished"]


def test_failed_accounts_are_named_in_the_mail_about_the_end(store: Store) -> None:
    """The first twenty, how many more there are, and no second mail for those who need a person."""
    started(store, accounts=23, notify=TO)
    end(store, None, *[FULL] * 22)
    _, finish = told(store)
    assert finish.kind == "failed"
    assert len(finish.facts["failures"]) == 20
    assert finish.facts["more"] == 2
    first = finish.facts["failures"][0]
    assert (first["mailbox"], first["code"], first["side"]) == (
        "u2@example.test",
        "quota",
        "destination",
    )
    assert "Quota exceeded" in first["server_words"]
    assert untold(store) == 0
    later(store, minutes=30)
    gather(store)
    assert kinds(store) == ["started", "failed"]


def test_a_full_mailbox_is_told_after_a_minute_and_not_at_the_end(store: Store) -> None:
    """What happens within that minute comes in the same mail."""
    started(store, accounts=3, notify=TO, threads=2)
    end(store, FULL, REFUSED)
    gather(store)
    assert kinds(store) == ["started"]
    later(store, seconds=61)
    gather(store)
    gather(store)
    assert kinds(store) == ["started", "action"]
    facts = told(store)[1].facts
    assert [one["code"] for one in facts["failures"]] == ["quota", "login_refused"]
    assert (facts["accounts"], facts["more"]) == (2, 0)


def test_actions_are_a_quarter_of_an_hour_apart(store: Store) -> None:
    """A second full mailbox waits for its turn, and is not forgotten."""
    started(store, accounts=3, notify=TO, threads=1)
    end(store, FULL)
    later(store, seconds=61)
    gather(store)
    end(store, FULL)
    later(store, minutes=10)
    gather(store)
    assert (kinds(store), untold(store)) == (["started", "action"], 1)
    later(store, minutes=6)
    gather(store)
    assert (kinds(store), untold(store)) == (["started", "action", "action"], 0)


@pytest.mark.parametrize(
    "reason", [Reason(Code.CONNECT_REFUSED), Reason(Code.INTERNAL), Reason("of another version")]
)
def test_what_no_person_can_mend_waits_for_the_end(store: Store, reason: Reason) -> None:
    """A server that is away is in the mail about the end, and in no other."""
    started(store, accounts=2, notify=TO, threads=1)
    end(store, reason)
    assert untold(store) == 0


def test_a_loop_tells_only_news(store: Store) -> None:
    """The first run, then ends that differ from the last; and the same trouble once a day."""
    number = started(store, accounts=2, notify=TO, loop=True)
    end(store, None, FULL)
    again(store, number)
    end(store, None, FULL)
    assert kinds(store) == ["started", "failed"]
    again(store, number)
    end(store, None, None)
    again(store, number)
    end(store, None, None)
    assert kinds(store) == ["started", "failed", "finished"]
    assert untold(store) == 0
    later(store, hours=25)
    again(store, number)
    end(store, FULL, None)
    assert kinds(store)[3:] == ["failed"]


def test_a_run_that_a_person_starts_is_told_also_in_a_loop(store: Store) -> None:
    """Who presses the button wants to know."""
    number = started(store, notify=TO, loop=True)
    end(store, None)
    with store.write() as session:
        user = User(email="rita@example.net", password_hash="", role="reseller")
        session.add(user)
        session.flush()
        control.start(session, number, user)
    end(store, None)
    assert kinds(store) == ["started", "finished"] * 2
    assert told(store)[2].facts["by"] == "rita@example.net"


def test_retried_accounts_end_the_run_anew_and_are_told_anew(store: Store) -> None:
    """The numbers are others."""
    number = started(store, accounts=2, notify=TO)
    end(store, None, FULL)
    with store.write() as session:
        control.retry_failed(session, number, None)
    end(store, None)
    assert kinds(store) == ["started", "failed", "finished"]


def test_notices_go_with_their_migration(store: Store) -> None:
    """And an account that is removed takes along what is not told of it."""
    number = started(store, accounts=2, notify=TO, threads=1)
    end(store, FULL)
    with store.write() as session:
        session.delete(session.scalars(select(AccountRun)).first())
        session.flush()
        session.delete(session.scalars(select(Account)).first())
    assert untold(store) == 0
    with store.write() as session:
        session.delete(session.get_one(Migration, number))
    with store.read() as session:
        assert session.scalar(select(func.count(NoticeMail.id))) == 0


def test_an_address_that_stands_twice_gets_one_mail(store: Store) -> None:
    """And blanks or a last semicolon are no address."""
    started(store, notify=" a@example.com;b@example.com ;a@example.com; ;")
    with store.read() as session:
        mails = session.scalars(select(NoticeMail.recipient).order_by(NoticeMail.id)).all()
    assert mails == ["a@example.com", "b@example.com"]


def test_the_list_is_the_newest_first(store: Store) -> None:
    """Cut to what a page shows, with the number of all."""
    number = started(store, accounts=1, notify=TO)
    end(store, None)
    with store.read() as session:
        mails, total = notices.listed(session, number, limit=3)
        shown = [(mail.notice.kind, mail.recipient) for mail in mails]
    assert total == 4
    assert shown == [
        ("finished", "me@example.com"),
        ("finished", "team@example.com"),
        ("started", "me@example.com"),
    ]
