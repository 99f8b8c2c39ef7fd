"""Folders: listed, counted, made, subscribed. Everything is asked for at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from imap import faults
from imap.dialogue import Answer, Dialogue
from imap.folder_answers import Send, answers, refusal
from imap.halves import cut_short
from imap.list_lines import NamedLine, NamedLines, named_line, status_line, subscribed
from imap.names import INBOX, from_wire, wire_argument, wire_name
from imap.parse import Parts, Token, attributes, number, tokens, words
from imap.selection import at_folder
from sync.errors import AccountError, Code, FolderError
from sync.model import Folder, FolderList, FolderStatus, Namespace, SpecialUse

MOST_FOLDERS = 50_000
_SPECIAL = {use.value.lower(): use for use in SpecialUse}
_LIST = b'LIST "" "*"'


def list_folders(dialogue: Dialogue) -> FolderList:
    """The personal namespace, in the server's order; INBOX is always there. With every folder's
    status where the server tells it in the same answer."""
    offered = dialogue.capabilities
    extended = "LIST-EXTENDED" in offered.names
    tags = [dialogue.send(b"NAMESPACE")] if offered.namespace else []
    tags.append(dialogue.send(_question(dialogue, extended)))
    if not extended:
        tags.append(dialogue.send(b'LSUB "" "*"'))
    lines = [NamedLines() for _ in tags]
    heard = [dialogue.answer(tag, one.take) for tag, one in zip(tags, lines, strict=True)]
    for answer in heard:
        # Without the namespace, or the subscriptions, the list would pass for another one.
        if not answer.ok and faults.later(answer.text):
            raise dialogue.refusal(answer, "")
    if offered.namespace and not heard[0].ok:
        # Under a wrong prefix folders would be made in the wrong place: that is worth a question.
        heard[0] = dialogue.answer(dialogue.send(b"NAMESPACE"), lines[0].take)
    at = -1 if extended else -2
    if not heard[at].ok and extended:
        # Not every server that offers an option can do it.
        lines[at] = NamedLines()
        heard[at] = dialogue.answer(dialogue.send(_LIST), lines[at].take)
    if not heard[at].ok:
        raise dialogue.refusal(heard[at], "")
    spaces = _namespaces(lines[0].others) if offered.namespace else [[], [], []]
    told = not offered.namespace or (heard[0].ok and bool(lines[0].others))
    unread = tuple(line for answer in heard for line in answer.unread)
    # One that has limits of its own does not list all that there is.
    unread += tuple(words(answer.text) for answer in heard if cut_short(answer))
    found = _folder_list(lines[at], spaces, subscribed(lines[-1].listed), dialogue)
    return replace(found, unread=unread, namespace_told=told)


def _question(dialogue: Dialogue, extended: bool) -> bytes:
    if not extended:
        return _LIST
    returned = b"SUBSCRIBED"
    if dialogue.capabilities.special_use:
        returned += b" SPECIAL-USE"
    if dialogue.capabilities.list_status:
        # Sizes make a server that has not counted them yet open every message.
        returned += b" STATUS (" + _counts(dialogue) + b")"
    return _LIST + b" RETURN (" + returned + b")"


def _folder_list(
    lines: NamedLines,
    spaces: list[list[Namespace]],
    subscribed: frozenset[bytes],
    dialogue: Dialogue,
) -> FolderList:
    found = [_folder(line, subscribed) for line in lines.listed if not line.lsub]
    if len(found) > MOST_FOLDERS:
        raise AccountError(Code.TOO_MANY_FOLDERS, side=dialogue.side, where=dialogue.host)
    folders: dict[str, Folder] = {}
    foreign: list[Folder] = []
    for folder in found:
        if _is_foreign(folder.name, spaces):
            foreign += [folder] * folder.selectable
        elif folders.setdefault(folder.name, folder).wire_name != folder.wire_name:
            _add_twin(folders, folder)
    delimiter = next((folder.delimiter for folder in found if folder.delimiter), "/")
    folders.setdefault(INBOX, Folder(INBOX, delimiter, INBOX.encode()))
    own = spaces[0][0] if spaces[0] else Namespace("", delimiter)
    statuses = _of_each(_statuses(lines), list(folders.values()))
    return FolderList(
        own,
        tuple(folders.values()),
        statuses,
        tuple(folder.name for folder in foreign),
        foreign_statuses=_of_each(_statuses(lines), foreign),
    )


def _is_foreign(name: str, spaces: list[list[Namespace]]) -> bool:
    """By the longest prefix; with the same one a folder is a person's own."""
    if name == INBOX:
        return False
    fitting = [
        (len(space.prefix), kind == 0)
        for kind, some in enumerate(spaces)
        for space in some
        if name.startswith(space.prefix)
    ]
    return bool(fitting) and not max(fitting)[1]


