"""Commands for one folder each, many under way. A name that cannot be sent costs that folder; a
line that breaks is said to have broken at the folder whose answer is missing.

Some servers hang up on a client whose commands they refuse one after the other: few are under way
once one was refused, and every third has a NOOP behind it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from imap.dialogue import Answer, Dialogue
from imap.names import unsendable
from imap.selection import at_folder
from sync.errors import FolderError
from sync.model import Folder

AT_ONCE = 100
"""Commands under way: their answers have to fit into what a connection holds unread."""
WRITES_AT_ONCE = 10
"""The same of what servers refuse more often: names to be made."""
IN_A_ROW = 3
"""So many may be refused without a NOOP between them; and are under way when one was."""

Send = Callable[[Folder], bytes]


def answers(
    dialogue: Dialogue, folders: Sequence[Folder], send: Send, *, writing: bool = False
) -> Iterator[tuple[Folder, Answer | FolderError]]:
    """Each folder with the answer to its command, in their order."""
    waiting = deque(folders)
    under_way: deque[tuple[Folder | None, bytes | FolderError]] = deque()
    refused, row = False, 0
    while waiting or under_way:
        at_once = IN_A_ROW if refused else (WRITES_AT_ONCE if writing else AT_ONCE)
        while waiting and len(under_way) < at_once:
            folder = waiting.popleft()
            if row >= IN_A_ROW and (writing or refused):
                under_way.append((None, dialogue.send(b"NOOP")))
                row = 0
            error = unsendable(folder, dialogue.side)
            under_way.append((folder, error or send(folder)))
            row += error is None
        asked, tag = under_way.popleft()
        if isinstance(tag, FolderError):
            answer: Answer | FolderError = tag
        else:
            with at_folder(asked.name if asked else _next(under_way)):
                answer = dialogue.answer(tag)
        if asked is not None:
            refused |= isinstance(answer, FolderError) or not answer.ok
            yield asked, answer


def _next(under_way: Sequence[tuple[Folder | None, object]]) -> str:
    return next((folder.name for folder, _ in under_way if folder), "")


def refusal(dialogue: Dialogue, folder: Folder, answer: Answer | FolderError) -> FolderError | None:
    """Why it could not be done, if it could not. Raises what stops more than this folder."""
    if isinstance(answer, FolderError):
        return answer
    if answer.ok:
        return None
    error = dialogue.refusal(answer, folder.name)
    if not isinstance(error, FolderError):
        raise error
    return error
