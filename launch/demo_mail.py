"""Made-up mail for the demo, written into Maildirs: the same at each making, byte for byte.

It holds what makes a migration hard: 8-bit text in two encodings, attachments, a message without
a Message-ID, identical copies, keywords, nested folders with umlauts, and dates long past.
"""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from imapclient.imap_utf7 import encode

from launch.demo_accounts import ACCOUNTS, SOURCE_DOMAIN, DemoAccount

KEYWORDS = ("$Forwarded", "Rechnung")
_FIRST_DAY = datetime(2021, 3, 1, 8, 0, tzinfo=UTC)
_FLAGS = ("S", "S", "S", "", "FS", "RS", "S", "FRS", "Sa", "", "Sb", "RSab")
"""Maildir letters: Seen, Flagged, Replied; a and b are the keywords."""
_SUBJECTS = ("Angebot", "Rückfrage", "Termin am Dienstag", "Lieferung", "Protokoll", "Re: Angebot")
_WORDS = (
    "Bitte prüfen Sie die beigefügten Unterlagen bis Freitag.",
    "Die Maße stimmen nicht, wir brauchen größere Kartons.",
    "Der Termin mit Frau Öztürk ist auf Dienstag verlegt.",
    "Thank you for your message. The parts will arrive next week.",
    "From here on the second page begins, and this line starts with From.",
    ".. a line that begins with dots, as mail programs must not alter it.",
)


@dataclass(frozen=True, slots=True)
class DemoMessage:
    body: bytes
    received: datetime
    flags: str


def fill(mail_dir: Path, accounts: Sequence[DemoAccount] = ACCOUNTS) -> int:
    """Write all mailboxes that are not there yet. Returns how many messages were written."""
    count = 0
    for account in accounts:
        maildir = mail_dir / account.address / "Maildir"
        if maildir.exists():
            continue
        # A name of its own until it is whole: a start that was cut off is made again.
        draft = maildir.with_name("Maildir.draft")
        count += _fill_mailbox(draft, account)
        draft.rename(maildir)
    return count


def messages(account: DemoAccount, folder: str, count: int) -> list[DemoMessage]:
    """The mail of one folder, oldest first."""
    chance = random.Random(f"{account.name}/{folder}")
    made = [_message(account, folder, number, chance) for number in range(count)]
    if folder == "INBOX":
        # Three copies of one message: as many must arrive.
        made += [made[1], made[1]]
    return made


def folder_names(account: DemoAccount) -> tuple[str, ...]:
    return ("INBOX", "Sent", "Drafts", *account.folders)


def _fill_mailbox(maildir: Path, account: DemoAccount) -> int:
    folders = folder_names(account)
    total = 0
    for place, folder in enumerate(folders):
        # Half of it lies in the INBOX, the rest is spread.
        share = account.messages // 2 if not place else account.messages // (2 * len(folders)) + 1
        made = messages(account, folder, share)
        _write_folder(maildir, folder, made)
        total += len(made)
    for folder in account.empty_folders:
        _write_folder(maildir, folder, ())
    subscribed = [name for name in (*folders, *account.empty_folders) if name != "INBOX"]
    lines = [_on_disk(name) for name in subscribed]
    (maildir / "subscriptions").write_text("\n".join(lines) + "\n", encoding="ascii")
    return total


def _write_folder(maildir: Path, folder: str, made: Sequence[DemoMessage]) -> None:
    name = "" if folder == "INBOX" else "." + _on_disk(folder)
    directory = maildir / name
    for part in ("cur", "new", "tmp"):
        (directory / part).mkdir(parents=True, exist_ok=True)
    if name:
        (directory / "maildirfolder").touch()
    keywords = "".join(f"{number} {word}\n" for number, word in enumerate(KEYWORDS))
    (directory / "dovecot-keywords").write_text(keywords, encoding="ascii")
    for number, message in enumerate(made):
        seconds = int(message.received.timestamp())
        file = f"{seconds}.M{number}P1.demo,S={len(message.body)}:2,{message.flags}"
        path = directory / "cur" / file
        path.write_bytes(message.body)
        os.utime(path, (seconds, seconds))


def _on_disk(folder: str) -> str:
    return str(encode(folder.replace("/", ".")).decode("ascii"))


def _message(account: DemoAccount, folder: str, number: int, chance: random.Random) -> DemoMessage:
    received = _FIRST_DAY + timedelta(minutes=chance.randrange(60 * 24 * 365 * 4))
    kind = number % 6
    subject = chance.choice(_SUBJECTS)
    other = f"kunde{chance.randrange(90)}@customer.example"
    outgoing = folder in ("Sent", "Drafts")
    sender, receiver = (account.address, other) if outgoing else (other, account.address)
    lines = [
        f"Date: {format_datetime(received)}",
        f"From: <{sender}>",
        f"To: <{receiver}>",
        f"Subject: =?utf-8?b?{base64.b64encode(subject.encode()).decode()}?=",
        "MIME-Version: 1.0",
    ]
    if kind != 5:
        unique = f"{number}.{chance.getrandbits(64):016x}@{SOURCE_DOMAIN}"
        lines.insert(1, f"Message-ID: <{unique}>")
    head = "\n".join(lines).encode("ascii") + b"\n"
    flags = "D" * (folder == "Drafts") + chance.choice(_FLAGS)
    return DemoMessage(head + _content(kind, chance), received, flags)


def _content(kind: int, chance: random.Random) -> bytes:
    text = "\n".join(chance.choices(_WORDS, k=chance.randrange(3, 40))) + "\n"
    if kind == 1:
        return _text("iso-8859-1", text)
    if kind in (2, 4):
        return _with_attachment(text, chance.randbytes(chance.randrange(2_000, 60_000)))
    return _text("utf-8", text)


def _text(charset: str, text: str) -> bytes:
    head = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n"
    return head.encode("ascii") + text.encode(charset)


def _with_attachment(text: str, data: bytes) -> bytes:
    coded = base64.encodebytes(data)
    return b"".join(
        (
            b'Content-Type: multipart/mixed; boundary="=_demo"\n\n--=_demo\n',
            _text("utf-8", text),
            b"--=_demo\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n",
            b'Content-Disposition: attachment; filename="Angebot.pdf"\n\n',
            coded,
            b"--=_demo--\n",
        )
    )
