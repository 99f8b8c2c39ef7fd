"""The one thing that is ever written to a source: \\Deleted, and UID EXPUNGE of what we marked.

On a connection of its own, since the reader's opens folders by EXAMINE only. A folder that is open
here is never closed by CLOSE, which would expunge what others have marked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence

from imap.dialogue import Answer, Dialogue
from imap.listing import FETCH, present
from imap.parse import Parts, attributes, number, words
from imap.selection import check_uidvalidity
from imap.session import Session
from imap.uidset import uid_sets
from sync.errors import FolderError
from sync.leaving import DELETED, MARKED
from sync.model import Folder, Marked

AT_ONCE = 8
"""UID sets under way."""
_ADD = b"+FLAGS.SILENT (\\Deleted)"
_TAKE_BACK = b"-FLAGS.SILENT (\\Deleted)"
STILL_THERE = "the server has not removed it"

_Set = tuple[bytes, list[int]]


class ImapSourceDeleter:
    """sync.ports.SourceDeleter."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def able(self) -> bool:
        with self._session.line() as dialogue:
            return dialogue.capabilities.uidplus

    def mark(
        self, folder: Folder, uidvalidity: int, uids: Sequence[int], *, ours: Collection[int]
    ) -> Marked:
        with self._session.line() as dialogue:
            self._open(dialogue, folder, uidvalidity)
            there = _marks(dialogue, folder, uids)
            kept = {uid: MARKED for uid, marked in there.items() if marked and uid not in ours}
            fresh = [uid for uid, marked in there.items() if not marked]
            refused = _ask_all(dialogue, folder, fresh, (b"UID STORE", _ADD))
            return Marked(frozenset(there) - set(kept) - set(refused), kept | refused)

    def expunge(self, folder: Folder, uidvalidity: int, uids: Sequence[int]) -> Mapping[int, str]:
        with self._session.line() as dialogue:
            self._open(dialogue, folder, uidvalidity)
            refused = _ask_all(dialogue, folder, uids, (b"UID EXPUNGE",))
            left = sorted(present(dialogue, uids))
            _ask_all(dialogue, folder, left, (b"UID STORE", _TAKE_BACK))
            return {uid: refused.get(uid) or STILL_THERE for uid in left}

    def unmark(self, folder: Folder, uidvalidity: int, uids: Sequence[int]) -> None:
        with self._session.line() as dialogue:
            self._open(dialogue, folder, uidvalidity)
            _ask_all(dialogue, folder, uids, (b"UID STORE", _TAKE_BACK))

    def close(self) -> None:
        self._session.close()

    def _open(self, dialogue: Dialogue, folder: Folder, uidvalidity: int) -> None:
        opened = self._session.open(dialogue, folder, writable=True)
        check_uidvalidity(dialogue, folder, opened.uidvalidity, uidvalidity)


def _marks(dialogue: Dialogue, folder: Folder, uids: Sequence[int]) -> dict[int, bool]:
    """Of the uids that the open folder has: whether they are marked \\Deleted."""
    found: dict[int, bool] = {}
    wanted = frozenset(uids)

    def take(parts: Parts) -> None:
        items = attributes(parts) if FETCH.match(parts[0]) else {}
        uid, flags = number(items.get(b"UID")), items.get(b"FLAGS")
        if uid in wanted and isinstance(flags, list):
            spelled = (flag.lower() for flag in flags if isinstance(flag, bytes))
            found[uid] = DELETED.encode() in spelled

    for some in _some(uids):
        tags = [dialogue.send(b"UID FETCH", text, b"(UID FLAGS)") for text, _ in some]
        for answer in [dialogue.answer(tag, take) for tag in tags]:
            if not answer.ok:
                # Without a list of what is there, everything would pass for gone.
                raise dialogue.refusal(answer, folder.name)
    return found


def _ask_all(
    dialogue: Dialogue, folder: Folder, uids: Sequence[int], command: tuple[bytes, ...]
) -> dict[int, str]:
    """Send the command, its uids after its name, for all of these. Those of a set that was refused,
    with the server's words."""
    name, *rest = command
    refused: dict[int, str] = {}
    for some in _some(uids):
        tags = [dialogue.send(name, text, *rest) for text, _ in some]
        answers: list[Answer] = [dialogue.answer(tag) for tag in tags]
        for (_, members), answer in zip(some, answers, strict=True):
            if answer.ok:
                continue
            refusal = dialogue.refusal(answer, folder.name)
            if not isinstance(refusal, FolderError):
                raise refusal
            refused.update(dict.fromkeys(members, words(answer.text) or STILL_THERE))
    return refused


def _some(uids: Sequence[int]) -> Iterator[list[_Set]]:
    sets = deque(uid_sets(uids))
    while sets:
        yield [sets.popleft() for _ in range(min(AT_ONCE, len(sets)))]
