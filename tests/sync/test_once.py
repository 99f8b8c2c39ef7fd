"""What stands in several folders is copied into the first one only, and no mail is lost for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sync.mailbox
from sync.errors import Code, ConnectionLost, MessageError, Side
from sync.memory import MemoryMessage, MemoryServer
from sync.model import Appended, Namespace, Outgoing, Refused
from sync.options import MessageChoice, Mode, SyncOptions
from sync.report import MailboxReport, Outcome, Verdict
from tests.sync.sides import Break, Killed, Watcher, World, content, lost, message
from tests.sync.test_machine import Migration

ONCE = SyncOptions(messages=MessageChoice(once=True), batch_messages=4, proof_first=0)
FOLDERS = ("INBOX", "A", "B", "C")


class Choosy(MemoryServer):
    """Refuses messages in these folders, and drops what it has accepted in those."""

    refuses: frozenset[str] = frozenset()
    drops: frozenset[str] = frozenset()

    def append(self, messages: Iterable[Outgoing]) -> Iterator[Appended | Refused]:
        for outgoing in messages:
            body = b"".join(outgoing.chunks)
            name = outgoing.folder.name.removeprefix("INBOX.")
            if name in self.refuses:
                self.writes.append("APPEND")
                yield Refused(outgoing.number, MessageError(Code.APPEND_REFUSED, "NO"))
                continue
            yield from super().append([replace(outgoing, chunks=iter([body]))])
            if name in self.drops:
                self.content[outgoing.folder.name].messages.popitem()


def world_of(**folders: list[MemoryMessage]) -> World:
    world = World(destination=Choosy(Namespace("INBOX.", ".")))
    for folder, messages in folders.items():
        world.fill(folder, *messages)
    return world


def there(world: World) -> dict[str, list[str]]:
    """The subjects at the destination, by folder; empty ones are left out."""
    return {
        name.removeprefix("INBOX."): sorted(
            one.body.split(b"Subject: ")[1].split(b"\r\n")[0].decode()
            for one in folder.messages.values()
        )
        for name, folder in sorted(world.destination.content.items())
        if folder.messages
    }


def numbers(report: MailboxReport) -> tuple[int, ...]:
    assert all(folder.balanced for folder in report.folders)
    return tuple(report.total(str(outcome)) for outcome in Outcome)


def again(world: World, options: SyncOptions = ONCE) -> MailboxReport:
    world.ledger.begin_run()
    return world.run(options)


@pytest.mark.parametrize("mode", Mode)
def test_the_first_folder_has_it(mode: Mode) -> None:
    """INBOX comes first, then the names in their order; what is left out is named, the run is
    verified, and the next one writes nothing and has the same numbers."""
    world = world_of(
        A=[message(1), message(2), message(3)],
        INBOX=[message(2), message(4)],
        B=[message(1), message(2), message(5)],
    )
    options, watcher = replace(ONCE, mode=mode), Watcher()
    report = world.run(options, watcher)
    assert there(world) == {"A": ["1", "3"], "B": ["5"], "INBOX": ["2", "4"]}
    assert numbers(report) == (5, 0, 3, 0, 0)
    assert report.verdict is Verdict.VERIFIED
    said = {(note.folder, note.uid, note.code) for note in watcher.notes}
    assert said == {(f, uid, Code.ELSEWHERE_TOO) for f, uid in [("A", 2), ("B", 1), ("B", 2)]}
    for _ in range(2):
        report = again(world, options)
        assert world.destination.writes == []
        assert numbers(report) == (0, 5, 3, 0, 0)
        assert report.verdict is Verdict.VERIFIED


def test_a_rehearsal_has_the_same_numbers() -> None:
    """Before the first run and after it."""
    world = world_of(A=[message(1), message(2)], B=[message(1), message(3)])
    dry = world.run(replace(ONCE, dry_run=True))
    assert world.destination.writes == []
    assert numbers(dry) == numbers(world.run(ONCE)) == (3, 0, 1, 0, 0)
    assert numbers(again(world, replace(ONCE, dry_run=True))) == (0, 3, 1, 0, 0)


def test_one_byte_makes_two_messages() -> None:
    """Equal Message-ID, date, sender, subject and size: the content decides."""
    world = world_of(A=[message(1, text="hello")], B=[message(1, text="hellO")])
    nul, other = (replace(message(2), body=message(2).body + end) for end in (b"\0", b"\x80"))
    world.fill("A", nul)
    world.fill("B", other)
    assert numbers(world.run(ONCE)) == (4, 0, 0, 0, 0)


def test_many_in_one_folder_stay_as_many() -> None:
    """k equal ones in the first folder are k; in a later one none is copied."""
    world = world_of(A=[message(1)] * 3, B=[message(1)] * 2, C=[message(2, message_id=False)] * 2)
    assert numbers(world.run(ONCE)) == (5, 0, 2, 0, 0)
    assert there(world) == {"A": ["1"] * 3, "C": ["2"] * 2}


def test_only_sizes_that_occur_twice_are_asked_about() -> None:
    """Where every folder has its own sizes nothing is asked and nothing read but to be copied."""
    world, steps = world_of(A=[message(1, text="x")], B=[message(2, text="xx")]), list[str]()
    world.source.before = steps.append
    world.run(ONCE)
    assert "identities" not in steps
    assert steps.count("body") == 2


def test_a_body_is_compared_once() -> None:
    """Later runs know what was read, and read only what is new."""
    world, steps = world_of(A=[message(1), message(2)], B=[message(1)]), list[str]()
    world.run(ONCE)
    world.source.before = steps.append
    assert numbers(again(world)) == (0, 2, 1, 0, 0)
    assert "body" not in steps
    world.fill("B", message(2))
    assert numbers(again(world)) == (0, 2, 2, 0, 0)
    assert steps.count("body") == 2
    world.source.content["B"].uidvalidity = 77
    assert numbers(again(world)) == (0, 2, 2, 0, 0)
    assert steps.count("body") == 4, "what is in a folder that was made anew is not known"


def test_a_later_folder_that_has_it_keeps_it() -> None:
    """What was copied without the option stays, and a message that comes to an earlier folder is
    copied there."""
    world = world_of(A=[message(1)], B=[message(1)])
    world.run()
    assert numbers(again(world)) == (0, 2, 0, 0, 0)
    assert world.destination.writes == []
    world.fill("INBOX", message(1))
    assert numbers(again(world)) == (1, 2, 0, 0, 0)
    assert there(world) == {"A": ["1"], "B": ["1"], "INBOX": ["1"]}


def test_new_mail_beside_folders_at_rest() -> None:
    """An earlier run's copy counts, though its folder is not worked on."""
    world = world_of(A=[message(1)], C=[message(2)])
    world.run(ONCE)
    world.fill("B", message(1))
    world.fill("C", message(1), message(3))
    assert numbers(again(world)) == (1, 2, 2, 0, 0)
    assert there(world) == {"A": ["1"], "C": ["2", "3"]}


