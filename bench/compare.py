"""Two mailboxes compared on disk, message by message, without asking any server.

Maildir++ as Dovecot 2.3 writes it: folders are directories '.Name.Sub' in modified UTF-7, flags
stand behind ':2,' in the file's name, keywords are letters explained by `dovecot-keywords`, and the
internal date is the file's modification time.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

LETTERS = {"S": "\\Seen", "R": "\\Answered", "F": "\\Flagged", "T": "\\Deleted", "D": "\\Draft"}
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """One message as it lies on disk; `date` in whole seconds since the epoch."""

    digest: bytes
    begin: bytes
    """The first bytes of it, to name it by."""
    flags: frozenset[str]
    date: int


@dataclass(frozen=True, slots=True)
class Damage:
    """What a copy did to the mail. `misfiled` messages are whole, with other flags or date."""

    lost: int = 0
    doubled: int = 0
    altered: int = 0
    misfiled: int = 0

    def __add__(self, other: Damage) -> Damage:
        return Damage(
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.altered + other.altered,
            self.misfiled + other.misfiled,
        )


Mailbox = dict[str, Counter[Stored]]
"""Folder directory name ('' for INBOX) → its messages as a multiset; empty folders left out."""


def read_mailbox(maildir: Path) -> Mailbox:
    """As it lies on disk; {} when there is none."""
    folders = {"": maildir}
    folders.update((path.name, path) for path in maildir.glob(".*") if (path / "cur").is_dir())
    read = {name: _read_folder(path) for name, path in folders.items()}
    return {name: messages for name, messages in read.items() if messages}


def fingerprints(maildir: Path) -> Counter[tuple[str, Stored]]:
    """All messages with their folder's directory name, as often as each occurs."""
    return Counter(
        {
            (folder, message): number
            for folder, messages in read_mailbox(maildir).items()
            for message, number in messages.items()
        }
    )


def difference(source: Path, destination: Path) -> list[str]:
    """What is lost, doubled or altered, in words; empty when both mailboxes hold the same."""
    ours, theirs = read_mailbox(source), read_mailbox(destination)
    found = []
    for folder in sorted({*ours, *theirs}):
        have, want = theirs.get(folder, Counter()), ours.get(folder, Counter())
        found += [f"missing in {folder or 'INBOX'}: {_name(m)}" for m in (want - have).elements()]
        found += [f"too many in {folder or 'INBOX'}: {_name(m)}" for m in (have - want).elements()]
    return found


def damage(source: Mailbox, destination: Mailbox) -> Damage:
    """The same in numbers. What is missing and what is strange in one folder count as altered."""
    found = Damage()
    for folder in {*source, *destination}:
        want, have = source.get(folder, Counter()), destination.get(folder, Counter())
        found += _folder_damage(want, have)
    return found


def total(mailbox: Mailbox) -> int:
    """How many messages it holds."""
    return sum(messages.total() for messages in mailbox.values())


def _folder_damage(want: Counter[Stored], have: Counter[Stored]) -> Damage:
    bodies, arrived = _bodies(want), _bodies(have)
    missing = (bodies - arrived).total()
    extra = arrived - bodies
    doubled = sum(number for digest, number in extra.items() if digest in bodies)
    altered = min(missing, extra.total() - doubled)
    whole = (bodies & arrived).total()
    return Damage(missing - altered, doubled, altered, whole - (want & have).total())


def _bodies(messages: Counter[Stored]) -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    for message, number in messages.items():
        found[message.digest] += number
    return found


def _read_folder(folder: Path) -> Counter[Stored]:
    keywords = _keywords(folder / "dovecot-keywords")
    return Counter(
        _read_message(file, keywords)
        for part in ("cur", "new")
        if (folder / part).is_dir()
        for file in (folder / part).iterdir()
    )


def _read_message(file: Path, keywords: dict[str, str]) -> Stored:
    with file.open("rb") as opened:
        piece = opened.read(_PIECE)
        begin, digest = piece[:60], hashlib.sha256(piece)
        while piece := opened.read(_PIECE):
            digest.update(piece)
    return Stored(digest.digest(), begin, _flags(file.name, keywords), int(file.stat().st_mtime))


def _keywords(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = (line.split(" ", 1) for line in path.read_text().splitlines())
    return {chr(ord("a") + int(number)): name for number, name in lines}


def _flags(name: str, keywords: dict[str, str]) -> frozenset[str]:
    letters = name.partition(":2,")[2].partition(",")[0]
    return frozenset((LETTERS | keywords)[letter] for letter in letters)


def _name(message: Stored) -> str:
    return f"{message.begin!r} {sorted(message.flags)} {message.date}"
