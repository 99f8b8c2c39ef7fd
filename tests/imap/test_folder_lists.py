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


UNQUOTED = [
    *("two words", "two  blanks", "tail ", " head", "Entwürfe", "tab\there", "a(b", "a)b", "(x)"),
    *('a"b', '"', '"open', "[x", "[Gmail]/x", "a[b", "a]b", "{x}", "100%", "*", "a\\b", "😀"),
    *("nil", "NIL", "Nil", "nIL/x", "a b (c)", ";", "caf\u00e9 (old)"),
]


@pytest.mark.parametrize("name", UNQUOTED)
def test_names_that_nobody_has_quoted(scene: Scene, name: str) -> None:
    """The rest of the line is the name, and its bytes are what opens the folder."""
    found = listed(scene, b'(\\HasNoChildren) "/" ' + name.encode(), b'() "/" plain')
    assert names(found) == [name, "plain", "INBOX"]
    assert found.folders[0].wire_name == name.encode()
    assert found.unread == ()


@pytest.mark.parametrize("name", ["nil", "Nil", "NIL", "a b", "x[y", 'a"b', "(z)"])
def test_a_status_in_the_same_spelling(scene: Scene, name: str) -> None:
    """Belongs to the folder of that very name."""

    def script(talk: Talk) -> None:
        talk.welcome(f"{BARE} LIST-EXTENDED LIST-STATUS")
        talk.answer(
            b"LIST",
            b'* LIST () "/" ' + name.encode(),
            b"* STATUS " + name.encode() + b" (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 5)",
            b'* LIST () "/" {1}\r\nl',
            b"* STATUS {1}\r\nl (MESSAGES 7 UIDNEXT 8 UIDVALIDITY 9)",
        )

    found = scene.source(script).folders()
    assert found.statuses[name].messages == 3
    assert found.statuses["l"].messages == 7


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (b'(\\Marked "/" "x y"', "x y"),
        (b'() "/" "a"b"', 'a"b'),
        (b'() "/" "a"b" c"', 'a"b" c'),
        (b'() "/" "a\\b"', "a\\b"),
        (b"() / x y", "x y"),
        (b'() "" "flat x"', "flat x"),
        (b'() nil "flat x"', "flat x"),
        (b'()  "/"  "two blanks"', "two blanks"),
        (b'() "/" "x" ("CHILDINFO" ("SUBSCRIBED"))', "x"),
        (b'() "/" x (CHILDINFO (SUBSCRIBED))', "x"),
        (b'() "/" "(x) (y)"', "(x) (y)"),
    ],
)
def test_spellings_of_which_the_meaning_is_plain(scene: Scene, row: bytes, name: str) -> None:
    """Are read as they are meant."""
    found = listed(scene, row)
    assert names(found) == [name, "INBOX"]
    assert found.unread == ()


def test_a_server_that_leaves_two_blanks(scene: Scene) -> None:
    """Before every name: then none begins with one. Where only some do, those begin with one."""
    always = listed(scene, b'() "/"  one', b'() "/"  two words', b'() "/"  INBOX')
    assert names(always) == ["one", "two words", "INBOX"]
    assert names(listed(scene, b'() "/"  one', b'() "/" one')) == [" one", "one", "INBOX"]


@pytest.mark.parametrize(
    "row",
    [
        b"",
        b"x",
        b'"/" "no flags"',
        b'() "no end',
        b'(()) "/" x',
        b'() "/"',
        b"() ab c",
    ],
)
def test_a_row_that_cannot_be_read_is_told(scene: Scene, row: bytes) -> None:
    """It is no folder, and nobody may say that all folders have been read."""
    found = listed(scene, b'() "/" good', row)
    assert names(found) == ["good", "INBOX"]
    assert found.unread == (("* LIST " + " ".join(row.decode().split())).strip(),)


def test_the_root_is_no_folder(scene: Scene) -> None:
    """Some servers list it; nothing is missing without it."""
    found = listed(scene, b'(\\Noselect) "/" ""', b'() "/" ""')
    assert (names(found), found.unread) == (["INBOX"], ())


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


@pytest.mark.parametrize("refusals", [1, 2])
def test_a_namespace_that_is_refused_is_asked_for_once_more(scene: Scene, refusals: int) -> None:
    """Then the list goes without; and it tells so, since nothing may be removed because of it."""

    def script(talk: Talk) -> None:
        talk.welcome(f"{BARE} NAMESPACE")
        talk.answer(b"NAMESPACE", status=b"BAD what")
        talk.answer(b"LIST", b'* LIST () "." INBOX.Sent')
        talk.answer(b"LSUB")
        if refusals == 2:
            talk.answer(b"NAMESPACE", status=b"NO not now")
        else:
            talk.answer(b"NAMESPACE", b'* NAMESPACE (("INBOX." ".")) NIL NIL')

    found = scene.source(script).folders()
    assert found.namespace == Namespace("INBOX." if refusals == 1 else "", ".")
    assert found.namespace_told is (refusals == 1)
