"""Who did what, when and from where: the audit trail and the history of a migration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from store.history_kinds import KINDS, REFUSED_SIGN_IN
from store.tables import History, User, now

WITHIN = timedelta(hours=1)
"""The same by the same person from the same place is one line for so long, where it may come
often."""
MOST_REFUSALS = 200
"""Lines of refused sign-ins within that time. What is more is one line together."""
NAMED = 20
_LONGEST = 4000
_UNKNOWN = "unknown"
"""Who tried to sign in with an address that nobody has. It is not kept: it may be a password."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where what is done in this thread comes from."""

    address: str = ""
    who: str = ""
    """Stands for the person where there is none: the command line."""


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


def comes_from(origin: Origin | None) -> None:
    """Until it is said anew: lines of this thread have this address."""
    _origin.set(origin)


def record(
    session: Session,
    *,
    kind: str,
    note: str = "",
    organization_id: int | None = None,
    migration_id: int | None = None,
    user: User | None = None,
) -> None:
    """Add a line. `kind` is one of KINDS; `note` never holds a password.

    The user's address and role are kept beside the id: the line outlives the user."""
    line = _line(kind, note, user)
    line.organization_id, line.migration_id = organization_id, migration_id
    session.add(line)


def record_again(
    session: Session,
    *,
    kind: str,
    note: str = "",
    organization_id: int | None = None,
    migration_id: int | None = None,
    user: User | None = None,
) -> None:
    """The same, but what is there already since an hour ago is counted, and no second line."""
    line = _line(kind, note, user)
    line.organization_id, line.migration_id = organization_id, migration_id
    _add_or_count(session, line)


def is_told(session: Session, kind: str, note: str, migration_id: int, user: User) -> bool:
    """Whether the line is there that `record_again` would count."""
    line = _line(kind, note, user)
    line.migration_id = migration_id
    return _same(session, line) is not None


def refused_sign_in(session: Session, email: str) -> None:
    """One line an hour for each person and address, and a bounded number of them in all: whoever
    guesses fills no disk."""
    user = session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()
    line = _line(REFUSED_SIGN_IN, "", user)
    if user is None:
        line.user_email = _UNKNOWN
    else:
        line.organization_id = user.organization_id
        line.note = "" if user.active else "Sign-in is closed for this person."
    many = History(
        kind=REFUSED_SIGN_IN, user_email=_UNKNOWN, note="Of many people or addresses.", address=""
    )
    _add_or_count(session, line, instead=many)


def differences(
    before: Mapping[str, object], after: Mapping[str, object], labels: Mapping[str, str]
) -> str:
    """What has changed, each with its old and its new value; empty: nothing."""
    return "; ".join(
        f"{label}: {said(before.get(name))} → {said(after.get(name))}"
        for name, label in labels.items()
        if before.get(name) != after.get(name)
    )


def said(value: object) -> str:
    """A value of a field in a note."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None or value == "" else str(value)


def named(names: Iterable[str], total: int | None = None) -> str:
    """The first NAMED, and how many more there are; `total` where not all are given."""
    every = list(names)
    shown = every[:NAMED]
    more = (len(every) if total is None else total) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def _line(kind: str, note: str, user: User | None) -> History:
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of line: see store/history_kinds.py")
    origin = _origin.get() or Origin()
    # What follows from a request, such as the end of a run, nobody has done from anywhere.
    somebody = user is not None or origin.who or kind == REFUSED_SIGN_IN
    return History(
        kind=kind,
        note=_clean(note),
        user_id=user.id if user else None,
        user_email=user.email if user else origin.who,
        user_role=(user.role or "") if user else "",
        user_organization_id=user.organization_id if user else None,
        address=origin.address[:64] if somebody else "",
    )


def _clean(note: str) -> str:
    """One line that every terminal can show, of a length that can be read."""
    shown = "".join(one if one.isprintable() else " " for one in note)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _add_or_count(session: Session, line: History, *, instead: History | None = None) -> None:
    """`instead` is counted where there are too many lines of this kind."""
    found = _same(session, line)
    if found is None and instead is not None and _is_full(session, line.kind):
        line = instead
        found = _same(session, line)
    if found is None:
        session.add(line)
        session.flush()
        return
    more = update(History).where(History.id == found)
    session.execute(more.values(times=History.times + 1, last_at=now()))


def _same(session: Session, line: History) -> int | None:
    query = select(History.id).where(
        *_lately(line.kind),
        History.user_email == line.user_email,
        History.address == line.address,
        History.note == line.note,
        History.migration_id.is_(None)
        if line.migration_id is None
        else History.migration_id == line.migration_id,
    )
    return session.scalar(query.order_by(History.id.desc()).limit(1))


def _is_full(session: Session, kind: str) -> bool:
    query = select(func.count(History.id)).where(*_lately(kind))
    return (session.scalar(query) or 0) >= MOST_REFUSALS


def _lately(kind: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return History.at > now() - WITHIN, History.kind == kind
