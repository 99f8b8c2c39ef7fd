"""Bodies as a stream, from servers that do not behave."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest

from imap import ImapSource
from sync.asking import messages
from sync.errors import Code, ConnectionLost, UidValidityChanged
from sync.model import Fetched, Folder, Identity, Unreadable, Vanished, Wanted
from tests.imap.conftest import Scene
from tests.imap.scripted import Script, Talk

FOLDER = Folder("Work", wire_name=b"Work")
BIG = 300_000


def body(uid: int, data: bytes, *, number: int = 1) -> bytes:
    head = (
        b'* %d FETCH (UID %d FLAGS (\\Seen) INTERNALDATE "17-Jul-1996 02:44:25 -0700"'
        b" RFC822.SIZE %d BODY[] {%d}\r\n"
    )
    return head % (number, uid, len(data), len(data)) + data + b")\r\n"


def read(source: ImapSource, uids: Sequence[int]) -> dict[int, bytes | Vanished | Unreadable]:
    """Each answer by uid, bodies read to their end."""
    found: dict[int, bytes | Vanished | Unreadable] = {}
    for _, answer in source.bodies([Wanted(FOLDER, 7, tuple(uids))]):
        if isinstance(answer, Fetched):
            data = b"".join(answer.chunks)
            assert len(data) == answer.size
            found[answer.meta.uid] = data
        else:
            found[answer.uid] = answer
    return found


def serving(*answers: Callable[[Talk], None]) -> Script:
    """A server that opens the folder and then plays the answers."""

    def script(talk: Talk) -> None:
        talk.welcome()
        talk.open_folder(exists=3)
        for answer in answers:
            answer(talk)
        talk.line()

    return script


def fetch(*bodies: bytes, status: bytes = b"OK done") -> Callable[[Talk], None]:
    """The answer to one UID FETCH of bodies."""

    def answer(talk: Talk) -> None:
        tag, command = talk.expect(b"UID FETCH")
        assert b"BODY.PEEK[]" in command
        talk.raw(b"".join(bodies) + tag + b" " + status + b"\r\n")

    return answer


def alive(*uids: int, gone: bool = False) -> Callable[[Talk], None]:
    """The answers to NOOP and to the question which uids are there; SEARCH is asked for those that
    are `gone`."""

    def answer(talk: Talk) -> None:
        talk.answer(b"NOOP")
        talk.answer(b"UID FETCH", *(b"* 1 FETCH (UID %d)" % uid for uid in uids))
        if gone:
            talk.answer(b"UID SEARCH UID", b"* SEARCH")

    return answer


def noop(talk: Talk) -> None:
    """It goes ahead of what may be refused."""
    talk.answer(b"NOOP")


def dies_at(*bodies: bytes) -> Script:
    """Answers these and hangs up in the middle of the command."""

    def script(talk: Talk) -> None:
        talk.welcome()
        talk.open_folder(exists=3)
        talk.expect(b"UID FETCH")
        talk.raw(b"".join(bodies))

    return script


def test_bodies_of_every_form(scene: Scene) -> None:
    """Literal, literal8, quoted; the UID before or behind; news of other messages in between."""
    source = scene.source(
        serving(
            fetch(
                body(1, b"one\n\r\r\n"),
                b"* 2 FETCH (BODY[] ~{3}\r\na\0b UID 2 FLAGS ())\r\n",
                b"* 9 FETCH (FLAGS (\\Seen))\r\n* 5 EXPUNGE\r\n* 4 EXISTS\r\n",
                b'* 3 FETCH (UID 3 BODY[] "a\\"b")\r\n',
                b"*  5  FETCH  (UID  5  BODY[]  {4}\r\nfive  FLAGS  () ) \r\n",
                body(77, b"not asked for"),
                b"* 4 FETCH (FLAGS () BODY[] {%d}\r\n" % BIG + b"x" * BIG + b" UID 4)\r\n",
            )
        )
    )
    found = read(source, [5, 4, 3, 2, 1])
    assert found == {1: b"one\n\r\r\n", 2: b"a\0b", 3: b'a"b', 4: b"x" * BIG, 5: b"five"}


def test_flags_that_come_apart_from_the_body_are_not_none(scene: Scene) -> None:
    """A server tells them in a response of their own: the listing's flags and date count."""
    source = scene.source(
        serving(
            fetch(
                b'* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* 1 FETCH (UID 1 INTERNALDATE "%b" BODY[] {3}'
                b"\r\none)\r\n" % b"17-Jul-1996 02:44:25 -0700"
            )
        )
    )
    ((_, answer),) = source.bodies([Wanted(FOLDER, 7, (1,))])
    assert isinstance(answer, Fetched)
    assert (answer.meta.flags, answer.meta.internaldate) == (frozenset(), "")