def _add_twin(folders: dict[str, Folder], folder: Folder) -> None:
    """Two spellings on the wire of what is one name to people (modified UTF-7 that is not
    canonical): the second is shown as the server wrote it. INBOX is one however it is spelt."""
    name = folder.wire_name.decode("latin-1")
    if folder.name != INBOX:
        folders.setdefault(name, replace(folder, name=name))


def _folder(line: NamedLine, subscribed: frozenset[bytes]) -> Folder:
    uses = (_SPECIAL[mark] for mark in sorted(line.marks) if mark in _SPECIAL)
    return Folder(
        name=from_wire(line.name),
        delimiter=line.delimiter,
        wire_name=line.name,
        special_use=next(uses, None),
        selectable=not line.marks & {"\\noselect", "\\nonexistent"},
        subscribed="\\subscribed" in line.marks or line.name in subscribed,
    )


def _namespaces(told: Sequence[Parts]) -> list[list[Namespace]]:
    """Personal, other users', shared."""
    for parts in told:
        listed = tokens(parts)
        if len(listed) == 4 and _word(listed[0]) == "namespace":
            return [_spaces(token) for token in listed[1:]]
    return [[], [], []]


def _spaces(token: Token) -> list[Namespace]:
    rows = [row for row in token or () if isinstance(row, list) and len(row) > 1]
    return [
        Namespace(from_wire(row[0]), row[1].decode("latin-1") if isinstance(row[1], bytes) else "")
        for row in rows
        if isinstance(row[0], bytes)
    ]


def _word(token: Token) -> str:
    return token.decode("latin-1").lower() if isinstance(token, bytes) else ""


def folder_status(
    dialogue: Dialogue, folders: Sequence[Folder]
) -> dict[str, FolderStatus | FolderError]:
    """By folder name. A folder that cannot be opened has its FolderError."""
    result: dict[str, FolderStatus | FolderError] = {
        folder.name: FolderError(Code.FOLDER_MISSING, side=dialogue.side, where=folder.name)
        for folder in folders
        if not folder.selectable
    }
    asked = [folder for folder in folders if folder.selectable]
    if dialogue.capabilities.list_status and len(asked) > 1:
        result.update(_listed_status(dialogue, asked))
    result.update(_asked_status(dialogue, [f for f in asked if f.name not in result]))
    return result


def _counts(dialogue: Dialogue) -> bytes:
    more = b" HIGHESTMODSEQ" if dialogue.capabilities.condstore else b""
    return b"MESSAGES UIDNEXT UIDVALIDITY" + more


def _items(dialogue: Dialogue) -> bytes:
    more = b" SIZE" if "STATUS=SIZE" in dialogue.capabilities.names else b""
    return b"(" + _counts(dialogue) + more + b")"


def _listed_status(dialogue: Dialogue, folders: Sequence[Folder]) -> dict[str, FolderStatus]:
    """LIST-STATUS (RFC 5819): one question for all folders."""
    lines = NamedLines()
    question = _LIST + b" RETURN (STATUS " + _items(dialogue) + b")"
    dialogue.answer(dialogue.send(question), lines.take)
    return _of_each(_statuses(lines), folders)


def _of_each(
    told: Mapping[bytes, FolderStatus], folders: Sequence[Folder]
) -> dict[str, FolderStatus]:
    """By folder name. A server may spell a name otherwise than in its list, if it is nobody
    else's."""
    known = {wire_name(folder) for folder in folders}
    others = {from_wire(name): status for name, status in told.items() if name not in known}
    found = ((f.name, told.get(wire_name(f)) or others.get(f.name)) for f in folders)
    return {name: status for name, status in found if status}


def _statuses(lines: NamedLines) -> dict[bytes, FolderStatus]:
    """By wire name. One without UIDVALIDITY is worth nothing."""
    read = ((name, _status(items)) for name, items in lines.statuses)
    return {name: status for name, status in read if status.uidvalidity}


