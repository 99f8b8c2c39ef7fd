"""Made-up mailboxes of every kind, through the options that choose and remove, compared on disk."""

from __future__ import annotations

import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shell.conftest import Mailbox, Shell

OPTIONS = [
    [],
    ["--delete2", "--delete2folders"],
    ["--noresyncflags", "--subfolder2=Old mail"],
    ["--skipcrossduplicates", "--delete2"],
    ["--delete2duplicates"],
    ["--maxage=30", "--delete1"],
    ["--minsize=5000", "--delete2"],
    ["--exclude=(?i)spam", "--f1f2=Sent=INBOX.Moved.Sent"],
]
FOLDERS = ["", ".Work", ".Sent", ".Gesendete Elemente", ".Old.Deep", ".Spam", ".Empty"]
TIMES = [1_600_000_000, 1_790_000_000, 1_795_000_000]
PLAIN = {"--skipcrossduplicates", "--maxage=30", "--minsize=5000"}

Held = dict[str, Counter[bytes]]
"""Bodies by directory, '.' for INBOX."""


def bodies(chance: random.Random) -> Iterator[bytes]:
    """Some twice, some without Message-ID, some with another's, some without text."""
    made: list[bytes] = []
    while True:
        number, kind = chance.randrange(10**9), chance.randrange(8)
        shared = 7 if kind == 2 else number
        head = f"Message-ID: <{shared}@x>\n" if kind != 1 else ""
        head += f"From: a@x\nSubject: {number % 7}\nDate: Wed, 17 Jul 2024 02:44:25 +0200\n\n"
        texts = {3: b"8 bit \xff\xe4\n", 4: b"x" * 12_000 + b"\n", 5: b"", 6: b".\nFrom x\n"}
        fresh = head.encode() + texts.get(kind, b"%d\n" % number)
        made.append(chance.choice(made) if made and kind == 0 else fresh)
        yield made[-1]


def put(mailbox: Mailbox, folder: str, some: list[bytes], chance: random.Random) -> None:
    place = mailbox.maildir / folder
    for name in ("cur", "new", "tmp"):
        (place / name).mkdir(parents=True, exist_ok=True)
    if folder:
        (place / "maildirfolder").touch()
    for number, body in enumerate(some):
        at = chance.choice(TIMES) + number
        flags = chance.choice(["", "S", "FS", "RS"])
        path = place / "cur" / f"{at}.M{number}P{chance.randrange(10**6)}.x,S={len(body)}:2,{flags}"
        path.write_bytes(body)
        os.utime(path, (at, at))


def paths(mailbox: Mailbox) -> Iterator[Path]:
    for name in ("cur", "new"):
        yield from mailbox.maildir.glob(f"**/{name}/*")


def held(mailbox: Mailbox) -> Held:
    found: Held = defaultdict(Counter)
    for path in paths(mailbox):
        folder = str(path.parent.parent.relative_to(mailbox.maildir))
        found[folder][path.read_bytes().replace(b"\r\n", b"\n")] += 1
    return found


def on_disk(mailbox: Mailbox) -> dict[str, tuple[int, int]]:
    """Each message by name, flags left out: nobody promises that the server keeps its files' names
    when it learns their sizes."""
    found = ((path.name.split(",")[0], path.stat()) for path in paths(mailbox))
    return {name: (stat.st_size, int(stat.st_mtime)) for name, stat in found}


def everything(mail: Held) -> set[bytes]:
    return {body for counted in mail.values() for body in counted}


def directory(name: str) -> str:
    inside = name.removeprefix("INBOX.").replace("/", ".")
    return "." if name == "INBOX" else f".{inside}"


def numbers(told: dict[str, object]) -> list[dict[str, object]]:
    """What a rehearsal has to foretell."""
    kept = ("destination", "found", "copied", "present", "skipped", "removed", "created")
    more = ("duplicates_removed", "folder_removed", "deleted_at_source")
    folders = told["folders"]
    assert isinstance(folders, list)
    return sorted(({name: folder[name] for name in (*kept, *more)} for folder in folders), key=str)


def fill(shell: Shell, chance: random.Random) -> None:
    """The destination has some of the source's messages, and some of its own."""
    made = bodies(chance)
    for folder in FOLDERS:
        several = 0 if folder == ".Empty" else chance.randrange(12)
        put(shell.source, folder, [next(made) for _ in range(several)], chance)
    known = sorted(everything(held(shell.source)))
    for folder in ("", ".Sent", ".Own", ".Own.Inner"):
        some = [chance.choice([*known[:20], next(made)]) for _ in range(chance.randrange(6))]
        put(shell.destination, folder, some, chance)
    shell.source._give()
    shell.destination._give()


@pytest.mark.parametrize(("seed", "options"), list(enumerate(OPTIONS)), ids=str)
def test_any_mailbox_with_any_options(
    shell: Shell, tmp_path: Path, seed: int, options: list[str]
) -> None:
    """Nothing is lost, nothing doubled, the source is untouched unless asked, a rehearsal foretells
    the numbers, and a second run changes nothing."""
    fill(shell, random.Random(seed))
    state = [f"--state={tmp_path / 'state'}"] if seed % 3 else []
    here, there, source = held(shell.source), held(shell.destination), on_disk(shell.source)
    rehearsed = shell.run("--json", "--dry", *options, *state)
    assert held(shell.destination) == there
    ran = shell.run("--json", *options, *state)
    assert (rehearsed.status, ran.status) == (0, 0), (rehearsed, ran)
    assert numbers(rehearsed.told) == numbers(ran.told)
    if "--delete1" not in options:
        assert on_disk(shell.source) == source
    now = held(shell.destination)
    assert everything(here) <= everything(now) | everything(held(shell.source)) | left(
        here, options
    )
    if not PLAIN & set(options):
        check_folders(here, there, now, ran.told, options=options)
    if "--delete2folders" in options:
        assert not {".Own", ".Own.Inner"} & set(now)
    elif "--delete2" not in options and "--delete2duplicates" not in options:
        assert all(not counted - now[folder] for folder, counted in there.items())
    before = on_disk(shell.destination)
    again = shell.run("--json", *options, *state)
    assert (again.status, on_disk(shell.destination)) == (0, before), again


def left(here: Held, options: list[str]) -> set[bytes]:
    """What was not to be copied."""
    if "--minsize=5000" in options:
        return {body for body in everything(here) if len(body) < 6000}
    return set(here[".Spam"]) if "--exclude=(?i)spam" in options else set()


def check_folders(
    here: Held, there: Held, now: Held, told: dict[str, object], *, options: list[str]
) -> None:
    """Each folder holds what its source holds, as often, and nothing that neither side had."""
    folders = told["folders"]
    assert isinstance(folders, list)
    places = {directory(f["source"]): directory(f["destination"]) for f in folders if f["source"]}
    for folder, counted in here.items():
        if folder == ".Spam" and "--exclude=(?i)spam" in options:
            assert folder not in places
            continue
        got, had = now[places[folder]], there[places[folder]]
        assert not counted - got
        assert not got - counted - (Counter() if "--delete2" in options else had)
