"""APPEND to servers that refuse, hang up, or know little."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from imap import ImapDestination
from sync.errors import Code, ConnectionLost, FolderError
from sync.model import Appended, Folder, MessageRef, Outgoing, Refused
from tests.imap.conftest import Scene
from tests.imap.scripted import BARE, FULL, Script, Talk


class Broken(Exception):
    """The source's own trouble."""


FOLDER = Folder("Work", wire_name=b"Work")
DATE = "17-Jul-1996 02:44:25 -0700"
PLUS = "IMAP4rev1 LITERAL+ UIDPLUS"
LARGE = 2 * 1024 * 1024


def outgoing(
    number: int, data: bytes = b"body", *, flags: Iterable[str] = (), date: str = DATE
) -> Outgoing:
    pieces = [data[start : start + 65536] for start in range(0, len(data), 65536)]
    return Outgoing(FOLDER, number, len(data), date, frozenset(flags), iter(pieces))


def took(talk: Talk, text: bytes) -> bytes:
    """Take one literal announced at the end of `text`; what is left of its line."""
    size = text.rsplit(b"{", 1)[1].rstrip(b"+}")
    if not text.endswith(b"+}"):
        talk.say(b"+ go on")
    talk.body(int(size))
    return talk.line()


def batch(talk: Talk) -> tuple[bytes, list[bytes]]:
    """A whole APPEND, of one message or many: its tag, and what went before each literal."""
    tag, command = talk.expect(b"APPEND")
    heads = [command]
    while rest := took(talk, heads[-1]):
        heads.append(rest)
    return tag, heads


def refusing(status: bytes) -> Callable[[Talk], None]:
    def answer(talk: Talk) -> None:
        tag, _ = batch(talk)
        talk.say(tag + b" " + status)

    return answer


def accepting(uid: int) -> Callable[[Talk], None]:
    return refusing(b"OK [APPENDUID 7 %d] done" % uid)


def script_of(*answers: Callable[[Talk], None], offers: str = FULL) -> Script:
    def script(talk: Talk) -> None:
        talk.welcome(offers)
        for answer in answers:
            answer(talk)
        talk.line()

    return script


def selecting(talk: Talk) -> None:
    talk.open_folder(verb=b"SELECT")


def send(destination: ImapDestination, *messages: Outgoing) -> list[Appended | Refused]:
    return list(destination.append(messages))


def gather(
    destination: ImapDestination, messages: Iterable[Outgoing]
) -> tuple[list[Appended | Refused], Exception]:
    """The outcomes before the exception, and the exception."""
    outcomes: list[Appended | Refused] = []
    try:
        for outcome in destination.append(messages):
            outcomes.append(outcome)
    except (ConnectionLost, FolderError, Broken) as error:
        return outcomes, error
    raise AssertionError("nothing broke")


def ref(uid: int) -> MessageRef:
    return MessageRef(7, uid)


def test_many_messages_are_one_command(scene: Scene) -> None:
    """MULTIAPPEND: flags and date of each, one answer, uids in their order."""
    heads: list[bytes] = []

    def answer(talk: Talk) -> None:
        tag, found = batch(talk)
        heads.extend(found)
        talk.say(b"* 3 EXISTS", tag + b" OK [APPENDUID 7 5:6,9] done")

    destination = scene.destination(script_of(answer))
    outcomes = send(destination, outgoing(1), outgoing(2, flags=["\\Seen"]), outgoing(3, date=""))
    assert outcomes == [Appended(1, ref(5)), Appended(2, ref(6)), Appended(3, ref(9))]
    date = DATE.encode()
    assert heads == [
        b'APPEND "Work" () "' + date + b'" {4+}',
        b' (\\Seen) "' + date + b'" {4+}',
        b" () {4+}",
    ]


