"""The list of step 2: one page of accounts, its summary, and what has changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import request
from sqlalchemy.orm import Session

from store import control, drafts, overview
from store.braked import Braked
from store.overview import AccountCounts
from store.tables import Account, Migration, now
from wizard.braked import lines
from wizard.paging import Pages, wanted_page

_OVERLAP = timedelta(seconds=3)
"""A check may commit a moment after the time that it writes; what is shown twice does no harm."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What the templates of step 2 need; `oob` for a fragment that goes to its own place."""

    migration: Migration
    counts: AccountCounts
    accounts: Sequence[Account]
    ids: tuple[int, ...]
    at: str
    reasons: tuple[str, ...]
    editable: bool
    pages: Pages
    braked: Sequence[Braked]
    attention: bool = False
    oob: bool = False

    @property
    def moving(self) -> bool:
        """Whether something is being checked, and so whether the page has to ask again."""
        return self.counts.waiting > 0


def shown(session: Session, migration: Migration) -> Rows:
    """The page that the address asks for."""
    attention = request.args.get("show") == "attention"
    page = wanted_page()
    accounts, total = overview.account_page(session, migration.id, attention=attention, page=page)
    base = _base(session, migration)
    return replace(
        base,
        accounts=accounts,
        ids=tuple(account.id for account in accounts),
        pages=Pages(page, total, overview.PAGE),
        attention=attention,
    )


def changed(session: Session, migration: Migration, *, also: int | None = None) -> Rows:
    """Of the rows on the asker's page those that look different now. `also` is left out, being
    the answer itself, and so are those whose editor is open."""
    ids = tuple(_numbers(request.values.get("ids", "")))
    left_out = {also, *_numbers(".".join(request.values.getlist("open")))}
    wanted = [number for number in ids if number not in left_out]
    accounts = overview.changed_since(session, wanted, _since(request.values.get("at", "")))
    own = [account for account in accounts if account.migration_id == migration.id]
    return replace(_base(session, migration), accounts=own, ids=ids, oob=True)


def _base(session: Session, migration: Migration) -> Rows:
    counts = overview.account_counts(session, [migration.id]).get(migration.id, AccountCounts())
    reasons, _ = control.unready(session, migration)
    return Rows(
        migration=migration,
        counts=counts,
        accounts=(),
        ids=(),
        at=(now() - _OVERLAP).isoformat(timespec="seconds"),
        reasons=reasons,
        editable=drafts.is_editable(migration),
        pages=Pages(1, counts.total, overview.PAGE),
        braked=lines(session, migration),
    )


def _numbers(text: str) -> list[int]:
    parts = text.split(".")[: overview.PAGE]
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 10]


def _since(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text[:19]).replace(tzinfo=None)
    except ValueError:
        return now() - timedelta(hours=1)