def test_what_is_marked_as_deleted_keeps_none_out() -> None:
    """Programs move mail by copying it and marking what they leave behind: at the next expunge that
    is gone, at the destination too."""
    left, moved = message(1, flags=("\\DELETED",)), message(1)
    world = world_of(INBOX=[left, message(2)], A=[moved], B=[moved, left])
    assert numbers(world.run(ONCE)) == (4, 0, 1, 0, 0)
    assert there(world) == {"A": ["1"], "B": ["1"], "INBOX": ["1", "2"]}
    world.fill("C", moved)
    assert numbers(again(world)) == (0, 4, 2, 0, 0)


def test_moved_at_the_source() -> None:
    """A message that went from the first folder to another one stands there alone, and is
    copied."""
    world = world_of(A=[message(1)], B=[message(2)])
    world.run(ONCE)
    world.fill("B", world.source.content["A"].messages.pop(1))
    assert again(world).total("copied") == 1
    assert there(world) == {"A": ["1"], "B": ["1", "2"]}


def test_what_somebody_removed_at_the_destination_does_not_come_back() -> None:
    """The copy in the first folder was removed: the later one is left out still."""
    world = world_of(A=[message(1)], B=[message(1)])
    world.run(ONCE)
    world.destination.content["INBOX.A"].messages.clear()
    report = again(world)
    assert world.destination.writes == []
    assert report.total("skipped") == 2
    assert report.verdict is Verdict.EXCEPTIONS, "that one was removed is one"