def test_another_folder_is_another_command_and_no_wait(scene: Scene) -> None:
    """All folders are sent before the first answer; a missing one stops with its name."""

    def answer(talk: Talk) -> None:
        sent = [batch(talk) for _ in range(3)]
        assert [heads[0].split()[1] for _, heads in sent] == [b'"A"', b'"B"', b'"C"']
        assert [len(heads) for _, heads in sent] == [2, 1, 1]
        talk.say(sent[0][0] + b" OK [APPENDUID 7 5:6] done")
        talk.say(sent[1][0] + b" NO [TRYCREATE] no such folder")
        talk.say(sent[2][0] + b" OK [APPENDUID 9 1] done")

    destination = scene.destination(script_of(answer))
    messages = [
        replace(outgoing(number), folder=Folder(name)) for number, name in enumerate("AABC", 1)
    ]
    outcomes, error = gather(destination, messages)
    assert isinstance(error, FolderError)
    assert error.where == "B"
    known = [Appended(1, ref(5)), Appended(2, ref(6)), Appended(4, MessageRef(9, 1))]
    assert outcomes == known


def test_an_open_folder_is_left_before_a_batch(scene: Scene) -> None:
    """Without waiting, and once; what the server says to it costs no message."""

    def answer(talk: Talk) -> None:
        talk.open_folder()
        talk.answer(b"UID FETCH")
        left, _ = talk.expect(b"UNSELECT")
        tag, heads = batch(talk)
        assert len(heads) == 2
        talk.say(left + b" NO stay", tag + b" OK [APPENDUID 7 5:6] done")
        accepting(7)(talk)

    destination = scene.destination(script_of(answer, offers=FULL + " UNSELECT"))
    destination.identities(FOLDER, [1])
    assert len(send(destination, outgoing(1), outgoing(2))) == 2
    assert send(destination, outgoing(3)) == [Appended(3, ref(7))]


def test_without_multiappend_each_folder_is_selected(scene: Scene) -> None:
    """One after the other, what was sent before being answered first."""

    def answer(talk: Talk) -> None:
        for uid in (5, 6):
            selecting(talk)
            accepting(uid)(talk)

    destination = scene.destination(script_of(answer, offers=PLUS))
    messages = [replace(outgoing(n), folder=Folder(name)) for n, name in enumerate("AB")]
    assert list(destination.append(messages)) == [Appended(0, ref(5)), Appended(1, ref(6))]


@pytest.mark.parametrize(
    "text",
    [b"OK done", b"OK [APPENDUID] odd", b"OK [APPENDUID 7 1:9] odd", b"OK [COPYUID 1 1 1] x"],
)
def test_without_a_usable_appenduid_the_uid_is_unknown(scene: Scene, text: bytes) -> None:
    """Stored, but nobody says where: no uid is made up."""
    destination = scene.destination(script_of(refusing(text)))
    assert send(destination, outgoing(1), outgoing(2)) == [Appended(1, None), Appended(2, None)]


def test_of_a_refused_batch_only_the_culprit_is_reported(scene: Scene) -> None:
    """The others are sent again, one by one, and stored."""
    destination = scene.destination(
        script_of(
            refusing(b"NO [CANNOT] one of them is bad"),
            accepting(5),
            refusing(b"NO [CANNOT] a virus"),
            accepting(6),
            refusing(b"NO [CANNOT] a virus"),
        )
    )
    outcomes = send(destination, outgoing(1), outgoing(2), outgoing(3))
    assert outcomes[0] == Appended(1, ref(5))
    assert outcomes[2] == Appended(3, ref(6))
    refused = outcomes[1]
    assert isinstance(refused, Refused)
    assert (refused.error.code, refused.error.where) == (Code.APPEND_REFUSED, "Work")
    assert refused.error.server_words == "[CANNOT] a virus"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (b"NO [OVERQUOTA] full", Code.QUOTA),
        (b"NO [TOOBIG] too big", Code.TOO_LARGE),
        (b"NO [LIMIT] too big", Code.TOO_LARGE),
    ],
)
def test_quota_and_size_are_final(scene: Scene, status: bytes, code: Code) -> None:
    """No second attempt for what cannot change."""
    destination = scene.destination(script_of(refusing(status), accepting(5)))
    first = send(destination, outgoing(1, flags=["kw"]))
    assert isinstance(first[0], Refused)
    assert first[0].error.code is code
    assert send(destination, outgoing(2)) == [Appended(2, ref(5))]


