"""Whether a folder can be opened and hands out what is in it: one round trip, and nothing changes.

A server may list folders and count their messages for somebody to whom it opens none of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from imap.dialogue import Answer, Dialogue
from imap.parse import attributes, words
from imap.selection import Opening
from sync.errors import Code, FolderError, MessageError
from sync.model import Folder

_HEADER = b"(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
_MORE = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """`refused`: why the folder was not opened. `kept_back`: why no header of the messages that
    were asked for came, of `tried` messages; None where one came, or there is none."""

    refused: FolderError | None = None
    exists: int = 0
    kept_back: MessageError | None = None
    tried: int = 0


def try_folder(
    dialogue: Dialogue, folder: Folder, *, filled: bool, only_last: bool = False
) -> Trial:
    """EXAMINE, and with it the header of the first message where the folder is said to be
    `filled`. Only where that does not come are others asked for; none but the last with
    `only_last`, for a server that hangs up at another."""
    opening = Opening.send(dialogue, folder)
    place = b"*" if only_last else b"1"
    asked = [_ask(dialogue, place)] if filled else []
    opened = opening.answer(dialogue)
    answers = [dialogue.answer(tag) for tag in asked]
    if not opened.ok:
        refusal = dialogue.refusal(opened, folder.name)
        if not isinstance(refusal, FolderError):
            raise refusal
        return Trial(refusal)
    exists = opening.selected.exists
    if exists and not answers:
        answers = [dialogue.answer(_ask(dialogue, place))]
    if exists and not only_last and not any(map(_came, answers)):
        tags = [_ask(dialogue, b"%d" % other) for other in _others(exists)]
        answers += [dialogue.answer(tag) for tag in tags]
    if not exists or any(map(_came, answers)):
        return Trial(exists=exists, tried=len(answers))
    return Trial(None, exists, _kept_back(dialogue, folder, answers), len(answers))


def _ask(dialogue: Dialogue, place: bytes) -> bytes:
    return dialogue.send(b"FETCH", place, _HEADER)


def _others(exists: int) -> list[int]:
    """The last, and one in the middle."""
    return sorted({exists, exists // 2 + 1} - {1})[-_MORE:]


def _came(answer: Answer) -> bool:
    return answer.ok and any(
        name.startswith(b"BODY[HEADER") and isinstance(value, bytes)
        for parts in answer.untagged
        for name, value in attributes(parts).items()
    )


def _kept_back(dialogue: Dialogue, folder: Folder, answers: list[Answer]) -> MessageError:
    said = next((answer.text for answer in answers if not answer.ok), answers[-1].text)
    return MessageError(Code.UNREADABLE, words(said), side=dialogue.side, where=folder.name)
