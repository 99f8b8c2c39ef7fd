"""What a destination has refused for good is not sent again; what it has refused for now is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from sync.errors import Code, DestinationFull, MessageError
from sync.memory import MemoryServer
from sync.model import Namespace, Refused, Unreadable
from sync.options import MessageChoice, Mode, SyncOptions
from sync.report import MailboxReport, Outcome, Verdict
from tests.sync.sides import Watcher, World, content, message


class Picky(MemoryServer):
    """Refuses bodies with one of these texts, by its error; counts what it is sent."""

    def __init__(self) -> None:
        super().__init__(Namespace("INBOX.", "."))
        self.refuses: dict[bytes, MessageError] = {}
        self.room: int | None = None
        """Bytes that still fit."""
        self.sent: list[bytes] = []

    def append(self, messages):  # type: ignore[no-untyped-def]
        for outgoing in messages:
            body = b"".join(outgoing.chunks)
            self.sent.append(body)
            error = next((e for text, e in self.refuses.items() if text in body), None)
            if error is None and self.room is not None and len(body) > self.room:
                error = MessageError(Code.QUOTA, "[OVERQUOTA] full")
            if error is not None:
                yield Refused(outgoing.number, error)
                continue
            if self.room is not None:
                self.room -= len(body)
            yield from super().append([replace(outgoing, chunks=iter([body]))])


@dataclass
class Scene:
    world: World = field(default_factory=lambda: World(destination=Picky()))
    watcher: Watcher = field(default_factory=Watcher)

    @property
    def picky(self) -> Picky:
        assert isinstance(self.world.destination, Picky)
        return self.world.destination

    def run(self, options: SyncOptions | None = None) -> MailboxReport:
        self.picky.sent.clear()
        self.watcher = Watcher()
        self.world.ledger.begin_run()
        return self.world.run(options, self.watcher)

    @property
    def named(self) -> list[tuple[int, Outcome, Code, str]]:
        return [(n.uid, n.outcome, n.code, n.server_words) for n in self.watcher.notes]


BAD = MessageError(Code.APPEND_REFUSED, "[CANNOT] Message contains NUL characters")
LARGE = MessageError(Code.TOO_LARGE, "[TOOBIG] Message too large")


def scene(*errors: MessageError) -> Scene:
    """Three messages, of which the second, and so on, is refused with these errors."""
    made = Scene()
    made.world.fill("INBOX", *(message(n, text=f"text {n}.") for n in range(3)))
    for number, error in enumerate(errors, start=1):
        made.picky.refuses[b"text %d." % number] = error
    return made


@pytest.mark.parametrize("mode", Mode)
def test_what_was_refused_for_good_is_not_sent_again(mode: Mode) -> None:
    """It is named in each run with the words of then, and new mail beside it comes."""
    one = scene(BAD, LARGE)
    options = SyncOptions(mode=mode)
    assert one.run(options).verdict is Verdict.EXCEPTIONS
    assert len(one.picky.sent) == 3
    said = one.named
    assert said == [
        (2, Outcome.FAILED, BAD.code, BAD.server_words),
        (3, Outcome.FAILED, LARGE.code, LARGE.server_words),
    ]
    for number in range(3):
        one.world.fill("INBOX", message(100 + number))
        report = one.run(options)
        assert len(one.picky.sent) == 1
        assert one.named == said
        assert (report.total("copied"), report.total("failed")) == (1, 2)
        assert (report.verdict, report.exceptions) == (Verdict.EXCEPTIONS, 2)
    dry = one.run(replace(options, dry_run=True))
    assert (dry.total("copied"), dry.total("failed")) == (0, 2)


def test_it_is_sent_again_when_the_limit_is_another() -> None:
    """By what the server says after the login; until then not."""
    one = scene(LARGE)
    one.picky.append_limit = 5000
    one.run()
    one.run()
    assert one.picky.sent == []
    one.picky.append_limit = 6000
    one.run()
    assert len(one.picky.sent) == 1
    one.run()
    assert one.picky.sent == []
    one.picky.append_limit, one.picky.refuses = 7000, {}
    assert one.run().verdict is Verdict.VERIFIED
    one.run()
    assert one.picky.sent == []


def test_it_is_sent_again_when_the_message_is_another() -> None:
    """Another one under the same uid, as after a restore, is not the one that was refused."""
    one = scene(BAD)
    one.run()
    one.world.source.content["INBOX"].messages[2] = message(77, text="something longer than that")
    assert one.run().total("copied") == 1
    assert one.named == []
    assert content(one.world.destination) == content(one.world.source)


def test_it_is_sent_again_when_a_person_asks() -> None:
    """In that run alone."""
    one = scene(BAD)
    one.run()
    one.run(SyncOptions(retry_refused=True))
    assert len(one.picky.sent) == 1
    one.run()
    assert one.picky.sent == []
    one.picky.refuses.clear()
    one.run()
    assert one.picky.sent == []
    assert one.run(SyncOptions(retry_refused=True)).verdict is Verdict.VERIFIED


def test_one_that_somebody_has_put_there_is_present() -> None:
    """Saved by hand, as the hint says."""
    one = scene(BAD)
    one.run()
    original = one.world.source.content["INBOX"].messages[2]
    one.world.destination.content["INBOX"].add(original)
    assert one.run().verdict is Verdict.VERIFIED
    assert one.picky.sent == []


@pytest.mark.parametrize(
    "words",
    [
        "[LIMIT] too many of something",
        "[UNAVAILABLE] come back",
        "[SERVERBUG] Internal error occurred",
        "[NOPERM] you may not",
        "Permission denied",
        "System I/O error",
        "Temporary failure, try again later",
        "Mailbox is locked",
        "Out of disk space",
    ],
)
def test_what_was_refused_for_another_reason_is_sent_again(words: str) -> None:
    """In each run, since it has nothing to do with the message."""
    one = scene(MessageError(Code.APPEND_REFUSED, words))
    for _ in range(3):
        assert one.run().total("failed") == 1
        assert any(b"text 1." in body for body in one.picky.sent)
    one.picky.refuses.clear()
    assert one.run().verdict is Verdict.VERIFIED


@pytest.mark.parametrize("words", ["Blocked attachment", "Invalid header block", "no", ""])
def test_other_words_are_about_the_message(words: str) -> None:
    """Though they look a little like those."""
    one = scene(MessageError(Code.APPEND_REFUSED, words))
    one.run()
    one.run()
    assert one.picky.sent == []


def test_with_once_the_next_folder_gets_it() -> None:
    """What the first folder refuses, and is not sent there again, comes into the next one."""
    one = scene()
    one.world.fill("Work", message(1, text="text 1."))
    options = SyncOptions(messages=MessageChoice(once=True))

    real = one.picky.append

    def append(messages):  # type: ignore[no-untyped-def]
        for outgoing in messages:
            one.picky.refuses = {b"text 1.": BAD} if outgoing.folder.name == "INBOX" else {}
            yield from real([outgoing])

    one.picky.append = append  # type: ignore[method-assign]
    for _ in range(2):
        one.run(options)
        bodies = [m.body for m in one.world.destination.content["INBOX.Work"].messages.values()]
        assert [b"text 1." in body for body in bodies] == [True]
    assert one.picky.sent == []


class TestRoom:
    def test_a_full_mailbox_gets_one_more_try(self) -> None:
        """After the first refusal the smallest message that waits, and then the account ends with
        every message told."""
        one = Scene()
        sizes = [40 + 7 * number % 90 for number in range(100)]
        one.world.fill("INBOX", *(message(n, text="x" * s) for n, s in enumerate(sizes)))
        one.picky.room = 0
        with pytest.raises(DestinationFull):
            one.run()
        assert len(one.picky.sent) == 2
        assert len(one.picky.sent[1]) == min(
            len(m.body) for m in list(one.world.source.content["INBOX"].messages.values())[1:]
        )
        (report,) = one.watcher.reports
        assert (report.failed, report.error, report.balanced) == (100, Code.QUOTA, True)
        one.picky.room = None
        assert one.run().verdict is Verdict.VERIFIED, "nothing of that is remembered"

    def test_smaller_ones_find_room(self) -> None:
        """One message that is too large for what is left costs itself; the rest arrives, more and
        more at a time."""
        one = Scene()
        one.world.fill("INBOX", *(message(n) for n in range(5)), message(5, text="x" * 90_000))
        one.world.fill("Work", *(message(n) for n in range(10, 200)))
        one.picky.room = 80_000
        report = one.run(SyncOptions(batch_messages=50))
        assert (report.total("copied"), report.total("failed")) == (195, 1)
        assert one.named == [(6, Outcome.FAILED, Code.QUOTA, "[OVERQUOTA] full")]
        assert Counter(one.picky.sent).most_common(1)[0][1] == 1, "nothing is sent twice"

    def test_another_folder_may_have_room(self) -> None:
        """A limit of one folder costs the others nothing; at the end the account says that it is
        full. A mailbox that is full gets one try more for another folder, and not for each."""
        one = Scene()
        for folder in ("A", "B", "C", "D"):
            one.world.fill(folder, *(message(n, text=f"in {folder} {n}") for n in range(20)))
        one.picky.refuses = {b"in A": MessageError(Code.QUOTA, "[OVERQUOTA] A is full")}
        with pytest.raises(DestinationFull):
            one.run()
        for folder in ("B", "C", "D"):
            assert len(one.world.destination.content[f"INBOX.{folder}"].messages) == 20
        assert len([body for body in one.picky.sent if b"in A" in body]) <= 4
        one.picky.refuses = {b"in": MessageError(Code.QUOTA, "[OVERQUOTA] all is full")}
        one.world.ledger = type(one.world.ledger)()
        one.world.destination.content.clear()
        one.world.destination.make_folder("INBOX")
        with pytest.raises(DestinationFull):
            one.run()
        assert len(one.picky.sent) == 3

    def test_what_comes_of_many_refused_at_once(self) -> None:
        """Many that were under way when the first was refused: they are named, and the account is
        full, though nothing waits any more."""
        one = Scene()
        one.world.fill("INBOX", *(message(n) for n in range(4)))
        real = one.picky.append

        def together(messages):  # type: ignore[no-untyped-def]
            taken = [replace(m, chunks=iter([b"".join(m.chunks)])) for m in messages]
            yield from real(taken)

        one.picky.append = together  # type: ignore[method-assign]
        one.picky.room = 0
        with pytest.raises(DestinationFull):
            one.run()


def test_a_body_that_is_not_handed_out_is_asked_for_in_each_run() -> None:
    """First and alone, since it was refused before: it may have been repaired."""
    one = scene()
    real, broken = one.world.source.bodies, {2}
    alone: list[frozenset[int]] = []

    def bodies(wanted):  # type: ignore[no-untyped-def]
        alone.extend(part.alone for part in wanted)
        for part, answer in real(wanted):
            uid = getattr(answer, "uid", 0) or answer.meta.uid
            if uid in broken:
                yield part, Unreadable(uid, MessageError(Code.UNREADABLE, "NO corrupt"))
            else:
                yield part, answer

    one.world.source.bodies = bodies  # type: ignore[method-assign]
    for number in range(3):
        alone.clear()
        assert one.run().total("failed") == 1
        assert one.named == [(2, Outcome.FAILED, Code.UNREADABLE, "NO corrupt")]
        assert ({2} in alone) is (number > 0)
    broken.clear()
    assert one.run().verdict is Verdict.VERIFIED
