"""Odd folder names between real servers: all mail arrives, no two folders become one, and a second
run writes nothing. The rows of docs/failures.md about folders."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from imap import ImapDestination, Login, Server, open_destination
from importer.patterns import DEFAULT_EXCLUDE, compile_pattern
from launch.dovecot import SPECIAL_FOLDERS, Dovecot
from sync.errors import AccountError
from sync.mailbox import migrate
from sync.memory import MemoryMessage, MemoryServer
from sync.memory_ledger import MemoryLedger
from sync.model import Folder
from sync.options import FolderChoice, Security, SyncOptions
from sync.report import MailboxReport, Verdict
from tests.contract.conftest import outgoing
from tests.faults.watching import NeverStop, SilentProgress
from tests.imap.line import Line
from tests.imap.policy import policy_for

FS = "mail_location = maildir:~/Maildir:LAYOUT=fs"
"""Folders in folders on the disk: a level may hold a dot, and be as long as a file's name."""
SHARED = """
namespace public {
  type = public
  separator = /
  prefix = Public/
  location = maildir:%h/public
  subscriptions = no
}
"""
ANYBODY = """
passdb {
  driver = static
  args = password=pass
}
userdb {
  driver = static
  args = allow_all_users=yes
}
"""
KINDS: dict[str, dict[str, object]] = {
    "slash": {},
    "prefix": {"separator": ".", "prefix": "INBOX.", "special_folders": SPECIAL_FOLDERS},
    "slash prefix": {"prefix": "INBOX/", "settings": SHARED},
    "fs": {"settings": FS},
    "dot": {"separator": ".", "settings": "mail_location = mbox:~/mail:INBOX=~/inbox"},
}
"""'dot' is an mbox: a folder holds either mail or folders."""
_numbers = itertools.count()
WRITES = (b" APPEND ", b" CREATE ", b" SUBSCRIBE ", b" STORE ")


@dataclass
class Move:
    """From one mailbox to another, with a ledger that is kept. The destination is watched."""

    servers: tuple[Dovecot, Dovecot]
    logins: tuple[Login, Login]
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    written: list[bytes] = field(default_factory=list)
    source: MemoryServer | None = None
    """In place of a real one, for what real ones do not list."""

    def client(self, side: int, port: int = 0) -> ImapDestination:
        port = port or self.servers[side].spec.port
        server = Server("localhost", port, Security.NONE)
        return open_destination(server, self.logins[side], policy_for(port), compress=False)

    def fill(self, *names: str, side: int = 0) -> None:
        """Make these folders, with one message each that has its name in it."""
        with closing(self.client(side)) as client:
            assert client.create(names) == {}
            delimiter = client.folders().namespace.delimiter
            for name in names:
                body = b"Subject: x\r\n\r\n" + name.encode() + b"\r\n"
                assert list(client.append(outgoing(Folder(name, delimiter), [body])))

    def run(self, options: SyncOptions | None = None) -> MailboxReport:
        line = Line(self.servers[1].spec.port)
        self.ledger.begin_run()
        theirs = self.source or self.client(0)
        try:
            with closing(theirs) as source, closing(self.client(1, line.port)) as destination:
                return migrate(
                    source,
                    destination,
                    self.ledger,
                    options=options or SyncOptions(),
                    progress=SilentProgress(),
                    stop=NeverStop(),
                )
        finally:
            line.close()
            said = line.said().split(b"\r\n")
            self.written = [one for one in said if any(verb in one for verb in WRITES)]

    def places(self, options: SyncOptions | None = None) -> dict[str, str]:
        """Of a run that proves every message, with one that copies nothing behind it."""
        report = self.run(options)
        assert report.verdict is Verdict.VERIFIED, report
        places = {folder.source: folder.destination for folder in report.folders}
        assert len(set(places.values())) == len(places)
        for folder in report.folders:
            assert folder.found == folder.copied + folder.present
        again = self.run(options)
        assert self.written == []
        assert {folder.source: folder.destination for folder in again.folders} == places
        return places


@pytest.fixture(scope="module")
def odd_server(make_dovecot: Callable[..., Dovecot]) -> Callable[[str], Dovecot]:
    started: dict[str, Dovecot] = {}

    def get(kind: str) -> Dovecot:
        if kind not in started:
            spec = {"special_folders": (), **KINDS[kind]}
            spec["settings"] = ANYBODY + str(spec.get("settings", ""))
            started[kind] = make_dovecot(**spec)
        return started[kind]

    return get


