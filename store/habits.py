"""What mail servers at the destination make of messages that they store: learned from the runs
that have read copies back, kept for the checks of later migrations. No message, and no name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Select, String, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.tables import (
    AccountRun,
    Base,
    DestinationServer,
    Migration,
    NoteRow,
    Run,
    now,
)
from sync.alteration import CAUSED, Alteration, named
from sync.errors import Code
from sync.report import Outcome

KNOWN = 5_000
"""Copies from which on a server counts as known."""
FEW = 5
"""First copies of an account that are read back there."""
_ALL = ""
_NO_HABIT = (Alteration.CONTENT, Alteration.SIZE)
"""Another message, and one of which nobody knows: neither says what the server does."""


class ServerHabit(Base):
    """Of a server's copies so many were altered like this. Kind empty: copies in all."""

    __tablename__ = "server_habit"
    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    port: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(120), primary_key=True)
    messages: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime] = mapped_column(default=now)


@dataclass(frozen=True, slots=True)
class Habits:
    """`altered` by kind; of so many `copied`, as far as messages were named."""

    copied: int = 0
    altered: Mapping[Alteration, int] = field(default_factory=dict)

    def first(self, usual: int) -> int:
        """How many of an account's first copies are read back as a sample, instead of `usual`: few
        where many have come to this server, and none was altered that gave no cause for it."""
        plain = any(kind not in CAUSED for kind in self.altered)
        return usual if plain or self.copied < KNOWN else min(usual, FEW)


def learn(session: Session, account_run_id: int, copied: int) -> None:
    """What this account run has noted of its own copies. Once, when it has come to its end."""
    place = session.execute(
        select(DestinationServer.host, DestinationServer.port)
        .join(Migration, Migration.destination_id == DestinationServer.id)
        .join(Run, Run.migration_id == Migration.id)
        .join(AccountRun, AccountRun.run_id == Run.id)
        .where(AccountRun.id == account_run_id)
    ).first()
    if place is None or not copied:
        return
    notes = _notes().where(AccountRun.id == account_run_id, NoteRow.outcome == Outcome.COPIED)
    found = Counter[str](_counted(session, notes))
    found[_ALL] = copied
    # In one order, so that two that end at once wait for each other, and not in a ring.
    for kind in sorted(found):
        _add(session, (place.host.lower(), place.port, kind), found[kind])


def first_copies(session: Session, place: DestinationServer | None, usual: int) -> int:
    """How many first copies of an account are read back at this server."""
    return usual if place is None else habits(session, place.host, place.port).first(usual)


def habits(session: Session, host: str, port: int) -> Habits:
    """What is known of this server."""
    rows = session.scalars(
        select(ServerHabit).where(ServerHabit.host == host.lower(), ServerHabit.port == port)
    )
    found = {row.kind: row.messages for row in rows}
    altered = {kind: found[kind] for kind in Alteration if found.get(kind)}
    return Habits(found.get(_ALL, 0), altered)


def altered(
    session: Session, run_id: int, *, account_run_id: int | None = None
) -> Mapping[Alteration, int]:
    """By kind, so many messages of a run, or of one of its accounts, are named as altered."""
    query = _notes().where(AccountRun.run_id == run_id)
    if account_run_id is not None:
        query = query.where(AccountRun.id == account_run_id)
    return _counted(session, query)


def _notes() -> Select[Any]:
    """What was said of altered messages, and of how many."""
    query: Any = select(NoteRow.server_words, func.count())
    found: Select[Any] = (
        query.join(AccountRun, AccountRun.id == NoteRow.account_run_id)
        .where(NoteRow.code == Code.ALTERED)
        .group_by(NoteRow.server_words)
    )
    return found


def _counted(session: Session, query: Select[Any]) -> Mapping[Alteration, int]:
    found: Counter[Alteration] = Counter()
    for words, messages in session.execute(query):
        found.update({kind: messages for kind in named(words) if kind not in _NO_HABIT})
    return {kind: found[kind] for kind in Alteration if found[kind]}


def _add(session: Session, key: tuple[str, int, str], messages: int) -> None:
    """Two account runs may end at once, on two machines."""
    host, port, kind = key
    values = {"host": host, "port": port, "kind": kind, "messages": messages, "last_at": now()}
    more = {"messages": ServerHabit.messages + messages, "last_at": values["last_at"]}
    statement: Any
    if session.get_bind().dialect.name == "postgresql":
        statement = postgresql.insert(ServerHabit).values(**values)
    else:
        statement = sqlite.insert(ServerHabit).values(**values)
    session.execute(
        statement.on_conflict_do_update(index_elements=("host", "port", "kind"), set_=more)
    )
