"""What a run has still to copy, as far as it is known: for the time left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from store.states import AccountRunState, Phase
from store.tables import Account, AccountRun


class Knowledge(StrEnum):
    """What is known of an account's work: all of it, what its plan says, or what its check saw."""

    DONE = "done"
    PLANNED = "planned"
    UNKNOWN = "unknown"
    LOST = "lost"
    """Failed or stopped: it says nothing about the others, and nothing is left to do."""


@dataclass(frozen=True, slots=True)
class Work:
    """Some accounts in sums. `left` counts what has no outcome yet; sizes in bytes.

    `checked_messages` and `checked_size` are what the checks saw at the source, of the `checked`
    accounts of them that were looked into."""

    accounts: int = 0
    checked: int = 0
    checked_messages: int = 0
    checked_size: int = 0
    copied: int = 0
    size_copied: int = 0
    left: int = 0
    size_left: int = 0


def workload(session: Session, run_id: int) -> dict[Knowledge, Work]:
    done = (
        AccountRun.copied
        + AccountRun.present
        + AccountRun.skipped
        + AccountRun.failed
        + AccountRun.vanished
    )
    known = _knowledge().label("known")
    columns = {
        "accounts": func.count(),
        "checked": func.count(Account.source_messages),
        "checked_messages": func.sum(Account.source_messages),
        "checked_size": func.sum(Account.source_size),
        "copied": func.sum(AccountRun.copied),
        "size_copied": func.sum(AccountRun.size_copied),
        "left": func.sum(AccountRun.planned - done),
        "size_left": func.sum(_size_left(done)),
    }
    query = (
        select(known, *columns.values())
        .join(Account, Account.id == AccountRun.account_id)
        .where(AccountRun.run_id == run_id)
        .group_by(known)
    )
    return {Knowledge(row[0]): _work(tuple(columns), row[1:]) for row in session.execute(query)}


def _work(names: Sequence[str], sums: Sequence[Any]) -> Work:
    """PostgreSQL has Decimals for some, and both have None for sums of nothing."""
    return Work(**{n: max(0, int(one or 0)) for n, one in zip(names, sums, strict=True)})


def _knowledge() -> ColumnElement[str]:
    good = (AccountRunState.COMPLETE, AccountRunState.SKIPS)
    lost = (AccountRunState.FAILED, AccountRunState.STOPPED)
    planned = (AccountRun.planned > 0) | AccountRun.phase.in_((Phase.COPYING, Phase.VERIFYING))
    return case(
        (AccountRun.state.in_(good), Knowledge.DONE.value),
        (AccountRun.state.in_(lost), Knowledge.LOST.value),
        (planned, Knowledge.PLANNED.value),
        else_=Knowledge.UNKNOWN.value,
    )


def _size_left(done: ColumnElement[int]) -> ColumnElement[Any]:
    """Sizes are counted for what was copied; what was present is taken as of average size."""
    size = _planned_size()
    others = (done - AccountRun.copied) * (size / func.nullif(AccountRun.planned, 0))
    return size - AccountRun.size_copied - func.coalesce(others, 0)


def _planned_size() -> ColumnElement[Any]:
    """Where the source did not tell it, from what the check saw: messages of average size."""
    average = Account.source_size * 1.0 / func.nullif(Account.source_messages, 0)
    told = func.nullif(AccountRun.planned_size, 0) * 1.0
    return func.coalesce(told, average * AccountRun.planned, 0.0)