@pytest.fixture
def move(odd_server: Callable[[str], Dovecot]) -> Callable[[str, str], Move]:
    """Between two kinds of servers, with empty mailboxes."""

    def make(source: str, destination: str) -> Move:
        logins = tuple(Login(f"odd{next(_numbers)}@example.test", "pass") for _ in range(2))
        return Move((odd_server(source), odd_server(destination)), logins)  # type: ignore[arg-type]

    return make


BOTH_WAYS = [
    ("slash", "prefix", ["Work/2024", "Größe"], ["INBOX.Work.2024", "INBOX.Größe"]),
    ("prefix", "slash", ["INBOX.Work.2024", "INBOX.Größe"], ["Work/2024", "Größe"]),
    ("dot", "slash", ["Work.2024"], ["Work/2024"]),
    ("slash", "dot", ["Work/2024"], ["Work.2024"]),
    ("slash prefix", "prefix", ["INBOX/a/b"], ["INBOX.a.b"]),
    ("prefix", "slash prefix", ["INBOX.a.b"], ["INBOX/a/b"]),
    ("slash", "slash prefix", ["a/b"], ["INBOX/a/b"]),
]


@pytest.mark.parametrize(("ours", "theirs", "names", "there"), BOTH_WAYS)
def test_separators_and_prefixes(
    move: Callable[[str, str], Move], ours: str, theirs: str, names: list[str], there: list[str]
) -> None:
    """Each level of a name is the same level on the other side."""
    one = move(ours, theirs)
    one.fill(*names)
    found = one.places()
    assert [found[name] for name in names] == there


def test_a_separator_inside_a_name(move: Callable[[str, str], Move]) -> None:
    """Becomes '_', and what is called so already keeps its name."""
    one = move("fs", "prefix")
    one.fill("a.b", "a_b", "x.y/z.w")
    assert one.places() == {
        "INBOX": "INBOX",
        "a.b": "INBOX.a_b-2",
        "a_b": "INBOX.a_b",
        "x.y/z.w": "INBOX.x_y.z_w",
    }


def test_a_separator_of_the_storage(move: Callable[[str, str], Move]) -> None:
    """A destination that shows '/' and refuses '.' all the same gets a name that it takes."""
    one = move("fs", "slash")
    one.fill("a.b", "a_b", "plain")
    assert one.places() == {
        "INBOX": "INBOX",
        "a.b": "a_b-2",
        "a_b": "a_b",
        "plain": "plain",
    }


@pytest.mark.parametrize("theirs", ["prefix", "slash", "dot"])
def test_blanks_at_the_ends(move: Callable[[str, str], Move], theirs: str) -> None:
    """Are part of the name."""
    one = move("slash", theirs)
    names = [" front", "back ", "  both /inside ", " "]
    one.fill(*names)
    space = {"prefix": ("INBOX.", "."), "slash": ("", "/"), "dot": ("", ".")}[theirs]
    there = one.places()
    for name in names:
        assert there[name] == space[0] + name.replace("/", space[1])


@pytest.mark.parametrize("theirs", ["prefix", "slash", "dot"])
def test_names_that_no_server_takes(move: Callable[[str, str], Move], theirs: str) -> None:
    """What some other server has listed all the same: '~x', '..', empty levels, control characters.
    Each gets a name that the destination takes, and one that is called so keeps its name."""
    one = move("slash", theirs)
    one.source = MemoryServer()
    names = ["~x", "_x", "..", "../up", ".", "a//b", "/a", "a/", "tab\there", "bell\x07", "\x7f"]
    names += ["line\r\nbreak", "nul\0", "\x85", "a/./b", "c/~d", "new", "cur/x", "tmp", "dovecot"]
    for name in names:
        body = f"Subject: {len(name)}\r\n\r\n{name!r}\r\n"
        one.source.make_folder(name).add(MemoryMessage(body.encode()))
    there = one.places()
    assert len(there) == len(names) + 1
    assert there["_x"].endswith("_x")
    assert there["~x"].endswith("_x-2")


ODD = [
    *("'", '"', 'a"b', "back\\slash", "per%cent", "st*ar", "(paren)", "{brace}", "a&b", "&", "&-"),
    *(
        "emoji 😀",
        "עברית",
        "日本語/フォルダ",
        "e\u0301",
        "é",
        "a,b;c:d",
        "<tag>",
        "$x `y`",
        "-flag",
    ),
    *("+Folder", "NIL", "#news", "a\u00a0b", "zero\u200bwidth"),
]


