"""What servers say of their folders, where real ones at hand do not say it."""

from __future__ import annotations

import pytest

from sync.errors import ConnectionLost
from sync.folders import map_folders
from sync.model import Folder, FolderList, Namespace
from tests.imap.conftest import Scene
from tests.imap.scripted import BARE, Talk


def listed(scene: Scene, *rows: bytes, namespaces: bytes = b"") -> FolderList:
    """What becomes of these rows of LIST."""

    def script(talk: Talk) -> None:
        talk.welcome(f"{BARE} NAMESPACE" if namespaces else BARE)
        if namespaces:
            talk.answer(b"NAMESPACE", b"* NAMESPACE " + namespaces)
        talk.answer(b"LIST", *(b"* LIST " + row for row in rows))
        talk.answer(b"LSUB")

    return scene.source(script).folders()


def names(found: FolderList) -> list[str]:
    return [folder.name for folder in found.folders if folder.selectable]


@pytest.mark.parametrize(
    ("row", "folder"),
    [
        (b'() NIL "flat.name"', ("flat.name", None, True)),
        (b"() NIL flat/name", ("flat/name", None, True)),
        (b'() "/" +Folder', ("+Folder", "/", True)),
        (b'() "/" "Work/{odd}"', ("Work/{odd}", "/", True)),
        (b'() "/" NIL', ("NIL", "/", True)),
        (b'() "." "a\\"b\\\\c"', ('a"b\\c', ".", True)),
        (b'() "\\\\" "a\\\\b"', ("a\\b", "\\", True)),
        (b'(\\HasChildren \\Noselect) "/" "[Gmail]"', ("[Gmail]", "/", False)),
        (b'(\\NonExistent) "/" "ghost"', ("ghost", "/", False)),
        (b'(\\NOSELECT) "/" "old"', ("old", "/", False)),
        (b'() "/" "&AOQ"', ("ä", "/", True)),
        ('() "/" "Entwürfe"'.encode(), ("Entwürfe", "/", True)),
        (b'() "/" "caf\xe9"', ("café", "/", True)),
        (b'() "/" "a & b"', ("a & b", "/", True)),
    ],
)
def test_rows(scene: Scene, row: bytes, folder: tuple[str, str | None, bool]) -> None:
    """Without a delimiter, unquoted, of structure only, in a spelling that is not canonical."""
    first = listed(scene, row).folders[0]
    assert (first.name, first.delimiter, first.selectable) == folder


def test_a_literal_name(scene: Scene) -> None:
    """Its bytes are the server's."""
    assert "a b" in names(listed(scene, b'() "/" {3}\r\na b'))


def test_a_name_without_delimiter_is_one_level() -> None:
    """What parts levels elsewhere is a part of the name."""
    source = FolderList(Namespace("", ""), (Folder("a/b.c", None),))
    (pair,) = map_folders(source, FolderList(Namespace("INBOX.", "."), ()), {})
    assert pair.destination.name == "INBOX.a/b_c"


def test_a_destination_without_levels() -> None:
    """All levels become one name, and still no two names one."""
    source = FolderList(Namespace(), tuple(Folder(name) for name in ("a/b", "a_b", "a")))
    pairs = map_folders(source, FolderList(Namespace("", ""), ()), {})
    assert [pair.destination.name for pair in pairs] == ["a", "a_b-2", "a_b"]


def test_two_spellings_of_one_name_are_two_folders(scene: Scene) -> None:
    """Modified UTF-7 that is not canonical beside what is; each is opened by its own bytes."""
    found = listed(scene, b'() "/" "&AOQ-"', b'() "/" "&AGEA5A-"', '() "/" "ä"'.encode())
    wires = {folder.name: folder.wire_name for folder in found.folders}
    assert wires == {
        "ä": b"&AOQ-",
        "aä": b"&AGEA5A-",
        "ä".encode().decode("latin-1"): "ä".encode(),
        "INBOX": b"INBOX",
    }
    pairs = map_folders(found, FolderList(Namespace(), ()), {})
    assert len({pair.destination.name for pair in pairs}) == 4


def test_inbox_is_one(scene: Scene) -> None:
    """However often and in whatever case it is listed; and it is there when it is not listed."""
    assert names(listed(scene, b'() "/" inbox', b'() "/" "INBOX"')) == ["INBOX"]
    assert names(listed(scene, b'() "/" "x"')) == ["x", "INBOX"]


ROWS = (
    b'() "." "INBOX"',
    b'() "." "INBOX.Mine"',
    b'() "." "user.anna.Work"',
    b'(\\Noselect) "." "user"',
    b'() "." "shared.news"',
)
PERSONAL = b'(("INBOX." "."))'


@pytest.mark.parametrize(
    ("namespaces", "own"),
    [
        (PERSONAL + b' (("user." ".")) (("shared." "."))', ["INBOX", "INBOX.Mine"]),
        (PERSONAL + b' (("user." ".")) (("" "."))', ["INBOX", "INBOX.Mine"]),
        (b'(("" ".")) (("user." ".")) (("" "."))', ["INBOX", "INBOX.Mine", "shared.news"]),
        (b'(("" ".")) NIL NIL', ["INBOX", "INBOX.Mine", "user.anna.Work", "shared.news"]),
        (b"NIL NIL NIL", ["INBOX", "INBOX.Mine", "user.anna.Work", "shared.news"]),
    ],
)
def test_what_is_others_is_named(scene: Scene, namespaces: bytes, own: list[str]) -> None:
    """Only the personal namespace is read (RFC 2342); whose a folder is says the longest prefix."""
    found = listed(scene, *ROWS, namespaces=namespaces)
    assert names(found) == own
    everything = {"INBOX", "INBOX.Mine", "user.anna.Work", "shared.news"}
    assert set(found.foreign) == everything - set(own)


def test_a_literal_that_would_fill_the_memory(scene: Scene) -> None:
    """A name of four gigabytes is announced: the line is given up before any of it is kept."""

    def script(talk: Talk) -> None:
        talk.welcome(BARE)
        talk.expect(b"LIST")
        talk.say(b'* LIST () "/" {4294967295}')
        talk.raw(b"x" * 1000)

    with pytest.raises(ConnectionLost):
        scene.source(script).folders()
