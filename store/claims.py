"""Who may work on what: claims with a lease and a fencing number, taken in one transaction.

    free place    → the next account by position is claimed, with a higher number

A claim holds until the clock finds that its heartbeat stands still (store.expiry). The limits
(accounts at a time of a migration, connections to a source server) are counted here from living
claims, so they hold on all machines and die with the lease. `limit_per_server` holds where the
operator has stored no other (store.limits).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import CursorResult, Select, exists, func, select, text, update
from sqlalchemy.orm import Session, aliased

from store.beats import beat, check_beat, is_due
from store.brake import DEFAULT_BUDGET, open_to, shut, source_host
from store.check_places import CheckPlaces
from store.completion import complete_runs
from store.ledger import owned
from store.limits import Limits, limits
from store.pace import LONGEST_CHECK_PAUSE, paced
from store.states import AccountRunState, AccountState, MigrationState, Phase, move
from store.tables import Account, AccountRun, Migration, Run, now

_CLAIM_LOCK = 7_260_302


@dataclass(frozen=True, slots=True)
class Claimed:
    """`beside`: a check in the place of a worker that copies, too."""

    id: int
    token: int
    beside: bool = False


def claim_checks(
    session: Session,
    *,
    limit_per_server: int,
    lease_seconds: int,
    capacity: int = 1000,
    beside: int = 0,
    refused_logins: int = DEFAULT_BUDGET,
) -> list[Claimed]:
    """Claim accounts to check while there are places: `capacity` at workers that only check, and
    `beside` them at workers that copy, too.

    The organization that holds the fewest places is next, and its migrations take turns: one
    mended row does not wait behind another's ten thousand, nor behind a server that never ends
    its answers (store.check_places)."""
    _lock(session)
    busy, allowed = busy_hosts(session), paced(session, limits(session, limit_per_server))
    passable = open_to(shut(session, refused_logins))
    places = CheckPlaces.of(_places_held(session), apart=capacity, beside=beside)
    waiting = (
        select(Account.migration_id, Migration.organization_id)
        .join(Migration, Migration.id == Account.migration_id)
        .where(Account.state == AccountState.NEW, Migration.destination_id.is_not(None), _due())
        .distinct()
    )

    def claim_next(migration_id: int, organization: int) -> Claimed | None:
        closed = {*_full(busy, allowed), *places.closed_hosts(organization)}
        query = _host_of(select(Account.id)).where(
            Account.migration_id == migration_id,
            Account.state == AccountState.NEW,
            _due(),
            passable,
        )
        ordered = _next(query, sorted(closed)).order_by(Account.position, Account.id)
        row = session.execute(ordered).first()
        if row is None:
            return None
        busy[row.host] += 1
        taken = places.take(organization, row.host)
        values = {"state": AccountState.CHECKING, **check_beat(lease_seconds)}
        raised = update(Account).where(Account.id == row.id)
        token = Account.check_token + 1
        raised = raised.values(check_token=token, check_beside=taken, **values)
        number = session.execute(raised.returning(Account.check_token)).scalar_one()
        return Claimed(row.id, number, taken)

    return _fairly([(row[0], row[1]) for row in session.execute(waiting)], claim_next, places)


def checks_beside(session: Session) -> int:
    """How many places of workers that copy are held by checks now."""
    return _count(session, select(Account.id).where(_checking(), Account.check_beside))


def living_runs(session: Session) -> int:
    return _count(session, select(AccountRun.id).where(_live()))


def claim_account_runs(
    session: Session,
    *,
    limit_per_server: int,
    lease_seconds: int,
    capacity: int = 1000,
    refused_logins: int = DEFAULT_BUDGET,
) -> list[Claimed]:
    """End the runs that are done, then claim what may begin."""
    _lock(session)
    complete_runs(session)
    hosts, allowed = busy_hosts(session), paced(session, limits(session, limit_per_server))
    passable = open_to(shut(session, refused_logins))
    free = capacity - _count(session, select(AccountRun.id).where(_live()))

    def claim_next(run_id: int) -> Claimed | None:
        if not _has_room(session, run_id):
            return None
        full = _full(hosts, allowed)
        runnable = _next(_runnable(run_id).where(passable), full)
        row = session.execute(runnable.order_by(AccountRun.id)).first()
        if row is None:
            return None
        hosts[row.host] += 1
        values: dict[str, Any] = {
            "state": AccountRunState.RUNNING,
            "not_before": None,
            "pause_seconds": 0,
        }
        # Not begun yet (store.reporting_in.begin_account_run).
        values |= {"phase": Phase.WAITING, **beat(AccountRun, lease_seconds)}
        raised = update(AccountRun).where(AccountRun.id == row.id)
        token = AccountRun.token + 1
        return Claimed(
            row.id,
            session.execute(
                raised.values(token=token, **values).returning(AccountRun.token)
            ).scalar_one(),
        )

    return _in_turn(_runs_with_work(session), claim_next, free)


def extend_lease(session: Session, account_run_id: int, token: int, *, seconds: int) -> bool:
    """False: the account run is not ours any more, and nothing may be written for it."""
    query = update(AccountRun).where(owned(account_run_id, token))
    return _changed(session.execute(query.values(**beat(AccountRun, seconds))))


def extend_check(session: Session, account_id: int, token: int, *, seconds: int) -> bool:
    query = update(Account).where(owned_check(account_id, token))
    return _changed(session.execute(query.values(**check_beat(seconds))))


def begin_check(session: Session, account_id: int, token: int, *, seconds: int) -> bool:
    """The claim was taken up by a worker. False: it is over, there is nothing to do."""
    query = update(Account).where(owned_check(account_id, token))
    values = {**check_beat(seconds), "check_attempts": Account.check_attempts + 1}
    return _changed(session.execute(query.values(check_started_at=now(), **values)))


def give_back_check(session: Session, account_id: int, token: int) -> bool:
    """Its worker was asked to end: the check is made again, and this was no attempt."""
    state = move(AccountState.CHECKING, AccountState.NEW)
    values = {"check_lease": None, "check_attempts": Account.check_attempts - 1}
    query = update(Account).where(owned_check(account_id, token))
    return _changed(session.execute(query.values(state=state, **values)))


def owned_check(account_id: int, token: int) -> Any:
    return (Account.id == account_id) & (Account.check_token == token) & _checking()


def _fairly(
    waiting: list[tuple[int, int]],
    claim_next: Callable[[int, int], Claimed | None],
    places: CheckPlaces,
) -> list[Claimed]:
    """`waiting` are migrations, each with its organization."""
    claimed: list[Claimed] = []
    turns: Counter[int] = Counter()
    waiting = [one for one in waiting if places.open_to(one[1])]
    while waiting:
        waiting.sort(key=lambda one: (places.held_by(one[1]), turns[one[0]], one[0]))
        migration_id, organization = waiting[0]
        one = claim_next(migration_id, organization)
        if one is None:
            del waiting[0]
            continue
        claimed.append(one)
        turns[migration_id] += 1
        waiting = [one for one in waiting if places.open_to(one[1])]
    return claimed


def _places_held(session: Session) -> list[tuple[int, str, bool]]:
    """Organization, server and kind of place of each check that lives."""
    more = (Migration.organization_id, Account.check_beside)
    query = _host_of(select(Account.id).add_columns(*more))
    rows = session.execute(query.where(_checking()))
    return [(row.organization_id, row.host, row.check_beside) for row in rows]


def _in_turn(
    ids: list[int], claim_next: Callable[[int], Claimed | None], free: int
) -> list[Claimed]:
    claimed: list[Claimed] = []
    while ids and len(claimed) < free:
        left: list[int] = []
        for number in ids:
            one = claim_next(number) if len(claimed) < free else None
            if one is not None:
                claimed.append(one)
                left.append(number)
        ids = left
    return claimed


def _lock(session: Session) -> None:
    """One claimer at a time. SQLite's write lock is that already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CLAIM_LOCK})


