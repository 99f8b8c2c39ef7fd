"""Untagged responses: odd spellings are read; what cannot be read is held against the answer."""

from __future__ import annotations

import time

import pytest

from imap.dialogue import Answer
from imap.parse import Parts, tokens
from imap.responses import known, plain
from tests.imap.scripted import Talk
from tests.imap.talking import talk


def says(*lines: bytes) -> Answer:
    """The answer to one command, of which nobody understands anything."""

    def script(server: Talk) -> None:
        server.answer(b"NOOP", *lines)

    with talk(script) as dialogue:
        return dialogue.answer(dialogue.send(b"NOOP"), lambda parts: False)


@pytest.mark.parametrize(
    "line",
    [
        b"*  5 EXISTS",
        b"* 5  EXISTS",
        b"* 5 exists",
        b"* 5 Exists  ",
        b"*\t5\tEXISTS\t",
        b" * 5 EXISTS",
        b"*5 EXISTS",
    ],
)
def test_an_odd_beginning_is_read_as_it_is_meant(line: bytes) -> None:
    """Blanks, tabs and small letters do not hide how many messages there are."""
    assert plain(line.lstrip()) == b"* 5 EXISTS"
    assert says(line).unread == ()


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        (b"* 3  FETCH  (UID 7)", b"* 3 FETCH (UID 7)"),
        (b"* 3 fetch(UID 7) ", b"* 3 FETCH (UID 7)"),
        (b"* search\t1 2 ", b"* SEARCH 1 2"),
        (b"* ok[UIDNEXT 5] next", b"* OK [UIDNEXT 5] next"),
        (b'* list  () "/" a b ', b'* LIST () "/" a b '),
    ],
)
def test_what_follows_the_kind_stays_as_it_was(line: bytes, meant: bytes) -> None:
    """Only the beginning is spelt anew: a blank at the end of a name is the name's."""
    assert plain(line) == meant


def test_lines_may_end_in_a_line_feed_and_stand_apart() -> None:
    """A server without carriage returns, and with empty lines between, is understood."""

    def script(server: Talk) -> None:
        tag, _ = server.expect(b"NOOP")
        server.raw(b"* 5 EXISTS\n\n\r\n* 2 RECENT\n" + tag + b"  ok [READ-ONLY]  done\n")

    with talk(script) as dialogue:
        answer = dialogue.ask(b"NOOP")
    assert answer.ok
    assert answer.untagged == ((b"5 EXISTS",), (b"2 RECENT",))
    assert answer.unread == ()
    assert answer.code.name == b"READ-ONLY"


IGNORABLE = [
    b"* OK still here",
    b"* OK",
    b"* NO [ALERT] the disk is nearly full",
    b"* BAD what was that",
    b"* CAPABILITY IMAP4rev1 IDLE",
    b"* FLAGS (\\Seen $Work)",
    b"* 5 EXISTS",
    b"* 0 RECENT",
    b"* 4 EXPUNGE",
    b"* 4 FETCH (FLAGS (\\Seen))",
    b'* 4 FETCH (UID 9 ENVELOPE ("a (b" NIL ((NIL NIL "a" "b"))))',
    b"* VANISHED 1:5,7",
    b"* VANISHED (EARLIER) 1:5,7",
    b"* SEARCH",
    b"* SEARCH 1 2 3 (MODSEQ 9)",
    b'* ESEARCH (TAG "m1") UID ALL 1:3',
    b'* LIST (\\HasNoChildren) "/" INBOX',
    b'* LIST () NIL "a \\"b\\""',
    b'* LIST (\\Marked) "." a ("CHILDINFO" ("SUBSCRIBED"))',
    b'* LSUB () "\\\\" a',
    b'* STATUS "a b" (MESSAGES 5 UIDNEXT 9)',
    b"* ENABLED QRESYNC",
    b'* NAMESPACE (("" "/")) NIL NIL',
    b'* ID ("name" "Dovecot")',
    b"* ID NIL",
    b'* QUOTA "" (STORAGE 10 512)',
    b"* QUOTAROOT INBOX",
]


@pytest.mark.parametrize("line", IGNORABLE)
def test_what_may_come_at_any_time_costs_nothing(line: bytes) -> None:
    """A server says more than it was asked: whole responses of known kinds are no doubt."""
    assert says(line).unread == ()


@pytest.mark.parametrize(
    "line",
    [
        b"* LIST () / a b",
        b'* LIST (\\HasNoChildren "/" INBOX',
        b'* LIST () "/" a b',
        b'* LIST () "/" "ab',
        b"* 4 FETCH (FLAGS (\\Seen)",
        b"* 4 FETCH FLAGS (\\Seen)",
        b"* 4 FETCH (UID 4 FLAGS (\\Seen)))",
        b'* 4 FETCH (UID 4 SUBJECT ")',
        b"* x EXISTS",
        b"* five EXISTS",
        b"* 5 EXIST",
        b"* FETCH (UID 4)",
        b"* STATUS a b (MESSAGES 4)",
        b"* STATUS a MESSAGES 4",
        b"* SEARCH 1,2",
        b"* VANISHED all",
        b"* XYZZY",
        b"* ",
        b"*",
        b'bar"',
        b"+ go on",
        b'* LIST () "/" "' + b"x" * 70_000 + b'"',
    ],
)
def test_what_is_not_whole_or_not_known_is_kept(line: bytes) -> None:
    """A line that says nobody knows what is in the answer, for whoever calls it complete."""
    unread = says(b"* 5 EXISTS", line).unread
    assert len(unread) == 1
    assert unread[0].upper().startswith(line[:20].decode().strip().upper())
    assert len(unread[0]) <= 500


def test_only_so_many_are_kept() -> None:
    """A server that speaks nonsense all day is not remembered word by word."""
    assert len(says(*[b"* XYZZY %d" % number for number in range(100)]).unread) == 20


def test_whoever_understands_a_line_says_so() -> None:
    """A command that can read what the grammar does not allow keeps it out of the doubt."""

    def script(server: Talk) -> None:
        server.answer(b"LIST", b'* LIST () "/" my folder', b'* LIST () "/" your folder')

    def take(parts: Parts) -> bool:
        return parts[0].endswith(b"my folder")

    with talk(script) as dialogue:
        answer = dialogue.answer(dialogue.send(b"LIST"), take)
    assert answer.unread == ('* LIST () "/" your folder',)


def test_a_literal_is_part_of_its_response() -> None:
    """A name in a literal is known by its form, whatever its bytes are."""
    literal = b'* LIST () "/" {9}\r\n"(a {3}\r\n'
    assert says(literal).unread == ()
    assert says(literal + b" (").unread == ('* LIST () "/" "" (',)


@pytest.mark.parametrize(
    "text",
    [
        b'(("' * 300_000,
        b'"\\' * 400_000,
        b'"\\"' * 300_000,
        b"[" * 900_000,
        b"a[" * 450_000,
        b"a[b" * 300_000,
        b"(" * 900_000,
        b"()" * 450_000,
    ],
)
def test_a_response_is_taken_apart_in_one_go(text: bytes) -> None:
    """No quotation mark, bracket or backslash makes a server's line cost more than its length."""
    begun = time.process_time()
    tokens((text,))
    known((b"1 FETCH (" + text,))
    known((b"LIST " + text[:60_000],))
    assert time.process_time() - begun < 5
