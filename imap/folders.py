"""Folders: listed, counted, made, subscribed. Everything is asked for at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from imap import faults
from imap.dialogue import Dialogue, astring
from imap.list_lines import NamedLine, NamedLines, named_line, status_line, subscribed
from imap.names import INBOX, from_wire, to_wire, wire_name
from imap.parse import Parts, Token, attributes, number, tokens
from sync.errors import AccountError, Code, FolderError
from sync.model import Folder, FolderList, FolderStatus, Namespace, SpecialUse

T = TypeVar("T")

MOST_FOLDERS = 50_000
AT_ONCE = 100
"""Commands under way: their answers have to fit into what a connection holds unread."""
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
    answers = [dialogue.answer(tag, one.take) for tag, one in zip(tags, lines, strict=True)]
    for answer in answers:
        # Without the namespace, or the subscriptions, the list would pass for another one.
        if not answer.ok and faults.later(answer.text):
            raise dialogue.refusal(answer, "")
    at = -1 if extended else -2
    if not answers[at].ok and extended:
        # Not every server that offers an option can do it.
        lines[at] = NamedLines()
        answers[at] = dialogue.answer(dialogue.send(_LIST), lines[at].take)
    if not answers[at].ok:
        raise dialogue.refusal(answers[at], "")
    spaces = _namespaces(lines[0].others) if offered.namespace else [[], [], []]
    unread = tuple(line for answer in answers for line in answer.unread)
    found = _folder_list(lines[at], spaces, subscribed(lines[-1].listed), dialogue)
    return replace(found, unread=unread)


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
        raise AccountError(Code.PROTOCOL, side=dialogue.side, where=dialogue.host)
    folders: dict[str, Folder] = {}
    foreign = []
    for folder in found:
        if _is_foreign(folder.name, spaces):
            foreign += [folder.name] * folder.selectable
        elif folders.setdefault(folder.name, folder).wire_name != folder.wire_name:
            _add_twin(folders, folder)
    delimiter = next((folder.delimiter for folder in found if folder.delimiter), "/")
    folders.setdefault(INBOX, Folder(INBOX, delimiter, INBOX.encode()))
    own = spaces[0][0] if spaces[0] else Namespace("", delimiter)
    listed = _statuses(lines)
    statuses = {name: status for name, f in folders.items() if (status := listed.get(wire_name(f)))}
    return FolderList(own, tuple(folders.values()), statuses, tuple(foreign))


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
    told = _statuses(lines)
    found = ((folder.name, told.get(wire_name(folder))) for folder in folders)
    return {name: status for name, status in found if status}


def _statuses(lines: NamedLines) -> dict[bytes, FolderStatus]:
    """By wire name. One without UIDVALIDITY is worth nothing."""
    read = ((name, _status(items)) for name, items in lines.statuses)
    return {name: status for name, status in read if status.uidvalidity}


def _asked_status(
    dialogue: Dialogue, folders: Sequence[Folder]
) -> dict[str, FolderStatus | FolderError]:
    items, result = _items(dialogue), dict[str, FolderStatus | FolderError]()
    for some in _some(folders):
        tags = [dialogue.send(b"STATUS", astring(wire_name(f)), items) for f in some]
        answers = [dialogue.answer(tag) for tag in tags]
        for folder, answer in zip(some, answers, strict=True):
            told = [line for parts in answer.untagged if (line := status_line(parts))]
            if answer.ok and told:
                result[folder.name] = _status(told[-1][1])
                continue
            refusal = dialogue.refusal(answer, folder.name)
            if not isinstance(refusal, FolderError):
                raise refusal
            result[folder.name] = refusal
    return result


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
    refused: dict[str, FolderError] = {}
    for some in _some(names):
        tags = [dialogue.send(verb, astring(to_wire(name))) for name in some]
        answers = [dialogue.answer(tag) for tag in tags]
        for name, answer in zip(some, answers, strict=True):
            if answer.ok:
                continue
            refusal = dialogue.refusal(answer, name)
            if not isinstance(refusal, FolderError):
                raise refusal
            refused[name] = refusal
    return refused


def _existing(dialogue: Dialogue, names: Sequence[str]) -> set[str]:
    """Which of these are there and can hold messages. Refusals have as many wordings as servers;
    the listing has one."""
    found: set[str] = set()
    for some in _some([name for name in names if not set(name) & {"*", "%"}]):
        tags = [dialogue.send(b'LIST ""', astring(to_wire(name))) for name in some]
        for name, answer in zip(some, [dialogue.answer(tag) for tag in tags], strict=True):
            lines = (named_line(parts) for parts in answer.untagged)
            folders = (_folder(line, frozenset()) for line in lines if line)
            if any(folder.selectable and folder.name == name for folder in folders):
                found.add(name)
    return found


def _some(items: Sequence[T]) -> Iterable[Sequence[T]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
