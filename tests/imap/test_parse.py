"""Reading what servers answer, and writing names, sets, flags and dates for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imap.capabilities import parse_capabilities
from imap.dialogue import Literal, astring
from imap.names import from_wire, to_wire, wire_name
from imap.outgoing import Item, Target, wire_date, wire_flags
from imap.parse import ResponseCode, attributes, response_code, tokens, uid, words
from imap.uidset import LONGEST, parse_uid_set, uid_sets
from sync.header_fields import identity
from sync.model import Folder, Identity


def test_lists_strings_and_literals() -> None:
    """Every form in which a server may send a string is read."""
    parts = (rb'LIST (\HasNoChildren) "/" {5}', b'a"b\\c', b"")
    assert tokens(parts) == [b"LIST", [b"\\HasNoChildren"], b"/", b'a"b\\c']
    assert tokens((rb'LIST () NIL "a\"b\\c"',)) == [b"LIST", [], None, b'a"b\\c']
    assert tokens((b"X ~{3}", b"a\0b", b" (y NIL)")) == [b"X", b"a\0b", [b"y", None]]


def test_attributes_with_brackets() -> None:
    """BODY[HEADER.FIELDS (A B)] is one name, whatever its case and the order of the items."""
    parts = (b"1 FETCH (body[header.fields (DATE FROM)] {4}", b"x: y", b" UID 7)")
    assert attributes(parts) == {b"BODY[HEADER.FIELDS (DATE FROM)]": b"x: y", b"UID": b"7"}


@pytest.mark.parametrize("text", [b"((((", b"))))", b'"open', b"[open", b"(" * 5000, b"\\", b""])
def test_nonsense_is_kept_and_does_not_break(text: bytes) -> None:
    """A broken answer is a wrong answer, never an exception."""
    assert isinstance(tokens((text,)), list)


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(text: bytes) -> None:
    """No server makes the reader raise."""
    tokens((text,))
    attributes((b"1 FETCH (" + text + b")",))
    words(text)
    response_code(text)


def test_response_codes() -> None:
    """Known ones are split; what only looks like one is text."""
    assert response_code(b"[APPENDUID 7 1:3] ok") == ResponseCode(b"APPENDUID", b"7 1:3")
    assert response_code(b"[overquota] full").name == b"OVERQUOTA"
    assert response_code(b'[Error="a ] b" x] hm').name == b'ERROR="A'
    assert response_code(b"no code") == ResponseCode()


def test_words_are_one_clean_line_without_the_secret() -> None:
    """Control characters, excess and a repeated password do not reach a page."""
    assert words(b"a\x1b[31m\tb\xfc") == "a [31m bü"
    assert words("für".encode()) == "für"
    assert words(b"bad password hunter2!", "hunter2") == "bad password •••!"
    assert len(words(b"x" * 10_000)) == 500


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("Entwürfe", b"Entw&APw-rfe"),
        ("a & b", b"a &- b"),
        ("日本", b"&ZeVnLA-"),
        ("😀", b"&2D3eAA-"),
        ("plain", b"plain"),
    ],
)
def test_names_both_ways(name: str, wire: bytes) -> None:
    """Modified UTF-7 as RFC 3501 has it."""
    assert to_wire(name) == wire
    assert from_wire(wire) == name


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_every_name_survives(name: str) -> None:
    """What is written is read back, but for the spelling of INBOX."""
    assert from_wire(to_wire(name)) == ("INBOX" if name.upper() == "INBOX" else name)


@pytest.mark.parametrize("wire", [b"R&D", b"&AAA", b"a&%-", b"\xff\xfe", b"\xc3\xbc", b"&2D0-"])
def test_names_that_are_not_canonical_keep_their_bytes(wire: bytes) -> None:
    """A folder with a broken name has a readable one, and is selected by its own bytes."""
    name = from_wire(wire)
    name.encode()
    assert wire_name(Folder(name, wire_name=wire)) == wire


def test_inbox_has_one_spelling() -> None:
    """INBOX in any case is INBOX; a folder below it is not touched."""
    assert from_wire(b"Inbox") == "INBOX"
    assert from_wire(b"Inbox/x") == "Inbox/x"


def test_arguments() -> None:
    """Quotes where they suffice, a literal where they do not."""
    assert astring(b'a"b\\c d') == b'"a\\"b\\\\c d"'
    assert astring("ü".encode()) == Literal("ü".encode())


@given(st.lists(st.integers(1, 5000)), st.integers(1, 50))
def test_uid_sets_hold_every_uid_once(uids: list[int], most: int) -> None:
    """Nothing lost, nothing twice, and no set too long or too large."""
    cut = list(uid_sets(uids, most=most))
    assert [uid for _, members in cut for uid in members] == sorted(set(uids))
    for text, members in cut:
        assert len(text) <= LONGEST
        assert len(members) <= most
        assert parse_uid_set(text) == tuple(members)


def test_commands_stay_below_a_thousand_bytes() -> None:
    """Scattered uids of ten digits make several short sets."""
    texts = [text for text, _ in uid_sets(range(4_000_000_000, 4_000_001_000, 2))]
    assert max(map(len, texts)) <= LONGEST
    assert len(texts) > 5


@pytest.mark.parametrize("text", [b"", b"a", b"1:a", b"1:9999999999", b"1,,2", b"*"])
def test_a_uid_set_that_is_none(text: bytes) -> None:
    """Neither nonsense nor a set of billions is expanded."""
    assert parse_uid_set(text) is None


def test_identity_unfolds() -> None:
    """Folded, repeated, 8-bit and missing fields."""
    header = (
        b"Subject: one\r\n\ttwo \r\n  three\r\nsubject: other\r\nMESSAGE-ID:<a@b>\r\n"
        b"From: M\xfcller\r\nDate: \r\n\r\n"
    )
    assert identity(header) == Identity("<a@b>", "", "MXller", "one two three")
    assert identity(b"") == Identity()


def test_capabilities_are_data() -> None:
    """Extensions by name, case aside; IMAP4rev2 brings its own."""
    offered = parse_capabilities(b"imap4rev1 LITERAL+ uidplus APPENDLIMIT=500 QRESYNC")
    assert (offered.literal_plus, offered.uidplus, offered.append_limit) == (True, True, 500)
    assert offered.condstore
    assert not offered.multiappend
    assert parse_capabilities(b"IMAP4rev2 APPENDLIMIT").literal_minus
    assert parse_capabilities(b"APPENDLIMIT").append_limit is None


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("17-Jul-1996 02:44:25 -0700", b'"17-Jul-1996 02:44:25 -0700"'),
        (" 7-feb-2021 09:12:30 +0100", b'" 7-Feb-2021 09:12:30 +0100"'),
        ("7-Feb-2021 09:12:30 +0100", b'" 7-Feb-2021 09:12:30 +0100"'),
        ("29-Feb-2020 23:59:59 +0000", b'"29-Feb-2020 23:59:59 +0000"'),
        ("Sun, 7 Feb 2021 09:12:30 +0100 (CET)", b'" 7-Feb-2021 09:12:30 +0100"'),
        ("07 February 2021 09:12:30 GMT", b'" 7-Feb-2021 09:12:30 +0000"'),
        ("7-Feb-2021 09:12:30 (CET)", b'" 7-Feb-2021 09:12:30 +0100"'),
        ("Sun Feb  7 09:12:30 2021", b'" 7-Feb-2021 09:12:30 +0000"'),
        ("2021-02-07T09:12:30Z", b'" 7-Feb-2021 09:12:30 +0000"'),
    ],
)
def test_dates_are_sent_in_the_form_of_the_rfc(text: str, wire: bytes) -> None:
    """A day has two characters, a month three letters."""
    assert wire_date(text) == wire


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00-Jan-0000 00:00:00 +0000",
        "31-Jun-2020 00:00:00 +0000",
        "29-Feb-2021 00:00:00 +0000",
        "01-Jan-1969 00:00:00 +0000",
        "01-Jan-1900 00:00:00 +0000",
        "01-Jan-2040 00:00:00 +0000",
        "01-Jan-2020 24:00:00 +0000",
        "01-Jan-2020 00:00:00 +9900",
        "01-Jan-2020 00:00:00",
        "2020-01-01",
        '01-Jan-2020 00:00:00 +0000"\r\nX',
    ],
)
def test_impossible_dates_are_left_out(text: str) -> None:
    """A server that says OK to 31 June stores another day: it is not asked."""
    assert wire_date(text) == b""


def test_flags_that_a_folder_keeps() -> None:
    """Case aside; \\Recent never; keywords only where they are kept or may be made."""
    flags = {"\\seen", "\\Recent", "$Known", "Other", "bad flag", "\\Odd", "x(", "ü"}
    assert wire_flags(flags, frozenset({"\\Seen", "$KNOWN"})) == [b"$Known", b"\\Seen"]
    assert wire_flags(flags, frozenset({"\\Seen", "\\*"})) == [b"$Known", b"Other", b"\\Seen"]
    assert wire_flags(flags, frozenset()) == [b"$Known", b"Other", b"\\Seen"]
    assert wire_flags(flags, frozenset(), keywords=False) == [b"\\Seen"]


def test_each_attempt_sends_less() -> None:
    """First without keywords, then without flags and date, then there is none."""
    target = Target(Folder("Work"), frozenset())
    item = Item(0, target, 1, "17-Jul-1996 02:44:25 -0700", frozenset({"\\Seen", "kw"}))
    heads = [item.head()]
    while item.simplify():
        heads.append(item.head())
    assert heads == [
        b'(\\Seen kw) "17-Jul-1996 02:44:25 -0700" ',
        b'(\\Seen) "17-Jul-1996 02:44:25 -0700" ',
        b"() ",
    ]
    assert not Item(0, target, 1, "", frozenset()).simplify()


@pytest.mark.parametrize(
    ("told", "limits"),
    [
        (b"MESSAGELIMIT=1000 SAVELIMIT=500", (1000, 500)),
        (b"messagelimit=7 MESSAGELIMIT=9", (7, None)),
        (b"MESSAGELIMIT SAVELIMIT=x MESSAGELIMIT=0", (None, None)),
        (b"MESSAGELIMIT=" + b"9" * 30, (None, None)),
    ],
)
def test_limits_of_a_command_are_numbers(told: bytes, limits: tuple[int | None, ...]) -> None:
    """RFC 9738: how many messages one command is about, and how many one stores."""
    offered = parse_capabilities(told)
    assert (offered.message_limit, offered.save_limit) == limits


@pytest.mark.parametrize(
    ("said", "read"), [(b"4294967295", 4294967295), (b"4294967296", 0), (b"x", 0), (None, 0)]
)
def test_a_uid_has_32_bits(said: bytes | None, read: int) -> None:
    """A larger number is no uid, whoever says it."""
    assert uid(said) == read
