"""What the answers of a batch mean for its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.batch import Batch
from sync.errors import ConnectionLost, FolderChanged, FolderError
from sync.intent import Pair
from sync.model import Refused, Unreadable, Vanished
from sync.report import Outcome
from sync.setbacks import Setbacks
from sync.work import Work

Broken = ConnectionLost | FolderError


def count(batch: Batch, pairs: Mapping[int, Pair], setbacks: Setbacks) -> None:
    """Enter the outcomes into the folder's tally."""
    tally = batch.work.tally
    if pairs:
        setbacks.success()
        tally.settle_copied(pairs.values())
    for uid, answer in batch.answers.items():
        if isinstance(answer, Vanished):
            tally.settle(uid, Outcome.VANISHED)
            batch.work.vanished.add(uid)
        elif isinstance(answer, Refused | Unreadable):
            tally.fail(batch.metas[uid], answer.error)
            # One that is listed as empty is like nothing at the destination. What is listed without
            # size and date was named by SEARCH alone, and may be anything.
            meta = batch.metas[uid]
            like_nothing = meta.size == 0 and bool(meta.internaldate)
            batch.work.uncompared |= isinstance(answer, Unreadable) and not like_nothing


def made_anew(work: Work, broken: Broken | None) -> bool:
    return isinstance(broken, FolderChanged) and broken.where in _names(work)


def stop_folder(sending: Sequence[Batch], broken: FolderError) -> None:
    """End the folder that the error names; one that names none is the first without an answer."""
    works = [batch.work for batch in sending]
    named = [work for work in works if broken.where in _names(work)]
    for work in named or [batch.work for batch in sending if batch.unanswered][:1] or works[:1]:
        if isinstance(broken, FolderChanged):
            work.repeat(broken)
        elif work.tally.error is None:
            work.tally.fail_open(broken)


def _names(work: Work) -> tuple[str, str]:
    return work.pair.source.name, work.pair.destination.name
