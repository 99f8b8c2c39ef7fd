"""A source that is used while it is copied, and a source that must not notice to be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from imapclient import IMAPClient

from bench.compare import Stored, read_mailbox
from sync.errors import Side
from sync.options import Mode
from tests.faults.killing import Kill, Moment
from tests.faults.mailbox import FOLDERS, MESSAGES, body
from tests.faults.script import Script
from tests.faults.stage import PASSWORD, Scene, Stage
from tests.faults.wire import Command, Phase

STATUS = ("MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "HIGHESTMODSEQ")
Change = Callable[[IMAPClient], object]


class Busy(Script):
    """A second client that does one more thing before each listing and each fetch of bodies."""

    def __init__(self, client: IMAPClient, changes: Sequence[Change]) -> None:
        self._client = client
        self.left = list(changes)

    def command(self, command: Command) -> None:
        if self.left and command.phase in (Phase.LISTING, Phase.BODIES):
            self.left.pop(0)(self._client)


def append(folder: str, name: str) -> Change:
    return lambda client: client.append(folder, body(name).replace(b"\n", b"\r\n"))


def expunge(folder: str, *uids: int) -> Change:
    def change(client: IMAPClient) -> None:
        client.select_folder(folder)
        client.delete_messages(uids)
        client.uid_expunge(uids)

    return change


def flag(folder: str, *uids: int) -> Change:
    def change(client: IMAPClient) -> None:
        client.select_folder(folder)
        client.add_flags(uids, ["\\Flagged", "$Label1"])

    return change


def changes() -> list[Change]:
    return [
        expunge("INBOX", 2),
        append("INBOX", "new in the inbox"),
        flag("INBOX", 3, 4),
        expunge("INBOX", 5),
        append("Archiv", "new in the archive"),
        expunge("Archiv", 1, 12),
        flag("Archiv", 2),
        append("Archiv", "another one"),
        flag("Archiv/2023", 7),
        expunge("Archiv/2023", 8),
        append("INBOX", "late in the inbox"),
        flag("INBOX", 6),
        append("Sent", "new in the sent"),
        expunge("Sent", 3),
    ]


@pytest.fixture
def client(stage: Stage) -> Iterator[Callable[[str], IMAPClient]]:
    """A mail program of the source's owner."""
    opened: list[IMAPClient] = []

    def connect(name: str) -> IMAPClient:
        port = stage.servers[Side.SOURCE].spec.port
        opened.append(IMAPClient("127.0.0.1", port, ssl=False))
        opened[-1].login(name, PASSWORD)
        return opened[-1]

    yield connect
    for one in opened:
        one.logout()


def used_while_copied(scene: Scene, client: IMAPClient, mode: Mode) -> None:
    """One run amid changes, and one after them."""
    busy = Busy(client, changes())
    during = scene.run({Side.SOURCE: busy}, mode=mode)
    assert during.sound, during
    assert not busy.left
    after = scene.run(mode=mode)
    assert after.green, after


def counted(scene: Scene, side: Side, *, flags: bool) -> Counter[tuple[object, ...]]:
    """Every message with its folder and its date, and with its flags or without."""
    held: Counter[tuple[object, ...]] = Counter()
    for folder, messages in read_mailbox(scene.maildir(side)).items():
        for message, number in messages.items():
            held[_key(folder, message, flags)] += number
    return held


def _key(folder: str, message: Stored, flags: bool) -> tuple[object, ...]:
    return (folder, message.digest, message.date, message.flags if flags else None)


def test_mode_all_makes_both_sides_equal(stage: Stage, client: Callable[[str], IMAPClient]) -> None:
    """After it rests, one more run makes the destination exactly the source."""
    scene = stage.scene(live=0)
    used_while_copied(scene, client(scene.source), Mode.ALL)
    assert scene.difference() == []


@pytest.mark.parametrize(("live", "mode"), [(1, Mode.FLAGS_AND_NEW), (2, Mode.NEW)])
def test_the_other_modes_lose_nothing(
    stage: Stage, client: Callable[[str], IMAPClient], live: int, mode: Mode
) -> None:
    """All that the source has is there once, in mode 'flags and new' with its flags; what stands
    there beside it was expunged at the source."""
    scene = stage.scene(live=live)
    before = counted(scene, Side.SOURCE, flags=False)
    used_while_copied(scene, client(scene.source), mode)
    flags = mode is Mode.FLAGS_AND_NEW
    ours, theirs = (counted(scene, side, flags=flags) for side in Side)
    assert ours - theirs == Counter()
    ours, theirs = (counted(scene, side, flags=False) for side in Side)
    assert theirs - ours <= before - ours
    scene.run(mode=mode)
    assert not scene.writes()


def files(maildir: Path) -> dict[str, object]:
    """By path: size and time of change of each message, and what stands in the lists of uids,
    keywords and subscriptions. Dovecot's index and cache are its own affair."""
    found: dict[str, object] = {}
    for path in maildir.rglob("*"):
        if path.parent.name in ("cur", "new", "tmp"):
            found[str(path)] = (path.stat().st_size, path.stat().st_mtime_ns)
        elif path.name in ("dovecot-uidlist", "dovecot-keywords", "subscriptions"):
            found[str(path)] = path.read_bytes()
    return found


def told(client: IMAPClient) -> dict[str, object]:
    """What the server says of its folders, without opening any; and of each message, by EXAMINE."""
    answers: dict[str, object] = {}
    uids = list(range(1, MESSAGES + 1))
    for folder in (*FOLDERS, "Drafts", "Junk", "Trash"):
        answers[folder] = client.folder_status(folder, STATUS)
        client.select_folder(folder, readonly=True)
        answers[folder + " messages"] = {
            uid: (item[b"FLAGS"], item[b"INTERNALDATE"])
            for uid, item in client.fetch(uids, ["FLAGS", "INTERNALDATE"]).items()
        }
        client.unselect_folder()
    return answers


def test_the_source_is_untouched(stage: Stage, client: Callable[[str], IMAPClient]) -> None:
    """A whole run, a killed one, its resume and a re-run leave UIDs, flags, \\Seen, \\Recent,
    UIDNEXT, HIGHESTMODSEQ and every file of the source as they were, and send it no command that
    writes."""
    scene = stage.scene(live=3)
    owner = client(scene.source)
    before, files_before = told(owner), files(scene.maildir(Side.SOURCE))
    ended = scene.run({Side.SOURCE: Kill(Moment.AFTER, 8, stage.nursery.kill)})
    assert ended.killed
    for mode in Mode:
        ended = scene.run(mode=mode)
        assert ended.green, ended
        names = set(stage.proxies[Side.SOURCE].names())
        assert not names & {"SELECT", "APPEND", "UID STORE", "STORE", "CREATE", "EXPUNGE"}
    assert told(owner) == before
    assert files(scene.maildir(Side.SOURCE)) == files_before
    assert scene.difference() == []