def test_what_was_not_chosen_in_the_first_folder() -> None:
    """A message left out there for its age does not keep a younger twin out."""
    old = replace(message(1), internaldate="17-Jul-2014 02:44:25 +0200")
    young = replace(message(1), internaldate="17-Jul-2124 02:44:25 +0200")
    world = world_of(A=[old], B=[young], C=[young])
    choice = MessageChoice(max_age_days=30, once=True)
    assert numbers(world.run(SyncOptions(messages=choice))) == (1, 0, 2, 0, 0)
    assert there(world) == {"B": ["1"]}


@pytest.mark.parametrize("kind", ["refuses", "drops"])
def test_where_the_first_fails_the_next_is_copied(kind: str) -> None:
    """Refused, or accepted and not there afterwards: the message is copied into the next folder,
    and into no other."""
    world = world_of(
        A=[message(1), message(2, text="longer")], B=[message(1), message(3)], C=[message(1)]
    )
    setattr(world.destination, kind, {"A"})
    watcher = Watcher()
    report = world.run(ONCE, watcher)
    assert numbers(report) == (2, 0, 1, 2, 0)
    assert [watcher.counts[outcome] for outcome in Outcome] == [2, 0, 1, 2, 0]
    assert there(world) == {"B": ["1", "3"]}
    assert report.verdict in (Verdict.EXCEPTIONS, Verdict.NOT_VERIFIED)


def test_what_was_removed_is_counted_though_the_folder_is_planned_anew() -> None:
    """The second pass over a folder keeps what the first one has done there."""
    world = world_of(A=[message(1)], B=[message(1), message(2)])
    assert isinstance(world.destination, Choosy)
    world.destination.refuses = frozenset({"A"})
    place = world.destination.make_folder("INBOX.B")
    for one in (message(8), message(9), message(9)):
        place.add(one)
    report = world.run(replace(ONCE, delete_duplicates=True))
    assert report.total("duplicates_removed") == 1
    place.add(message(7))
    report = again(world, replace(ONCE, mode=Mode.ALL, allow_removal=True))
    assert report.total("removed") == 3
    assert there(world) == {"B": ["1", "2"]}


def test_however_many_fail_the_account_goes_on() -> None:
    """A message that is refused everywhere costs itself, in each folder; the folders stay under
    way."""
    names = [f"F{n}" for n in range(9)]
    world = world_of(**{name: [message(1), message(n + 10)] for n, name in enumerate(names)})
    assert isinstance(world.destination, Choosy)
    world.destination.refuses = frozenset(names[:8])
    report = world.run(ONCE)
    assert all(folder.error is None for folder in report.folders)
    assert there(world) == {"F8": ["1", "18"]}
    assert report.total("copied") + report.total("failed") == 18 - report.total("skipped")
    assert report.total("skipped") == 0


def test_what_vanishes_from_the_first_folder_is_copied_from_the_next() -> None:
    """Somebody moves the message while the run is under way."""
    world = world_of(A=[message(1), message(2)], B=[message(1)])
    seen = iter(range(99))

    def expunge(step: str) -> None:
        if step == "body" and next(seen) == 2:
            world.source.content["A"].messages.pop(1, None)

    world.source.before = expunge
    report = world.run(ONCE)
    assert there(world) == {"A": ["2"], "B": ["1"]}
    assert (report.total("copied"), report.total("vanished")) == (2, 1)


