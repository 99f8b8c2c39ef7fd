"""What the tests want of a mail server, and how mail gets straight into a store.

Every login's password is "pass"."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Protocol

from imapclient.imap_utf7 import encode

from tests.real.corpus import Mail
from tests.real.plain import Plain, Refusal

PASSWORD = "pass"
INBOX = "INBOX"
numbers = count(1)

Mailbox = Mapping[str, Sequence[Mail]]
"""By the whole name of the folder, with prefix and separator."""


class MailServer(Protocol):
    """A running one."""

    prefix: str
    separator: str

    @property
    def port(self) -> int: ...

    def new_login(self) -> str:
        """Of a new, empty mailbox."""
        ...

    def fill(self, login: str, mailbox: Mailbox) -> dict[str, str]:
        """Put this mail into the store, byte for byte where the store can hold it. The answer has
        the folders whose names the server refused, with its words."""
        ...

    def renew(self, login: str) -> None:
        """Folders get a new UIDVALIDITY, and the same messages new uids."""
        ...

    def save(self, login: str) -> Path:
        """A backup of the mailbox as it is now."""
        ...

    def restore(self, login: str, backup: Path) -> None:
        """The mailbox is again as it was, with its UIDVALIDITY and its uids."""
        ...

    def stop(self) -> None: ...


def make_folders(
    client: Plain, mailbox: Mailbox, directories: Callable[[], set[Path]]
) -> tuple[dict[str, Path], dict[str, str]]:
    """Make the folders over IMAP. Where each lies is seen from which directory is new; and which
    names were refused, and why."""
    places: dict[str, Path] = {}
    refused: dict[str, str] = {}
    known = directories()
    for name in mailbox:
        if name == INBOX:
            continue
        try:
            client.create(encode(name))
        except Refusal as refusal:
            refused[name] = str(refusal)
            continue
        now = directories()
        places[name] = max(now - known, key=lambda path: (len(path.parts), len(path.name)))
        known = now
    return places, refused


def write_maildir(
    directory: Path, mails: Iterable[Mail], stored: Callable[[bytes], bytes] = bytes
) -> None:
    """`stored` makes of a body what lies in the file."""
    for mail in mails:
        # A name of its own in all folders: by it Courier knows the file that it has open.
        path = directory / "cur" / f"{mail.instant}.M{next(numbers):05}P1.odd:2,{mail.flags}"
        path.write_bytes(stored(mail.body))
        os.utime(path, (mail.instant, mail.instant))


def maildirs(root: Path) -> set[Path]:
    """All folders of a Maildir++."""
    return {path for path in root.iterdir() if (path / "cur").is_dir()}


def copy_tree(source: Path, target: Path) -> None:
    """With owners and times, in place of what is there."""
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def whole_names(server: MailServer, mailbox: Mapping[str, Sequence[Mail]]) -> Iterator[str]:
    """Names as this server spells them, of names with '/' between the levels and no prefix."""
    for name in mailbox:
        yield name if name == INBOX else server.prefix + name.replace("/", server.separator)


def renew_over_imap(server: MailServer, login: str) -> None:
    """All folders are removed and made anew, with copies of the same messages; but for INBOX, which
    its owner cannot make anew."""
    with Plain(server.port, login, PASSWORD) as client:
        names = [name for name in client.names() if name != b"INBOX"]
        spares = {name: f"{server.prefix}spare{at}".encode() for at, name in enumerate(names)}
        for name, spare in spares.items():
            client.create(spare)
            client.copy_all(name, spare)
        # None may be open while it goes.
        client.select(b"INBOX")
        # One with others in it is not removed.
        for name in sorted(names, key=len, reverse=True):
            client.delete(name)
        for name, spare in spares.items():
            with suppress(Refusal):  # Made by now with one that is in it.
                client.create(name)
            client.copy_all(spare, name)
            client.select(b"INBOX")
            client.delete(spare)