def test_a_flag_or_a_date_never_costs_a_message(scene: Scene) -> None:
    """First without keywords, then without flags and date."""
    heads: list[bytes] = []

    def no(talk: Talk) -> None:
        tag, found = batch(talk)
        heads.extend(found)
        talk.say(tag + b" NO [CANNOT] I do not like that")

    def yes(talk: Talk) -> None:
        tag, found = batch(talk)
        heads.extend(found)
        talk.say(tag + b" OK [APPENDUID 7 5] done")

    destination = scene.destination(script_of(no, no, yes))
    assert send(destination, outgoing(1, flags=["\\Seen", "odd"])) == [Appended(1, ref(5))]
    assert [head[13:].split(b" {")[0].strip() for head in heads] == [
        b'(\\Seen odd) "17-Jul-1996 02:44:25 -0700"',
        b'(\\Seen) "17-Jul-1996 02:44:25 -0700"',
        b"()",
    ]


def test_keywords_of_a_large_message_are_tried(scene: Scene) -> None:
    """Kept for a second attempt, so that nobody has to ask beforehand what the folder takes."""
    heads: list[bytes] = []

    def answer(talk: Talk) -> None:
        for answered in (b"NO keyword", b"OK [APPENDUID 7 5] done"):
            tag, found = batch(talk)
            heads.extend(found)
            talk.say(tag + b" " + answered)

    destination = scene.destination(script_of(answer))
    outcomes = send(destination, outgoing(1, b"x" * LARGE, flags=["$Known", "$Odd"], date=""))
    assert outcomes == [Appended(1, ref(5))]
    assert heads == [b'APPEND "Work" ($Known $Odd) {2097152+}', b'APPEND "Work" () {2097152+}']


def test_keywords_of_a_very_large_message_are_known(scene: Scene) -> None:
    """It goes straight through, with what the folder takes."""
    heads: list[bytes] = []

    def answer(talk: Talk) -> None:
        tag, found = batch(talk)
        heads.extend(found)
        talk.say(tag + b" OK [APPENDUID 7 5] done")

    destination = scene.destination(script_of(selecting, answer))
    outcomes = send(destination, outgoing(1, b"x" * (3 * LARGE), flags=["$Known", "$Odd"], date=""))
    assert outcomes == [Appended(1, ref(5))]
    assert heads == [b'APPEND "Work" ($Known) {6291456+}']


def test_after_bad_nothing_is_said_on_the_same_line(scene: Scene) -> None:
    """A server that lost its place might take mail for commands: the next attempt is made on a
    new connection."""
    destination = scene.destination(
        script_of(refusing(b"BAD parse error")), script_of(accepting(5), accepting(6))
    )
    assert send(destination, outgoing(1, flags=["kw"])) == [Appended(1, ref(5))]
    assert send(destination, outgoing(2)) == [Appended(2, ref(6))]
    assert scene.servers[0].connections == 2


def test_single_appends_are_sent_without_waiting(scene: Scene) -> None:
    """Without MULTIAPPEND: all commands come before the first answer, in a selected folder, with
    only the flags it keeps."""

    def all_then_answers(talk: Talk) -> None:
        selecting(talk)
        got = [batch(talk) for _ in range(3)]
        assert [heads[0].split(b"(")[1].split(b")")[0] for _, heads in got] == [
            b"$known \\Seen",
            b"",
            b"",
        ]
        for uid, (tag, _) in enumerate(got, 5):
            talk.say(tag + b" OK [APPENDUID 7 %d] done" % uid)

    destination = scene.destination(script_of(all_then_answers, offers=PLUS))
    messages = [
        outgoing(1, flags=["\\SEEN", "$known", "\\Recent", "other"]),
        outgoing(2),
        outgoing(3, b"x" * LARGE),
    ]
    outcomes = send(destination, *messages)
    assert outcomes == [Appended(1, ref(5)), Appended(2, ref(6)), Appended(3, ref(7))]


