"""Messages that were refused for their own sake in an earlier run: which are not sent again.

refused by the destination     not sent again while message and APPENDLIMIT are what they were,
                               unless a person asks for it; named as it was then
for want of room, for now,     sent again in each run
for something of the server's
not handed out by the source   asked for again in each run: it may have been repaired
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sync.batch import Batch
from sync.errors import Code, ConnectionLost, MessageError, Side
from sync.intent import Refusal
from sync.model import MessageMeta, Refused, Unreadable
from sync.options import SyncOptions
from sync.stamps import stamp_at, stamp_of
from sync.work import Work

_FOR_NOW = re.compile(
    r"\[(?:LIMIT|UNAVAILABLE|INUSE|SERVERBUG|CORRUPTION|CONTACTADMIN|EXPIRED|NOPERM|OVERQUOTA"
    r"|PRIVACYREQUIRED|AUTHORIZATIONFAILED|THROTTLED)\b"
    r"|\b(?:temporar\w*|try again|again later|internal|unavailable|not available|i/o|disk|no space"
    r"|quota|permission|access denied|read-?only|locked|busy|time[ -]?out|timed out|overload\w*"
    r"|system error)\b",
    re.I,
)
"""Words of refusals that have nothing to do with the message."""


def refusals(batch: Batch, limit: int) -> Mapping[int, Refusal]:
    """Of this batch, what the ledger does not know yet."""
    known = batch.work.known.refused
    found: dict[int, Refusal] = {}
    for uid, answer in batch.answers.items():
        if not isinstance(answer, Refused | Unreadable) or not _own(answer):
            continue
        meta, error = batch.metas[uid], answer.error
        stamp = stamp_of(meta.size, meta.internaldate)
        code = Code.UNREADABLE if isinstance(answer, Unreadable) else error.code
        refusal = Refusal(code, error.server_words, limit, stamp)
        if known.get(uid) != refusal:
            found[uid] = refusal
    return found


def unreadable(meta: MessageMeta, lost: ConnectionLost) -> Refusal:
    """Of a message at which the source's line breaks each time."""
    stamp = stamp_of(meta.size, meta.internaldate)
    return Refusal(Code.UNREADABLE, lost.server_words, 0, stamp)


def _own(answer: Refused | Unreadable) -> bool:
    """Whether it was for the message's own sake."""
    code, words = answer.error.code, answer.error.server_words
    if isinstance(answer, Unreadable):
        return code is not Code.EMPTY_MESSAGE
    return code in (Code.TOO_LARGE, Code.APPEND_REFUSED) and not _FOR_NOW.search(words)


def spare(works: Iterable[Work], options: SyncOptions, limit: int) -> None:
    """Take out of the plans what would be refused again, and name it with the words of then."""
    if options.retry_refused:
        return
    for work in works:
        plan, refused = work.plan, work.known.refused
        if plan is None or not refused or not plan.copies or not work.under_way:
            continue
        copies, left = plan.copies, []
        for at, uid in enumerate(copies.uids):
            known = refused.get(uid)
            if known is None or not _holds(known, stamp_at(copies, at), limit):
                left.append(at)
                continue
            error = MessageError(known.code, known.words, side=Side.DESTINATION)
            work.tally.fail(copies[at], error)
        work.plan = replace(plan, copies=copies.select(left))


def _holds(refusal: Refusal, stamp: int, limit: int) -> bool:
    return refusal.code is not Code.UNREADABLE and (refusal.stamp, refusal.limit) == (stamp, limit)