def test_a_body_that_is_not_read_is_passed_over(scene: Scene) -> None:
    """Whoever loses interest in one message still gets the next one whole."""
    source = scene.source(serving(fetch(body(1, b"x" * BIG), body(2, b"two"))))
    answers = source.bodies([Wanted(FOLDER, 7, (1, 2))])
    next(answers)
    _, second = next(answers)
    assert isinstance(second, Fetched)
    assert b"".join(second.chunks) == b"two"
    assert list(answers) == []


def test_expunged_messages_are_no_error(scene: Scene) -> None:
    """NIL, or no answer at all, and gone when looked for: Vanished."""
    source = scene.source(
        serving(
            fetch(
                body(1, b"one"),
                b"* 2 FETCH (UID 2 BODY[] NIL)\r\n",
                status=b"OK [EXPUNGEISSUED] some were expunged",
            ),
            alive(gone=True),
        )
    )
    assert read(source, [1, 2, 3]) == {1: b"one", 2: Vanished(2), 3: Vanished(3)}


def test_what_one_answer_does_not_show_may_be_there(scene: Scene) -> None:
    """A line of an answer is lost, twice: SEARCH still names the message, and it is read."""

    def unseen(talk: Talk) -> None:
        talk.answer(b"NOOP")
        talk.answer(b"UID FETCH 2 (UID)")
        talk.answer(b"UID SEARCH UID 2", b"* SEARCH 2")

    source = scene.source(
        serving(fetch(body(1, b"one")), unseen),
        serving(fetch(body(2, b"two"))),
    )
    assert read(source, [1, 2]) == {1: b"one", 2: b"two"}


def test_an_answer_without_data_is_asked_for_on_a_new_connection(scene: Scene) -> None:
    """OK without the data of a live message is a mood of the server, until it happens twice."""
    source = scene.source(
        serving(fetch(body(1, b"one")), alive(2, 3)),
        serving(fetch(body(2, b"two")), fetch(b"* 3 FETCH (UID 3 BODY[] NIL)\r\n"), alive(3)),
    )
    found = read(source, [1, 2, 3])
    assert (found[1], found[2]) == (b"one", b"two")
    set_aside = found[3]
    assert isinstance(set_aside, Unreadable)
    assert (set_aside.error.code, set_aside.error.where) == (Code.UNREADABLE, "Work")
    assert scene.servers[0].connections == 2


def test_a_refused_fetch_keeps_the_servers_words(scene: Scene) -> None:
    """NO to a message, twice: the report can say why."""
    no = b"NO [SERVERBUG] Internal error"
    source = scene.source(
        serving(fetch(body(1, b"one"), status=no), noop, fetch(status=no), alive(2)),
        serving(noop, fetch(status=no), alive(2), noop, fetch(status=no)),
    )
    found = read(source, [1, 2])
    assert isinstance(found[2], Unreadable)
    assert "Internal error" in found[2].error.server_words


@pytest.mark.parametrize("empty", [b"{0}\r\n", b'""'])
def test_an_empty_message_is_none(scene: Scene, empty: bytes) -> None:
    """A server that gives nothing has not given the message."""
    source = scene.source(
        serving(fetch(b"* 1 FETCH (UID 1 BODY[] " + empty + b")\r\n", body(2, b"two")))
    )
    found = read(source, [1, 2])
    assert isinstance(found[1], Unreadable)
    assert found[1].error.code is Code.EMPTY_MESSAGE
    assert found[2] == b"two"


def test_a_message_at_which_the_server_dies_is_set_aside(scene: Scene) -> None:
    """Twice at the same message: it is named, and the rest goes on."""
    source = scene.source(
        dies_at(body(1, b"one")),
        dies_at(),
        serving(fetch(body(3, b"three"))),
    )
    found = read(source, [1, 2, 3])
    assert (found[1], found[3]) == (b"one", b"three")
    assert isinstance(found[2], Unreadable)


def test_one_death_is_an_accident(scene: Scene) -> None:
    """The stream resumes at the next uid; nothing is read twice."""
    source = scene.source(dies_at(body(1, b"one")), serving(fetch(body(2, b"2"), body(3, b"3"))))
    assert read(source, [1, 2, 3]) == {1: b"one", 2: b"2", 3: b"3"}
    assert any(b" UID FETCH 2:3 " in line for line in scene.heard)


