"""Refiling, broken and killed anywhere: nothing of the archive is lost, and nothing is doubled."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import Code, ConnectionLost, Side, Stopped, UidValidityChanged
from sync.memory import MemoryMessage
from sync.options import Mode, SyncOptions
from sync.report import Verdict
from tests.sync.archive import COPY, JOURNAL, KINDS, MOVE, Archive, bodies, numbers
from tests.sync.sides import Break, Killed, Watcher, lost, message


def test_an_archive_made_anew_meanwhile_costs_only_bodies() -> None:
    """Its uids mean other messages then: none of them is touched."""
    world = Archive()
    world.fill("Work", message(1), message(2))
    world.hold(JOURNAL, message(1), message(2))

    def anew(step: str) -> None:
        if step == "file":
            raise UidValidityChanged(Code.UIDVALIDITY_CHANGED, where=JOURNAL)

    world.destination.before = anew
    assert world.run(MOVE).total("copied") == 2
    assert world.equal()
    assert len(world.held(JOURNAL)) == 2


def test_what_was_filed_and_is_not_there_is_no_success() -> None:
    """A destination that says it has filed and has not: the message has failed, and the next run
    files it."""
    world = Archive()
    world.fill("Work", message(1), message(2))
    world.hold(JOURNAL, message(1), message(2))

    def loses(step: str) -> None:
        if step == "filed":
            world.destination.content["INBOX.Work"].messages.popitem()

    world.destination.before = loses
    report = world.run(COPY)
    assert report.verdict is not Verdict.VERIFIED
    assert (report.total("failed"), report.total("present"), report.total("refiled")) == (1, 1, 1)
    world.destination.before = lambda step: None
    assert world.run(COPY).verdict is Verdict.VERIFIED
    assert world.equal()


def test_a_lost_line_is_looked_after() -> None:
    """After the server has filed and before it could say so: nothing is filed a second time, and
    what was filed is counted as such."""
    world = Archive()
    world.fill("Work", *(message(n) for n in range(3)))
    world.hold(JOURNAL, *(message(n) for n in range(3)))
    losses = iter([lost(Side.DESTINATION)])

    def breaks(step: str) -> None:
        if step == "filed":
            for error in losses:
                raise error

    world.destination.before = breaks
    report = world.run(COPY)
    assert report.verdict is Verdict.VERIFIED
    assert report.total("refiled") == 3
    assert world.held("INBOX.Work") == bodies(*(message(n) for n in range(3)))


def test_a_stop_is_heard_between_two_sets() -> None:
    """And what was filed until then is known."""
    world = Archive()
    world.fill("Work", message(1))
    world.fill("Sent", message(2))
    world.hold(JOURNAL, message(1), message(2))
    with pytest.raises(Stopped):
        world.run(MOVE, Watcher(stop_after=2))
    assert world.run(MOVE).total("present") == 2
    assert world.equal()


FLAGS = st.sampled_from([(), ("\\Seen",)])
NAMED = st.builds(message, st.integers(0, 3), text=st.sampled_from(["one", "three"]), flags=FLAGS)
NAMELESS = st.builds(
    message,
    st.integers(0, 2),
    message_id=st.just(value=False),
    text=st.sampled_from(["one", "two"]),
    flags=FLAGS,
)
MESSAGES = NAMED | NAMELESS
"""With one Message-ID and one size two messages are taken for one, where there are but these."""
SOURCES = st.dictionaries(
    st.sampled_from(["INBOX", "Work", "Sent"]), st.lists(MESSAGES, max_size=5), max_size=3
)
HELD = st.dictionaries(
    st.sampled_from(["INBOX", "INBOX.Work", JOURNAL]), st.lists(MESSAGES, max_size=6), max_size=3
)


def _world(source: dict[str, list[MemoryMessage]], held: dict[str, list[MemoryMessage]]) -> Archive:
    world = Archive()
    for folder, messages in source.items():
        world.fill(folder, *(replace(one) for one in messages))
    world.hold(JOURNAL)
    for folder, messages in held.items():
        world.hold(folder, *(replace(one) for one in messages))
    return world


def _all_held(world: Archive) -> set[bytes]:
    return {body for folder in world.destination.content for body in world.held(folder)}


@given(SOURCES, HELD, st.sampled_from(KINDS))
@settings(max_examples=150, deadline=None)
def test_each_folder_has_what_the_source_has(
    source: dict[str, list[MemoryMessage]],
    held: dict[str, list[MemoryMessage]],
    options: SyncOptions,
) -> None:
    """As many of each, with the source's flags; nothing of the archive is lost; and a second run
    writes nothing."""
    world = _world(source, held)
    before = _all_held(world)
    rehearsed = world.run(replace(options, dry_run=True))
    report = world.run(options)
    assert report.verdict is Verdict.VERIFIED
    assert all(folder.balanced for folder in report.folders)
    assert world.equal()
    assert before <= _all_held(world)
    assert numbers(report) == numbers(rehearsed)
    world.run(options)
    assert world.destination.writes == []


@given(SOURCES, HELD, st.sampled_from(KINDS), st.integers(1, 60), st.booleans())
@settings(max_examples=150, deadline=None)
def test_killed_anywhere(
    source: dict[str, list[MemoryMessage]],
    held: dict[str, list[MemoryMessage]],
    options: SyncOptions,
    at: int,
    kill: bool,
) -> None:
    """The next run makes it good: as many of each as without the kill, and nothing lost."""
    calm, world = _world(source, held), _world(source, held)
    calm.run(options)
    before = _all_held(world)
    world.destination.before = Break(at, Killed() if kill else lost(Side.DESTINATION))
    try:
        world.run(options)
    except (Killed, ConnectionLost):
        pass
    finally:
        world.destination.before = lambda step: None
    assert before <= _all_held(world)
    assert world.run(options).verdict is Verdict.VERIFIED
    assert world.equal()
    for folder in calm.destination.content:
        assert world.held(folder) == calm.held(folder), folder
    world.run(options)
    assert world.destination.writes == []


@pytest.mark.parametrize("dies_at", ["file", "filed", "store"])
@pytest.mark.parametrize("options", [MOVE, COPY])
def test_mode_new_has_the_flags_right_after_a_kill(options: SyncOptions, dies_at: str) -> None:
    """Though it looks at no flags of what is there already."""
    world, new = Archive(), replace(options, mode=Mode.NEW)
    world.fill("Work", message(1, flags=("\\Seen",)), message(2))
    world.fill("Sent", message(3, flags=("Work",)))
    world.hold(JOURNAL, message(1), message(2, flags=("\\Seen",)), message(3))

    def dies(step: str) -> None:
        if step == dies_at:
            raise Killed

    world.destination.before = dies
    with pytest.raises(Killed):
        world.run(new)
    world.destination.before = lambda step: None
    assert world.run(new).verdict is Verdict.VERIFIED
    assert world.equal()
