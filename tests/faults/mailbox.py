"""Mailboxes made to be hard to copy: one of 60 messages in 5 folders, and a large one in 15."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imapclient.imap_utf7 import encode

from bench.corpus import give

FOLDERS = ("INBOX", "Sent", "Archiv", "Archiv/2023", "Entwürfe & Größe")
MESSAGES = 60
MORE_FOLDERS = (
    *FOLDERS,
    "Projekte",
    "Projekte/Alt",
    "Projekte/Alt/2019",
    "Projekte/Neu",
    "日本語",
    "R+D",
    "Rechnungen",
    "Rechnungen/März",
    "Zahlen 100%",
    "Zeitung",
)
MANY = 1500
TWICE_AS_MANY = 3000
LARGE = 300 * 1024
_BLOCK = 20
"""Messages after which a folder begins to be odd anew."""
_FIRST_SECOND = 1_650_000_000
_FLAGS = ("S", "", "FS", "RS", "Sa", "D")
"""Maildir letters; a is a keyword."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One message: its body with LF, as Dovecot keeps it on disk. `new`: nobody has seen it."""

    body: bytes
    flags: str
    received: int
    new: bool = False


def write_mailbox(
    maildir: Path, folders: Sequence[str] = FOLDERS, messages: int = MESSAGES
) -> None:
    """Make the mailbox; it belongs to the mail servers' user."""
    for place, folder in enumerate(folders):
        directory = _directory(maildir, folder)
        mails = _mails(folder, messages // len(folders), large=not place)
        for number, mail in enumerate(mails):
            _write(directory, number, mail)
    names = "".join(f"{_on_disk(name)}\n" for name in folders[1:])
    (maildir / "subscriptions").write_text(names, encoding="ascii")
    give(maildir.parent)


def write_journal(maildir: Path, journal: Path) -> None:
    """All that one mailbox has stands in the folder Journal of the other, and nobody has read it
    there."""
    directory = _directory(journal, "Journal")
    for number, path in enumerate(sorted(maildir.glob("**/[cn]*/*.old*"))):
        received = path.name.partition(".")[0]
        size = path.name.partition(":")[0].partition(",")[2]
        name = f"{received}.J{number}P1.old{size and ','}{size}:2,"
        shutil.copy2(path, directory / "cur" / name)
    give(journal.parent)


def _mails(folder: str, count: int, *, large: bool) -> Iterator[Mail]:
    """In each block three identical ones, two identical ones without a Message-ID, the rest each
    its own."""
    for number in range(count):
        block, place = divmod(number, _BLOCK)
        mark = f" {block}" if block else ""
        if place in (3, 4, 5):
            yield Mail(body(f"{folder} same{mark}"), "S", _FIRST_SECOND)
        elif place in (7, 8):
            yield Mail(body(f"{folder} nameless{mark}", named=False), "", _FIRST_SECOND + 7)
        else:
            size = LARGE if large and number == 6 else 400 * place
            text = body(f"{folder} {number}", size=size, named=place != 9)
            new = large and number in (10, 11)
            flags = "" if new else _FLAGS[number % len(_FLAGS)]
            yield Mail(text, flags, _FIRST_SECOND + 1000 * number, new=new)


def body(name: str, *, size: int = 200, named: bool = True) -> bytes:
    """A message of at least this size. Not `named`: it has no Message-ID."""
    number = name.encode().hex()
    head = f"Message-ID: <{number}@old.example>\n" if named else ""
    head += f"Date: Tue, 01 Mar 2022 10:00:00 +0100\nFrom: a@old.example\nSubject: {name}\n\n"
    line = f"Größe {number}\n".encode()
    return head.encode() + line * (size // len(line) + 1)


def _write(directory: Path, number: int, mail: Mail) -> None:
    # Dovecot would write the size with CRLF into its list of uids, if it were not told here.
    wire_size = len(mail.body) + mail.body.count(b"\n")
    name = f"{mail.received}.M{number}P1.old,S={len(mail.body)},W={wire_size}"
    path = directory / ("new" if mail.new else "cur") / name
    if not mail.new:
        path = path.with_name(f"{name}:2,{mail.flags}")
    path.write_bytes(mail.body)
    os.utime(path, (mail.received, mail.received))


def _directory(maildir: Path, folder: str) -> Path:
    directory = maildir if folder == "INBOX" else maildir / ("." + _on_disk(folder))
    for part in ("cur", "new", "tmp"):
        (directory / part).mkdir(parents=True, exist_ok=True)
    (directory / "dovecot-keywords").write_text("0 $Forwarded\n", encoding="ascii")
    return directory


def _on_disk(folder: str) -> str:
    return str(encode(folder.replace("/", ".")).decode("ascii"))