def _runs_with_work(session: Session) -> list[int]:
    pending = exists().where(
        AccountRun.run_id == Run.id, AccountRun.state == AccountRunState.PENDING
    )
    query = select(Run.id).where(Run.state == MigrationState.RUNNING, pending)
    return list(session.scalars(query.order_by(Run.id)))


def _has_room(session: Session, run_id: int) -> bool:
    migration = select(Run.migration_id).where(Run.id == run_id).scalar_subquery()
    threads = session.scalar(select(Migration.threads).where(Migration.id == migration))
    live = (
        select(AccountRun.id)
        .join(Run, Run.id == AccountRun.run_id)
        .where(Run.migration_id == migration, _live())
    )
    return _count(session, live) < max(1, threads or 1)


def _runnable(run_id: int) -> Select[Any]:
    """Pending, due, checked, and no other account run writes to the same mailbox now."""
    other, its_account, its_migration = aliased(AccountRun), aliased(Account), aliased(Migration)
    same_mailbox = (
        select(other.id)
        .join(its_account, its_account.id == other.account_id)
        .join(its_migration, its_migration.id == its_account.migration_id)
        .where(other.state == AccountRunState.RUNNING)
        .where(func.lower(its_account.mailbox) == func.lower(Account.mailbox))
        .where(its_migration.destination_id == Migration.destination_id)
    )
    query = select(AccountRun.id).join(Account, Account.id == AccountRun.account_id)
    return _host_of(query).where(
        AccountRun.run_id == run_id,
        AccountRun.state == AccountRunState.PENDING,
        is_due(AccountRun),
        # A row that was edited meanwhile waits for its check.
        Account.state.not_in((AccountState.NEW, AccountState.CHECKING)),
        ~same_mailbox.exists(),
    )


def _host_of(query: Select[Any]) -> Select[Any]:
    return query.add_columns(source_host().label("host")).join(
        Migration, Migration.id == Account.migration_id
    )


def _next(query: Select[Any], full: list[str]) -> Select[Any]:
    return (query.where(source_host().not_in(full)) if full else query).limit(1)


def busy_hosts(session: Session) -> Counter[str]:
    """How many checks and account runs talk to each source server now."""
    checks = _host_of(select(Account.id)).where(_checking())
    runs = _host_of(select(AccountRun.id).join(Account, Account.id == AccountRun.account_id)).where(
        _live()
    )
    rows = [*session.execute(checks), *session.execute(runs)]
    return Counter(str(row.host) for row in rows)


def _full(hosts: Counter[str], allowed: Limits) -> list[str]:
    return [host for host, busy in hosts.items() if host and busy >= allowed.of(host)]


def running_at(session: Session, host: str) -> int:
    """How many account runs talk to this source server."""
    query = _host_of(select(AccountRun.id).join(Account, Account.id == AccountRun.account_id))
    return _count(session, query.where(_live(), source_host() == host))


def _due() -> Any:
    """A check that waits has a short while to wait; what is said by a clock that was ahead is
    not believed."""
    since, ahead = Account.check_not_before, now() + timedelta(seconds=LONGEST_CHECK_PAUSE + 60)
    return since.is_(None) | (since <= now()) | (since > ahead)


def _checking() -> Any:
    return Account.state == AccountState.CHECKING


def _live() -> Any:
    return AccountRun.state == AccountRunState.RUNNING


def _count(session: Session, query: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _changed(result: Any) -> bool:
    return isinstance(result, CursorResult) and result.rowcount == 1