@pytest.mark.parametrize(
    ("offers", "size", "waits"),
    [
        (BARE, 10, True),
        ("IMAP4rev1 LITERAL-", 4096, False),
        ("IMAP4rev1 LITERAL-", 4097, True),
        ("IMAP4rev1 LITERAL+", LARGE, False),
        (BARE, LARGE, True),
    ],
)
def test_literals_wait_only_where_they_must(
    scene: Scene, offers: str, size: int, waits: bool
) -> None:
    """LITERAL+ for every size, LITERAL- up to 4,096 bytes, else the server's '+'."""
    heads: list[bytes] = []

    def answer(talk: Talk) -> None:
        selecting(talk)
        tag, found = batch(talk)
        heads.extend(found)
        talk.say(tag + b" OK done")

    destination = scene.destination(script_of(answer, offers=offers))
    assert send(destination, outgoing(1, b"x" * size)) == [Appended(1, None)]
    assert heads[0].endswith(b"{%d}" % size if waits else b"{%d+}" % size)


@pytest.mark.parametrize("size", [10, LARGE])
def test_no_instead_of_consent(scene: Scene, size: int) -> None:
    """A literal that the server does not want is not sent, and the conversation goes on."""

    def answer(talk: Talk) -> None:
        selecting(talk)
        talk.answer(b"APPEND", status=b"NO [TOOBIG] no")
        tag, _ = batch(talk)
        talk.say(tag + b" OK done")

    destination = scene.destination(script_of(answer, offers=BARE))
    outcomes = send(destination, outgoing(1, b"x" * size), outgoing(2))
    assert isinstance(outcomes[0], Refused)
    assert outcomes[1] == Appended(2, None)


def test_a_message_over_the_limit_is_not_sent(scene: Scene) -> None:
    """APPENDLIMIT is believed; the rest of the batch goes through."""
    destination = scene.destination(script_of(accepting(5), offers=FULL + " APPENDLIMIT=100"))
    outcomes = send(destination, outgoing(1, b"x" * 101), outgoing(2), outgoing(3, b""))
    assert isinstance(outcomes[0], Refused)
    assert outcomes[0].error.code is Code.TOO_LARGE
    assert outcomes[1] == Appended(2, ref(5))
    assert isinstance(outcomes[2], Refused)
    assert outcomes[2].error.code is Code.EMPTY_MESSAGE


def test_a_missing_folder_stops_the_folder(scene: Scene) -> None:
    """TRYCREATE is said once, for the folder."""
    destination = scene.destination(script_of(refusing(b"NO [TRYCREATE] no such folder")))
    with pytest.raises(FolderError) as caught:
        send(destination, outgoing(1), outgoing(2))
    assert (caught.value.code, caught.value.where) == (Code.FOLDER_MISSING, "Work")


def test_a_throttled_append_waits(scene: Scene) -> None:
    """'Slower' is not 'no': the line is given up, and the next one waits as long as told."""
    destination = scene.destination(
        script_of(refusing(b"NO [THROTTLED] Suggested Backoff Time: 3000 milliseconds")),
        script_of(accepting(5)),
    )
    with pytest.raises(ConnectionLost) as caught:
        send(destination, outgoing(1))
    assert caught.value.suggested_wait == 3.0
    assert send(destination, outgoing(1)) == [Appended(1, ref(5))]
    assert scene.pauses == [3.0]


def test_bye_during_append_keeps_what_is_certain(scene: Scene) -> None:
    """Answers that came before the good-bye count; the rest is in doubt."""

    def answer(talk: Talk) -> None:
        selecting(talk)
        tags = [batch(talk)[0] for _ in range(3)]
        talk.say(tags[0] + b" OK [APPENDUID 7 5] done", b"* BYE shutting down")

    destination = scene.destination(script_of(answer, offers=PLUS))
    outcomes, error = gather(destination, [outgoing(n) for n in (1, 2, 3)])
    assert isinstance(error, ConnectionLost)
    assert error.server_words == "shutting down"
    assert outcomes == [Appended(1, ref(5))]


