"""Literals that wait for the server's '+', while other commands are under way."""

from __future__ import annotations

import pytest

from imap.dialogue import Literal, sayable
from sync.errors import AccountError, Code, ConnectionLost
from tests.imap.scripted import Talk
from tests.imap.talking import talk

UMLAUT = Literal("Entwürfe".encode())


def take_literal(server: Talk) -> bytes:
    """The end of a command's line has announced one."""
    server.say(b"+ go on")
    size = int(server.heard[-1].rpartition(b"{")[2].rstrip(b"}"))
    return server.body(size)


def test_the_answers_of_older_commands_are_theirs() -> None:
    """Their tagged lines come before the '+', and nobody takes them for a refusal."""

    def script(server: Talk) -> None:
        for number in range(3):
            tag, _ = server.expect(b"STATUS")
            literal = take_literal(server)
            assert server.line() == b" (MESSAGES)"
            server.say(b'* STATUS "%d" (MESSAGES %d)' % (len(literal), number), tag + b" OK done")
        server.answer(b"NOOP", b"* 5 EXISTS")

    with talk(script) as dialogue:
        tags = [dialogue.send(b"STATUS", UMLAUT, b"(MESSAGES)") for _ in range(3)]
        tags.append(dialogue.send(b"NOOP"))
        answers = [dialogue.answer(tag) for tag in tags]
    assert [answer.untagged for answer in answers] == [
        ((b'STATUS "9" (MESSAGES %d)' % number,),) for number in range(3)
    ] + [((b"5 EXISTS",),)]


def test_a_plain_command_before_a_literal_is_answered_first() -> None:
    """Also where the server says much before it consents."""

    def script(server: Talk) -> None:
        first, _ = server.expect(b"NOOP")
        second, _ = server.expect(b"EXAMINE")
        server.say(b"* OK slowly", b"* 7 EXISTS", first + b" OK done", b"* OK still here")
        assert take_literal(server) == UMLAUT.data
        assert server.line() == b""
        server.say(b"* 1 EXISTS", second + b" OK open")

    with talk(script) as dialogue:
        tags = dialogue.send(b"NOOP"), dialogue.send(b"EXAMINE", UMLAUT)
        said = [dialogue.answer(tag).untagged[-1] for tag in tags]
    assert said == [(b"7 EXISTS",), (b"1 EXISTS",)]


@pytest.mark.parametrize("status", [b"NO", b"BAD"])
def test_a_refused_literal_refuses_its_command_only(status: bytes) -> None:
    """The refusal is the command's answer; those behind it are sent and answered."""

    def script(server: Talk) -> None:
        first, _ = server.expect(b"NOOP")
        server.say(first + b" NO not now")
        second, _ = server.expect(b"EXAMINE")
        server.say(second + b" " + status + b" too long")
        third, _ = server.expect(b"EXAMINE")
        assert take_literal(server) == UMLAUT.data
        assert server.line() == b""
        server.say(third + b" OK open")
        server.answer(b"NOOP")

    with talk(script) as dialogue:
        tags = [
            dialogue.send(b"NOOP"),
            dialogue.send(b"EXAMINE", UMLAUT),
            dialogue.send(b"EXAMINE", UMLAUT),
            dialogue.send(b"NOOP"),
        ]
        statuses = [dialogue.answer(tag).status for tag in tags]
        assert dialogue.usable
    assert statuses == [b"NO", status, b"OK", b"OK"]


def test_several_literals_of_one_command() -> None:
    """Each waits for its own consent, and the second may be refused."""

    def script(server: Talk) -> None:
        tag, _ = server.expect(b"RENAME")
        assert take_literal(server) == UMLAUT.data
        assert server.line() == b" {9}"
        server.say(tag + b" NO there is one")
        tag, _ = server.expect(b"RENAME")
        take_literal(server)
        assert server.line() == b" {9}"
        take_literal(server)
        assert server.line() == b" now"
        server.say(tag + b" OK done")

    with talk(script) as dialogue:
        tags = [dialogue.send(b"RENAME", UMLAUT, UMLAUT, b"now") for _ in range(2)]
        assert [dialogue.answer(tag).status for tag in tags] == [b"NO", b"OK"]


@pytest.mark.parametrize(
    ("offered", "size", "asks"),
    [
        (b"LITERAL+", 9, False),
        (b"LITERAL+", 5000, False),
        (b"LITERAL-", 9, False),
        (b"LITERAL-", 5000, True),
        (b"", 9, True),
    ],
)
def test_nothing_waits_where_it_need_not(offered: bytes, size: int, asks: bool) -> None:
    """With LITERAL+, or LITERAL- and a short one, all goes out at once."""

    def script(server: Talk) -> None:
        tag, command = server.expect(b"EXAMINE")
        assert command.endswith(b"}" if asks else b"+}")
        if asks:
            server.say(b"+")
        server.body(size)
        server.line()
        server.say(tag + b" OK open")
        server.answer(b"NOOP")

    with talk(script, b"IMAP4rev1 " + offered) as dialogue:
        tags = dialogue.send(b"EXAMINE", Literal(b"x" * size)), dialogue.send(b"NOOP")
        assert all(dialogue.answer(tag).ok for tag in tags)


def test_the_answer_of_a_stranger_ends_the_line() -> None:
    """A tag that is nobody's, or another's than the oldest's, leaves nothing to go by."""

    def script(server: Talk) -> None:
        server.expect(b"EXAMINE")
        server.say(b"x9 NO what?")
        server.line()

    with talk(script) as dialogue:
        tag = dialogue.send(b"EXAMINE", UMLAUT)
        with pytest.raises(ConnectionLost) as lost:
            dialogue.answer(tag)
    assert lost.value.code is Code.PROTOCOL


@pytest.mark.parametrize("word", [b"a\0b", b"a\rb", b"a\nb", Literal(b"a\0b")])
def test_what_cannot_be_said_is_known_beforehand(word: bytes | Literal) -> None:
    """No byte of such a command goes out, and the line stays as it was."""

    def script(server: Talk) -> None:
        server.answer(b"NOOP")

    with talk(script) as dialogue:
        assert not sayable(b"EXAMINE", word)
        with pytest.raises(AccountError) as refused:
            dialogue.send(b"EXAMINE", word)
        assert dialogue.usable
        assert dialogue.ask(b"NOOP").ok
    assert refused.value.code is Code.BAD_ARGUMENT