def _asked_status(
    dialogue: Dialogue, folders: Sequence[Folder]
) -> dict[str, FolderStatus | FolderError]:
    """A folder whose answer got lost among the others' is asked alone."""
    told: dict[bytes, FolderStatus] = {}
    refused: dict[str, FolderStatus | FolderError] = {}
    for folder, answer in answers(dialogue, folders, _asks_status(dialogue)):
        if (error := refusal(dialogue, folder, answer)) is not None:
            refused[folder.name] = error
        if isinstance(answer, Answer):
            told |= _told(answer)
    found = refused | _of_each(told, [f for f in folders if f.name not in refused])
    for folder in [folder for folder in folders if folder.name not in found]:
        found[folder.name] = _status_alone(dialogue, folder, {wire_name(f) for f in folders})
    return found


def _asks_status(dialogue: Dialogue) -> Send:
    items = _items(dialogue)
    return lambda folder: dialogue.send(b"STATUS", wire_argument(folder), items)


def _told(answer: Answer) -> dict[bytes, FolderStatus]:
    lines = (line for parts in answer.untagged if (line := status_line(parts)))
    return {name: _status(items) for name, items in lines}


def _status_alone(
    dialogue: Dialogue, folder: Folder, known: Collection[bytes]
) -> FolderStatus | FolderError:
    """What the answer tells of no other folder is told of this one."""
    with at_folder(folder.name):
        answer = dialogue.answer(_asks_status(dialogue)(folder))
    told = _told(answer)
    own = [one for name, one in told.items() if name == wire_name(folder) or name not in known]
    if answer.ok and own:
        return own[-1]
    error = dialogue.refusal(answer, folder.name)
    if not isinstance(error, FolderError):
        raise error
    return error


def _status(items: bytes) -> FolderStatus:
    told = attributes((items,))
    return FolderStatus(
        uidvalidity=number(told.get(b"UIDVALIDITY")),
        uidnext=number(told.get(b"UIDNEXT")),
        messages=number(told.get(b"MESSAGES")),
        highestmodseq=number(told.get(b"HIGHESTMODSEQ")),
        size=number(told[b"SIZE"]) if b"SIZE" in told else None,
    )


def create_folders(dialogue: Dialogue, names: Sequence[str]) -> Mapping[str, FolderError]:
    """Make them in this order. One that exists already is as good as made."""
    refused = _each(dialogue, b"CREATE", names)
    existing = _existing(dialogue, list(refused))
    return {name: error for name, error in refused.items() if name not in existing}


def delete_folders(dialogue: Dialogue, names: Sequence[str]) -> Mapping[str, FolderError]:
    """Remove them in this order. One that is gone already is as good as removed; a subscription
    that stays shows people a folder that is not there, and costs no mail."""
    refused = _each(dialogue, b"DELETE", names)
    _each(dialogue, b"UNSUBSCRIBE", [name for name in names if name not in refused])
    existing = _existing(dialogue, list(refused))
    return {name: error for name, error in refused.items() if name in existing}


def subscribe_folders(dialogue: Dialogue, names: Sequence[str]) -> Mapping[str, FolderError]:
    return _each(dialogue, b"SUBSCRIBE", names)


def _each(dialogue: Dialogue, verb: bytes, names: Sequence[str]) -> dict[str, FolderError]:
    def send(folder: Folder) -> bytes:
        return dialogue.send(verb, wire_argument(folder))

    folders = [Folder(name) for name in names]
    heard = answers(dialogue, folders, send, writing=True)
    found = ((folder.name, refusal(dialogue, folder, answer)) for folder, answer in heard)
    return {name: error for name, error in found if error is not None}


def _existing(dialogue: Dialogue, names: Sequence[str]) -> set[str]:
    """Which of these are there and can hold messages. Refusals have as many wordings as servers;
    the listing has one."""
    found: set[str] = set()
    asked = [Folder(name) for name in names if not set(name) & {"*", "%"}]
    for folder, answer in answers(dialogue, asked, _asks_list(dialogue)):
        untagged = answer.untagged if isinstance(answer, Answer) else ()
        lines = (named_line(parts) for parts in untagged)
        listed = (_folder(line, frozenset()) for line in lines if line)
        if any(one.selectable and one.name == folder.name for one in listed):
            found.add(folder.name)
    return found


def _asks_list(dialogue: Dialogue) -> Send:
    return lambda folder: dialogue.send(b'LIST ""', wire_argument(folder))
