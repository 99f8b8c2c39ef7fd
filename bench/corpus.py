"""Made-up mailboxes of any size, written straight into a Maildir; the same at each making.

Sizes are log-normal, as those of real mail. Folders are nested and have odd names. One message in
97 has no Message-ID, one in 61 is a copy of the one before it, some are 8-bit.
"""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from imapclient.imap_utf7 import encode

from launch.dovecot import run_as

KEYWORDS = ("$Forwarded", "Rechnung")
FOLDERS = (
    "INBOX",
    "Sent",
    "Drafts",
    "Archiv",
    "Archiv/2023",
    "Archiv/2023/Quartal 1",
    "Archiv/2023/Quartal 2",
    "Archiv/2024",
    "Größe & Maße",
    "Kunden [alt]",
    'Kunden [alt]/"Huber" GmbH',
    "Кириллица",
    "Kunden/Süd/Öhringen",
    "日本",
    "x",
)
_LINE = 77
_POOL_LINES = 50_000
_FIRST_SECOND = 1_600_000_000
_FLAGS = ("S", "S", "S", "", "FS", "RS", "S", "FRS", "Sa", "", "Sb", "RSab")
"""Maildir letters; a and b are the keywords."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """`size` is that of all messages together, without `large`; `spread` the sigma of sizes."""

    name: str
    messages: int
    size: int
    spread: float = 1.88
    folders: tuple[str, ...] = FOLDERS
    large: int = 0
    """The size of one message more, 0 for none."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One message: its body with LF, as Dovecot keeps it on disk."""

    body: bytes
    received: int
    flags: str


def write_mailbox(maildir: Path, recipe: Recipe) -> int:
    """Make the mailbox; the number of its messages. It belongs to the mail servers' user."""
    count = 0
    for folder, messages in _by_folder(recipe).items():
        directory = _folder_directory(maildir, folder)
        for number, mail in enumerate(messages):
            _write(directory / "cur", number, mail)
            count += 1
    names = [_on_disk(name) for name in recipe.folders if name != "INBOX"]
    (maildir / "subscriptions").write_text("".join(f"{n}\n" for n in names), encoding="ascii")
    give(maildir.parent)
    return count


def additions(recipe: Recipe, count: int, seed: int) -> list[bytes]:
    """New messages with CRLF, for a client to append."""
    chance = random.Random(f"{recipe.name}/new/{seed}")
    sizes = [min(size, 200_000) for size in _sizes(recipe, chance)][:count]
    made = (_body(f"new{seed}-{place}", size, chance) for place, size in enumerate(sizes))
    return [body.replace(b"\n", b"\r\n") for body in made]


def give(directory: Path) -> None:
    """To the mail servers' user, when we are root."""
    if os.getuid():
        return
    user = run_as()
    for root, _, files in os.walk(directory):
        for name in (".", *files):
            os.chown(os.path.join(root, name), user.pw_uid, user.pw_gid)


def _by_folder(recipe: Recipe) -> dict[str, Iterator[Mail]]:
    """Half of it in the INBOX, the rest spread evenly."""
    chance = random.Random(recipe.name)
    sizes = _sizes(recipe, chance)
    others = recipe.folders[1:]
    parts: dict[str, list[int]] = {folder: [] for folder in recipe.folders}
    for place, size in enumerate(sizes):
        folder = others[place // 2 % len(others)] if others and place % 2 else recipe.folders[0]
        parts[folder].append(size)
    if recipe.large:
        parts[recipe.folders[0]].append(recipe.large)
    return {folder: _mails(recipe, folder, part) for folder, part in parts.items()}


def _sizes(recipe: Recipe, chance: random.Random) -> list[int]:
    raw = [min(chance.lognormvariate(0, recipe.spread), 680.0) for _ in range(recipe.messages)]
    scale = recipe.size / sum(raw)
    return [max(int(size * scale), 300) for size in raw]


def _mails(recipe: Recipe, folder: str, sizes: Sequence[int]) -> Iterator[Mail]:
    chance = random.Random(f"{recipe.name}/{folder}")
    before: Mail | None = None
    for number, size in enumerate(sizes):
        if before is not None and number % 61 == 60:
            yield before
            continue
        name = "" if number % 97 == 96 else f"{folder.encode().hex()}.{number}"
        draft = "D" if folder == "Drafts" else ""
        flags = draft + chance.choice(_FLAGS)
        received = _FIRST_SECOND + chance.randrange(100_000_000)
        before = Mail(_body(name, size, chance), received, flags)
        yield before


def _body(name: str, size: int, chance: random.Random) -> bytes:
    """A message of about this size. An empty name: it has no Message-ID."""
    number = chance.randrange(1_000_000)
    head = (
        (f"Message-ID: <{name}.{number}@old.example>\n" if name else "")
        + f"Date: Tue, 0{number % 9 + 1} Mar 2022 10:{number % 60:02}:00 +0100\n"
        + f"From: Kunde {number} <kunde{number}@customer.example>\nTo: <info@old.example>\n"
        + f"Subject: Angebot {number}\nMIME-Version: 1.0\n"
        + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
        + ("Größe und Maße stimmen.\n" if number % 7 == 0 else "")
    ).encode()
    return head + _text(max(size - len(head), _LINE), chance)


def _text(size: int, chance: random.Random) -> bytes:
    pool = _pool()
    parts = []
    while size > 0:
        begin = chance.randrange(_POOL_LINES // 2) * _LINE
        part = pool[begin : begin + min(size // _LINE + 1, _POOL_LINES // 2) * _LINE]
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


@cache
def _pool() -> bytes:
    return base64.encodebytes(random.Random("pool").randbytes(_POOL_LINES * 57))


def _write(directory: Path, number: int, mail: Mail) -> None:
    wire_size = len(mail.body) + mail.body.count(b"\n")
    name = f"{mail.received}.M{number}P1.bench,S={len(mail.body)},W={wire_size}:2,{mail.flags}"
    path = os.path.join(directory, name)
    with open(path, "wb", buffering=0) as file:
        file.write(mail.body)
    os.utime(path, (mail.received, mail.received))


def _folder_directory(maildir: Path, folder: str) -> Path:
    directory = maildir / ("" if folder == "INBOX" else "." + _on_disk(folder))
    for part in ("cur", "new", "tmp"):
        (directory / part).mkdir(parents=True, exist_ok=True)
    if directory != maildir:
        (directory / "maildirfolder").touch()
    keywords = "".join(f"{number} {word}\n" for number, word in enumerate(KEYWORDS))
    (directory / "dovecot-keywords").write_text(keywords, encoding="ascii")
    return directory


def _on_disk(folder: str) -> str:
    return str(encode(folder.replace("/", ".")).decode("ascii"))