def test_outcomes_before_a_lost_line_are_given_out(scene: Scene) -> None:
    """Whoever takes them one by one has them all before the exception."""

    def answer(talk: Talk) -> None:
        selecting(talk)
        for uid in (5, 6):
            accepting(uid)(talk)
        talk.expect(b"APPEND")
        talk.body(100)
        talk.say(b"* BYE enough")

    destination = scene.destination(script_of(answer, offers=PLUS))
    outcomes, error = gather(
        destination, [outgoing(1), outgoing(2), outgoing(3, b"x" * (10 * LARGE))]
    )
    assert outcomes == [Appended(1, ref(5)), Appended(2, ref(6))]
    assert isinstance(error, ConnectionLost)
    assert error.server_words == "enough"


def breaking(data: bytes) -> Iterator[bytes]:
    yield data
    raise Broken


@pytest.mark.parametrize("offers", [FULL, PLUS])
def test_a_source_that_breaks_between_messages(scene: Scene, offers: str) -> None:
    """What was sent is settled, and then the same exception is raised."""

    def messages() -> Iterator[Outgoing]:
        yield outgoing(1)
        raise Broken

    answers = [accepting(5)] if offers == FULL else [selecting, accepting(5)]
    destination = scene.destination(script_of(*answers, offers=offers))
    outcomes, error = gather(destination, messages())
    assert isinstance(error, Broken)
    assert outcomes == [Appended(1, ref(5))]


def until_the_end(talk: Talk) -> bytes:
    """Everything that still comes: a client that is in doubt hangs up with a reset."""
    received = b""
    with suppress(ConnectionResetError):
        while piece := talk.file.read1(65536):
            received += piece
    return received


@pytest.mark.parametrize("size", [100, LARGE])
@pytest.mark.parametrize("fault", ["breaks", "short", "long"])
def test_a_body_that_breaks_is_not_stored(scene: Scene, size: int, fault: str) -> None:
    """The message before it is, the literal is cut or never begun, the line is not used again."""
    received: list[bytes] = []

    def first(talk: Talk) -> None:
        talk.welcome(FULL)
        accepting(5)(talk)
        if size == LARGE:
            talk.expect(b"APPEND")
            received.append(until_the_end(talk))
        talk.line()

    chunks = {
        "breaks": breaking(b"x" * (size - 1)),
        "short": iter([b"x" * (size - 1)]),
        "long": iter([b"x" * (size - 1), b"yz"]),
    }[fault]
    destination = scene.destination(first)
    outcomes, error = gather(
        destination, [outgoing(1), Outgoing(FOLDER, 2, size, DATE, frozenset(), chunks)]
    )
    assert isinstance(error, Broken if fault == "breaks" else ConnectionLost)
    assert outcomes == [Appended(1, ref(5))]
    assert all(len(data) < size for data in received)


def test_an_abandoned_append_ends_the_line(scene: Scene) -> None:
    """A caller that stops listening leaves no half command behind."""
    destination = scene.destination(
        script_of(refusing(b"OK done"), lambda talk: None), script_of(accepting(5))
    )
    stream = destination.append(outgoing(n, b"x" * 1_000_000) for n in range(40))
    assert next(stream) == Appended(0, None)
    stream.close()  # type: ignore[attr-defined]
    assert send(destination, outgoing(1)) == [Appended(1, ref(5))]


@pytest.mark.parametrize("name", ["evil\r\nm9 DELETE INBOX", "nul\0"])
def test_a_folder_name_is_never_a_command(scene: Scene, name: str) -> None:
    """Modified UTF-7 has no line ends; a broken wire name goes out as a literal or not at all."""

    def answer(talk: Talk) -> None:
        talk.answer(b"CREATE", status=b"NO [CANNOT] name")
        talk.answer(b"LIST")
        talk.line()

    destination = scene.destination(script_of(answer))
    assert destination.create([name])[name].code is Code.FOLDER_REFUSED
    assert all(b"DELETE" not in line.split()[1] for line in scene.heard)