def test_a_server_that_dies_at_every_message_is_lost(scene: Scene) -> None:
    """When nothing succeeds in between, not the messages are at fault."""
    source = scene.source(*[dies_at()] * 6)
    with pytest.raises(ConnectionLost):
        read(source, range(1, 10))
    assert scene.servers[0].connections == 6


def test_a_small_body_that_breaks_off_is_read_again(scene: Scene) -> None:
    """Nothing of it was handed out: a strike, and a new connection."""
    half = body(1, b"whole")[:-4]
    source = scene.source(dies_at(half), serving(fetch(body(1, b"whole"))))
    assert read(source, [1]) == {1: b"whole"}


def test_a_large_body_that_breaks_off_is_a_lost_line(scene: Scene) -> None:
    """Part of it was handed out: whoever took it has to throw it away."""
    half = body(1, b"x" * BIG)[:-1000]
    source = scene.source(dies_at(half), serving(fetch(body(1, b"x" * BIG))))
    with pytest.raises(ConnectionLost):
        read(source, [1])
    assert read(source, [1]) == {1: b"x" * BIG}


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"wrong1 OK done",
        b"+ what?",
        b"* 1 FETCH (UID 1 FLAGS {99999999}",
        b"* 1 FETCH (UID 1 BODY[] {" + b"9" * 40 + b"}",
    ],
)
def test_nonsense_is_a_lost_line(scene: Scene, line: bytes) -> None:
    """A conversation that cannot be followed is ended, not guessed at."""

    def script(talk: Talk) -> None:
        talk.welcome()
        talk.open_folder(exists=1)
        talk.expect(b"UID FETCH")
        talk.say(line)
        talk.line()

    source = scene.source(script, serving(fetch(body(1, b"one"))), timeout=1.0)
    found = read(source, [1])
    assert found == {1: b"one"}
    assert scene.servers[0].connections == 2


def test_folders_are_asked_for_ahead(scene: Scene) -> None:
    """Every question is there before the first answer: many folders cost one round trip."""

    def script(talk: Talk) -> None:
        talk.welcome()
        tags = [talk.line().split()[0] for _ in range(6)]
        for uid, (examine, fetched) in enumerate(zip(tags[::2], tags[1::2], strict=True), 1):
            talk.say(b"* OK [UIDVALIDITY 7] valid", examine + b" OK open")
            talk.raw(body(uid, b"%d" % uid) + fetched + b" OK done\r\n")
        talk.line()

    source = scene.source(script)
    asked = [Wanted(Folder(f"F{n}"), 7, (n,)) for n in (1, 2, 3)]
    found = []
    for wanted, answer in source.bodies(asked):
        assert isinstance(answer, Fetched)
        found.append((wanted.folder.name, b"".join(answer.chunks)))
    assert found == [("F1", b"1"), ("F2", b"2"), ("F3", b"3")]


def test_a_message_that_is_gone_is_not_blamed_for_another(scene: Scene) -> None:
    """The line breaks in a later folder: what did not come before it is asked for again."""

    def dies(talk: Talk) -> None:
        talk.welcome()
        talk.open_folder()
        talk.answer(b"UID FETCH 1")
        talk.open_folder()
        talk.expect(b"UID FETCH 2")

    def lives(talk: Talk) -> None:
        talk.welcome()
        talk.open_folder()
        talk.answer(b"UID FETCH 1")
        talk.answer(b"NOOP")
        talk.answer(b"UID FETCH 1")
        talk.answer(b"UID SEARCH UID 1", b"* SEARCH")
        talk.line()

    source = scene.source(dies, dies, lives)
    asked = [Wanted(Folder("A"), 7, (1,)), Wanted(Folder("B"), 7, (2,))]
    found = [(wanted.folder.name, type(answer)) for wanted, answer in source.bodies(asked)]
    assert found == [("B", Unreadable), ("A", Vanished)]


def test_another_uidvalidity_stops_the_folder(scene: Scene) -> None:
    """The folder was made anew: its uids mean other messages."""
    source = scene.source(serving())
    with pytest.raises(UidValidityChanged):
        list(source.bodies([Wanted(FOLDER, 8, (1,))]))


def test_a_throttled_fetch_is_no_strike(scene: Scene) -> None:
    """Too much bandwidth used: the caller comes back after the wait, and no message is blamed."""
    source = scene.source(
        serving(fetch(status=b"NO [OVERQUOTA] bandwidth limit. Retry after 7 seconds")),
        serving(fetch(body(1, b"one"))),
    )
    with pytest.raises(ConnectionLost) as caught:
        read(source, [1])
    assert caught.value.suggested_wait == 7.0
    assert read(source, [1]) == {1: b"one"}
    assert scene.pauses == [7.0]