@pytest.mark.parametrize(("ours", "theirs"), [("slash", "prefix"), ("prefix", "slash")])
def test_odd_characters_stay(move: Callable[[str, str], Move], ours: str, theirs: str) -> None:
    """What both servers can hold is called the same on both."""
    one = move(ours, theirs)
    spaces = {"slash": ("", "/"), "prefix": ("INBOX.", ".")}
    (prefix, between), (there_prefix, there_between) = spaces[ours], spaces[theirs]
    names = [prefix + name.replace("/", between) for name in ODD]
    one.fill(*names)
    there = one.places()
    assert [there[name] for name in names] == [
        there_prefix + name.replace("/", there_between) for name in ODD
    ]


def test_deep_names(move: Callable[[str, str], Move]) -> None:
    """Sixty levels."""
    one = move("slash", "prefix")
    deep = "/".join(f"l{number}" for number in range(60))
    one.fill(deep)
    assert one.places()[deep] == "INBOX." + deep.replace("/", ".")


@pytest.mark.parametrize("theirs", ["prefix", "slash"])
def test_long_names(move: Callable[[str, str], Move], theirs: str) -> None:
    """Up to what the source takes: whole where it fits, cut and marked where it does not, and
    never one for two. What counts is the length on the wire."""
    one = move("fs", theirs)
    same = ["n" * 239 + end for end in "ab"]
    longer = ["n" * 249 + end for end in "ab"]
    umlauts = ["ü" * 88, "ü" * 92 + "a", "ü" * 92 + "b"]
    levels = ["/".join(["level" * 10] * 12 + [end]) for end in "ab"]
    one.fill(*same, *longer, *umlauts, *levels)
    there = one.places()
    prefix = "INBOX." if theirs == "prefix" else ""
    for name in (*same, umlauts[0]):
        assert there[name] == prefix + name
    for name in (*longer, *umlauts[1:], *levels):
        assert there[name] != prefix + name


