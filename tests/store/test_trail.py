"""How long lines of the audit trail are kept, and what a check says of an exception."""

from __future__ import annotations

from datetime import timedelta

from store import history, trail
from store.engine import Store
from store.history_kinds import REFUSED_SIGN_IN
from store.tables import FindingRow, History, now
from store.trail import OPERATOR, Wanted


def _kinds(store: Store) -> list[str]:
    with store.read() as session:
        return [one.kind for one in trail.lines(session, OPERATOR, Wanted(), limit=100)]


def test_lines_are_kept_unless_the_operator_says_otherwise(store: Store) -> None:
    """But for those that strangers can cause; what was removed is said."""
    with store.write() as session:
        history.refused_sign_in(session, "a@x.test")
        history.record(session, kind="deleted", note="Long ago")
        session.flush()
        session.query(History).update({"at": now() - timedelta(days=100)})
        history.refused_sign_in(session, "b@x.test")
    with store.write() as session:
        assert trail.forget(session, 0) == 1
    assert _kinds(store) == [REFUSED_SIGN_IN, "deleted"]
    with store.write() as session:
        assert trail.forget(session, 101) == 0
        assert trail.forget(session, 99) == 1
    assert _kinds(store) == ["audit forgotten", REFUSED_SIGN_IN]


def test_a_note_is_one_line_of_bounded_length(store: Store) -> None:
    """What people and servers have written breaks no terminal."""
    with store.write() as session:
        history.record(session, kind="noted", note="a\x1b[31m\r\nb\0" + "x" * 9000)
    with store.read() as session:
        note = session.query(History.note).scalar()
    assert note.startswith("a [31m  b x")
    assert len(note) == 4001


def test_of_many_some_are_named() -> None:
    """So that a list of thousands makes no line that nobody can read."""
    assert history.named(f"r{number}" for number in range(3)) == "r0, r1, r2"
    assert history.named(f"r{number}" for number in range(4000)).endswith(", r19 and 3,980 more")


def test_a_certificate_exception_at_work_is_one_line_an_hour(store: Store) -> None:
    """However many rows of a migration have that server."""
    from store.claims import begin_check, claim_checks
    from store.finishing import CheckEnd, finish_check
    from store.states import AccountState
    from tests.store.world import add_migration

    with store.write() as session:
        add_migration(session, accounts=3, state=AccountState.NEW)
    with store.write() as session:
        claims = claim_checks(session, limit_per_server=9, lease_seconds=30)
    for claim in claims:
        with store.write() as session:
            assert begin_check(session, claim.id, claim.token, seconds=30)
            found = [FindingRow(level="warning", code="certificate_exception", words="Of a.test.")]
            assert finish_check(session, claim.id, claim.token, CheckEnd(True, found))
    with store.read() as session:
        (line,) = session.query(History).filter_by(kind="certificate exception")
    assert (line.note, line.times, line.user_email) == ("Of a.test.", 3, "")
    assert line.organization_id is not None