def test_an_abandoned_stream_does_not_confuse_the_next_command(scene: Scene) -> None:
    """Bytes of a body nobody wants any more are never read as an answer."""

    def script(talk: Talk) -> None:
        talk.welcome()
        talk.answer(b"LIST", b'* LIST () "/" INBOX')
        talk.answer(b"LSUB")
        talk.line()

    source = scene.source(serving(fetch(body(1, b"x" * BIG), body(2, b"two"))), script)
    answers = source.bodies([Wanted(FOLDER, 7, (1, 2))])
    next(answers)
    assert len(source.folders().folders) == 1
    with pytest.raises(ConnectionLost):
        list(answers)


def test_reading_leaves_no_trace(scene: Scene) -> None:
    """EXAMINE and PEEK, whatever is asked for."""
    listed = b'* 1 FETCH (UID 1 FLAGS () INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 3)'
    header = b"* 1 FETCH (UID 1 BODY[HEADER]<0> {9}\r\nDate: x\r\n)"

    def script(talk: Talk) -> None:
        talk.welcome()
        talk.open_folder(exists=1)
        talk.answer(b"UID FETCH 1:*", listed)
        talk.answer(b"UID FETCH 1 (UID BODY.PEEK[HEADER]<0.", header)
        fetch(body(1, b"one"))(talk)
        talk.line()

    source = scene.source(script)
    listing = messages(source, FOLDER)
    assert [meta.uid for meta in listing.messages] == [1]
    assert listing.permanent_flags == {"\\Seen", "\\Flagged", "$Known"}
    assert source.identities(FOLDER, [1]) == {1: Identity(date="x")}
    assert read(source, [1]) == {1: b"one"}
    source.close()
    verbs = {line.split()[1] for line in scene.heard}
    assert verbs - {b"LOGOUT"} == {b"CAPABILITY", b"LOGIN", b"EXAMINE", b"UID"}


@pytest.mark.parametrize("size", [20, BIG])
def test_a_body_of_another_length_than_announced_is_not_taken(scene: Scene, size: int) -> None:
    """What follows it belongs to the next message: nothing of the two is handed out whole."""
    whole, short = b"a" * size, body(1, b"a" * size)[:-13] + b")\r\n"
    source = scene.source(
        serving(fetch(short, body(2, b"two"))), serving(fetch(body(1, whole), body(2, b"two")))
    )
    if size < BIG:
        assert read(source, [1, 2]) == {1: whole, 2: b"two"}
    else:
        with pytest.raises(ConnectionLost) as lost:
            read(source, [1, 2])
        assert lost.value.code is Code.PROTOCOL


@pytest.mark.parametrize("tail", [b" )", b" FLAGS (\\Seen))", b" MODSEQ (7) X-GM-MSGID 12)"])
def test_what_may_follow_a_body(scene: Scene, tail: bytes) -> None:
    """More items, and blanks."""
    said = b"* 1 FETCH (UID 1 BODY[] {3}\r\none" + tail + b"\r\n"
    assert read(scene.source(serving(fetch(said))), [1]) == {1: b"one"}


def test_a_body_that_crawls_has_stalled(scene: Scene) -> None:
    """A few bytes a second are no progress, though each of them comes in time."""

    def crawls(talk: Talk) -> None:
        talk.welcome()
        talk.open_folder(exists=1)
        talk.expect(b"UID FETCH")
        talk.raw(body(1, b"a" * 1000)[:-1000])
        for _ in range(1000):
            talk.raw(b"a")
            time.sleep(0.2)

    found = read(scene.source(crawls, crawls, timeout=0.6), [1])[1]
    assert isinstance(found, Unreadable)
    assert isinstance(found.error.__cause__, ConnectionLost)
    assert found.error.__cause__.code is Code.TIMED_OUT


def test_a_message_has_four_attempts_in_all(scene: Scene) -> None:
    """Whether the line breaks before its data or amid them, and whoever asks: then nobody is asked
    any more."""
    amid = dies_at(body(1, b"a" * BIG)[: BIG // 2])
    source = scene.source(dies_at(), amid, amid, amid)
    for _ in range(3):
        with pytest.raises(ConnectionLost):
            read(source, [1])
    assert isinstance(read(source, [1])[1], Unreadable)
    assert scene.servers[0].connections == 4