@pytest.mark.parametrize("theirs", ["prefix", "slash", "dot"])
def test_names_around_the_limit(move: Callable[[str, str], Move], theirs: str) -> None:
    """Of 254, 255, 256 and many more bytes in modified UTF-7, in one level and in many."""
    one = move("slash", theirs)
    one.source = MemoryServer()
    sizes = (239, 240, 241, 254, 255, 256, 1000)
    names = ["x" * size for size in sizes] + ["/".join(["lv"] * (size // 3)) for size in sizes]
    names += ["ü" * ((size - 2) * 3 // 8) for size in sizes]
    for name in set(names):
        one.source.make_folder(name).add(MemoryMessage(b"Subject: x\r\n\r\n%d\r\n" % len(name)))
    assert len(one.places()) == len(set(names)) + 1


def test_a_choice_between_real_servers(move: Callable[[str, str], Move]) -> None:
    """By patterns of RE2, without empty folders, everything subscribed, by the very names alone."""
    one = move("slash", "prefix")
    one.fill("Work", "Work/Old", "Spam", "Archiv/Junk 2019", "Papierkorb")
    with closing(one.client(0)) as client:
        assert client.create(["Empty", "Empty/Too"]) == {}
    options = SyncOptions(
        subscribe_all=True,
        folders=FolderChoice(
            exclude=(compile_pattern(DEFAULT_EXCLUDE),), skip_empty=True, automap=False
        ),
    )
    assert one.places(options) == {
        "INBOX": "INBOX",
        "Papierkorb": "INBOX.Papierkorb",
        "Work": "INBOX.Work",
        "Work/Old": "INBOX.Work.Old",
    }
    report = one.run(options)
    assert set(report.left_out) == {"Spam", "Archiv/Junk 2019", "Empty", "Empty/Too"}
    with closing(one.client(1)) as client:
        found = {folder.name: folder.subscribed for folder in client.folders().folders}
    assert all(found[name] for name in ("INBOX", "INBOX.Work.Old", "INBOX.Papierkorb"))
    assert not set(found) & {"INBOX.Spam", "INBOX.Archiv", "INBOX.Empty"}


def test_a_place_that_a_person_chose(move: Callable[[str, str], Move]) -> None:
    """Made, kept, and left alone when another one is chosen."""
    one = move("slash", "prefix")
    one.fill("Work", "Other")

    def chosen(place: str) -> SyncOptions:
        return SyncOptions(subfolder="Old", folders=FolderChoice(places=(("Work", place),)))

    assert one.places(chosen("INBOX.Büro.2024")) == {
        "INBOX": "INBOX.Old.INBOX",
        "Other": "INBOX.Old.Other",
        "Work": "INBOX.Büro.2024",
    }
    assert one.places(chosen("INBOX.New"))["Work"] == "INBOX.New"
    with pytest.raises(AccountError, match="'Work' and 'Other'"):
        one.run(chosen("INBOX.Old.Other"))
    assert one.written == []


def test_inbox_and_what_is_in_it(move: Callable[[str, str], Move]) -> None:
    """INBOX is one folder in any case, and there is no INBOX.INBOX."""
    one = move("slash", "prefix")
    one.fill("Inbox/Sub", "Sub", "inbox/Other")
    assert one.places() == {
        "INBOX": "INBOX",
        "INBOX/Sub": "INBOX.Sub-2",
        "INBOX/Other": "INBOX.Other",
        "Sub": "INBOX.Sub",
    }


def test_a_folder_called_inbox_inside_inbox(move: Callable[[str, str], Move]) -> None:
    """Is another folder, and stays one."""
    one = move("prefix", "slash")
    with closing(one.client(0)) as client:
        refused = client.create(["INBOX.INBOX.Sub"])
    if not refused:
        one.fill("INBOX.INBOX.Sub")
        assert set(one.places().values()) >= {"INBOX", "INBOX_/Sub"}


def test_names_equal_but_for_case(move: Callable[[str, str], Move]) -> None:
    """Stay two folders where the destination has two."""
    one = move("slash", "prefix")
    one.fill("Work", "work", "WORK", "work/a", "Work/A")
    assert one.places()["work"] == "INBOX.work"


def test_a_folder_that_holds_no_mail_is_structure_only(move: Callable[[str, str], Move]) -> None:
    """Its own place is not made for its sake, and nothing is counted for it."""
    one = move("slash", "fs")
    one.fill("Top/Middle/Leaf")
    report = one.run()
    assert [folder.source for folder in report.folders] == ["INBOX", "Top/Middle/Leaf"]
    assert b" CREATE Top\r\n" not in b"\r\n".join(one.written)


def test_shared_folders_are_left_out_and_named(move: Callable[[str, str], Move]) -> None:
    """Other people's mail is not copied, and the report says whose it could have been."""
    one = move("slash prefix", "prefix")
    one.fill("INBOX/Mine", "Public/Theirs", "Public/Theirs/More")
    report = one.run()
    assert report.verdict is Verdict.VERIFIED
    assert [folder.source for folder in report.folders] == ["INBOX", "INBOX/Mine"]
    assert set(report.left_out) == {"Public/Theirs", "Public/Theirs/More"}


def test_a_folder_that_is_there_is_adopted(move: Callable[[str, str], Move]) -> None:
    """With the mail that it has; what arrives stands beside it."""
    one = move("slash", "prefix")
    one.fill("Work", "New")
    one.fill("INBOX.Work.Mine", "INBOX.Work", side=1)
    assert one.places()["Work"] == "INBOX.Work"
    with closing(one.client(1)) as client:
        found = client.folders()
        counts = client.status([f for f in found.folders if f.name.startswith("INBOX.Work")])
    assert {name: status.messages for name, status in counts.items()} == {  # type: ignore[union-attr]
        "INBOX.Work": 2,
        "INBOX.Work.Mine": 1,
    }


def test_a_folder_with_mail_holds_no_folders(move: Callable[[str, str], Move]) -> None:
    """On a destination that cannot have both, what was inside gets a place beside it."""
    one = move("slash", "dot")
    one.fill("Work", "Work/Old")
    there = one.places()
    assert there["Work"] == "Work"
    assert there["Work/Old"] == "Work_Old"


SPECIAL: Sequence[tuple[str, str]] = (
    ("Gesendete Elemente", "Sent"),
    ("Papierkorb", "Trash"),
    ("Entwürfe", "Drafts"),
    ("Spamverdacht", "Junk"),
)


def test_localised_folders_find_their_use(move: Callable[[str, str], Move]) -> None:
    """The destination marks its folders (RFC 6154), the source has only names for them."""
    one = move("slash", "prefix")
    one.fill(*(name for name, _ in SPECIAL), "Work/Papierkorb")
    assert one.places() == {
        "INBOX": "INBOX",
        **{name: f"INBOX.{there}" for name, there in SPECIAL},
        "Work/Papierkorb": "INBOX.Work.Papierkorb",
    }
