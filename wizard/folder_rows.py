"""What is to be said beside an account's folders. Of one that has not come to its end: what is in
the source, as the check has seen it, so that what was found stands beside what there is, and no
folder is silently absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from parameters.build import sync_options
from parameters.choices import ChoicesUnreadable, from_json
from store import folder_lists
from store.states import AccountRunState
from store.tables import AccountRun, FolderRow, Run
from store.verdicts import GOOD
from sync.folder_choice import choose
from sync.model import FolderList
from sync.options import Mode

_OVER = (AccountRunState.FAILED, AccountRunState.STOPPED)


@dataclass(frozen=True, slots=True)
class FolderRows:
    """`seen`: messages by source folder, of those that this run brings over; nothing where the
    account came to its end, or was never listed. `names`: the folders that have no row."""

    seen: Mapping[str, int] = field(default_factory=dict)
    names: Sequence[str] = ()
    over: bool = False
    verified: int = 0
    """So many of its folders are verified, though the account is not."""
    exceptions: bool = False
    """Some of its messages are no choice's, but exceptions."""

    def expected(self, row: FolderRow) -> int:
        return max(row.found, self.seen.get(row.source, 0))

    def excepted(self, row: FolderRow) -> int:
        """Messages of a verified folder that are not at the destination, though nobody chose so."""
        return row.failed + (row.skipped if self.exceptions else 0)

    @property
    def word(self) -> str:
        return "Not finished" if self.over else "Not done yet"


def folder_rows(
    session: Session, one: AccountRun, run: Run, rows: Sequence[FolderRow]
) -> FolderRows:
    if one.state in GOOD:
        return FolderRows(exceptions=one.state == AccountRunState.SKIPS)
    over = one.state in _OVER
    verified = 0 if run.dry_run else sum(row.verified for row in rows)
    listed = folder_lists.source_of(session, one.account_id)
    if listed is None:
        return FolderRows(over=over, verified=verified)
    left_out = _left_out(run, listed)
    seen = {
        name: status.messages
        for name, status in listed.statuses.items()
        if name not in left_out and status.messages is not None
    }
    told = {row.source for row in rows}
    names = tuple(name for name in seen if name not in told)
    return FolderRows(seen, names, over, verified)


def _left_out(run: Run, listed: FolderList) -> frozenset[str]:
    try:
        options = sync_options(from_json(run.options), mode=Mode(run.mode), dry_run=run.dry_run)
    except (ChoicesUnreadable, ValueError):
        # A newer version's: the account says so itself, and nothing is known of its folders.
        return frozenset(listed.statuses)
    return frozenset(choose(listed, options.folders).left_out)