@pytest.mark.parametrize("failing", [False, True])
def test_across_groups_of_folders(monkeypatch: pytest.MonkeyPatch, failing: bool) -> None:
    """Folders that are worked on one after the other know of each other."""
    monkeypatch.setattr(sync.mailbox, "GROUP_FOLDERS", 1)
    world = world_of(A=[message(1)], B=[message(1), message(2)], C=[message(1), message(2)])
    assert isinstance(world.destination, Choosy)
    world.destination.refuses = frozenset({"A"} if failing else ())
    dry = world.run(replace(ONCE, dry_run=True))
    assert numbers(dry) == (2, 0, 3, 0, 0)
    report = world.run(ONCE)
    assert numbers(report) == ((2, 0, 2, 1, 0) if failing else (2, 0, 3, 0, 0))
    assert there(world) == ({"B": ["1", "2"]} if failing else {"A": ["1"], "B": ["2"]})


def test_a_message_that_breaks_the_line_does_not_cost_the_account() -> None:
    """Where a body that would be compared breaks the line again and again, it is not compared."""
    world = world_of(A=[message(1), message(2)], B=[message(1)], INBOX=[message(3)])
    broken = list[str]()

    def chunk(step: str) -> None:
        if step == "body" and len(broken) < 2:
            broken.append(step)
            raise ConnectionLost(side=Side.SOURCE)

    world.source.before = chunk
    report = world.run(ONCE)
    assert report.total("copied") >= 3
    assert report.verdict is Verdict.VERIFIED


LAYOUT = st.dictionaries(st.sampled_from(FOLDERS), st.lists(st.integers(0, 4), max_size=5))
BREAKS = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 60), st.booleans(), st.booleans()), max_size=3
)


def expected(layout: dict[str, list[int]]) -> dict[str, list[str]]:
    seen, found = set[int](), dict[str, list[str]]()
    for folder in FOLDERS:
        mine = Counter(layout.get(folder, []))
        if kept := sorted(str(n) for n in mine.elements() if n not in seen):
            found[folder] = kept
        seen |= set(mine)
    return dict(sorted(found.items()))


@given(layout=LAYOUT, breaks=BREAKS, uidplus=st.booleans())
@settings(max_examples=150, deadline=None)
def test_whatever_breaks(
    layout: dict[str, list[int]], breaks: list[tuple[Side, int, bool, bool]], uidplus: bool
) -> None:
    """Killed and disconnected anywhere, in whatever run, the end is the same: each content in its
    first folder, as often as there, and nowhere else; and then nothing more is written."""
    world = World(destination=MemoryServer(Namespace("INBOX.", "."), uidplus=uidplus))
    for folder, messages in layout.items():
        world.fill(folder, *(message(n) for n in messages))
    for side, at, kill, new_run in breaks:
        server = world.source if side is Side.SOURCE else world.destination
        server.before = Break(at, Killed() if kill else lost(side))
        with suppress(Killed, ConnectionLost):
            world.run(ONCE)
        server.before = lambda step: None
        if new_run:
            world.ledger.begin_run()
    dry = numbers(again(world, replace(ONCE, dry_run=True)))
    report = again(world)
    assert numbers(report) == dry
    assert there(world) == expected(layout)
    assert report.verdict is Verdict.VERIFIED
    after = again(world)
    assert world.destination.writes == []
    assert after.total("skipped") == report.total("skipped")


class OnceWorld(World):
    def run(
        self, options: SyncOptions | None = None, watcher: Watcher | None = None
    ) -> MailboxReport:
        return super().run(options or ONCE, watcher)


class OnceMigration(Migration):
    """The machine that breaks things, with new mail and folders made anew between the runs."""

    def __init__(self) -> None:
        super().__init__()
        self.world = OnceWorld(destination=MemoryServer(Namespace("INBOX.", ".")))

    def teardown(self) -> None:
        """No content is missing, none is there more often than in its folder at the source, and at
        rest nothing is written."""
        report = self.world.run()
        assert all(folder.balanced and folder.verified for folder in report.folders)
        held, wanted = (
            {body for held in content(side).values() for body, _, _ in held}
            for side in (self.world.destination, self.world.source)
        )
        assert held == wanted
        self.nothing_is_doubled()
        self.world.run()
        assert self.world.destination.writes == []


TestOnceMachine = OnceMigration.TestCase
TestOnceMachine.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
