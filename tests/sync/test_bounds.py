"""A choice of messages bounds what is removed, on either side: by age and by size."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.listing import Listing
from sync.mailbox import migrate
from sync.memory import MemoryMessage, MemoryServer
from sync.memory_deleter import MemoryDeleter
from sync.model import Namespace
from sync.options import MessageChoice, Mode, ProofLevel, SourceDeletion, SyncOptions
from sync.report import Verdict
from tests.sync.sides import Watcher, World, message

NOW = datetime(2024, 7, 20, 12, 0, tzinfo=UTC)
AGES = (1, 20, 400, None)
"""Days; None is no date that can be read."""
SIZES = (0, 3000)
KINDS = [(age, size) for age in AGES for size in SIZES]


def of(age: int | None, size: int, number: int) -> MemoryMessage:
    """Of about so many bytes, and an internal date so many days before NOW."""
    spelled = "yesterday or so"
    if age is not None:
        spelled = (NOW - timedelta(days=age)).strftime("%d-%b-%Y %H:%M:%S +0000")
    return replace(message(number, text="x" * size), internaldate=spelled)


def within(choice: MessageChoice, age: int | None, one: MemoryMessage) -> bool:
    """Said once more, in other words than the product's."""
    ages = choice.max_age_days or choice.min_age_days or choice.since
    if ages and age is None:
        return False
    days, size = age or 0, len(one.body)
    return (
        (not choice.max_age_days or days <= choice.max_age_days)
        and (not choice.min_age_days or days >= choice.min_age_days)
        and (not choice.since or (NOW - timedelta(days=days)).date() >= choice.since)
        and (not choice.max_size or size <= choice.max_size)
        and size >= choice.min_size
    )


CHOICES = st.builds(
    MessageChoice,
    max_age_days=st.sampled_from([0, 10, 30]),
    min_age_days=st.sampled_from([0, 10, 300]),
    since=st.sampled_from([None, date(2024, 7, 10)]),
    max_size=st.sampled_from([0, 1000]),
    min_size=st.sampled_from([0, 1000]),
)


def bodies(server: MemoryServer, name: str) -> list[bytes]:
    there = server.content.get(name)
    return sorted(one.body for one in there.messages.values()) if there else []


@settings(max_examples=150, deadline=None)
@given(choice=CHOICES, rested=st.booleans(), flagged=st.booleans(), mode=st.sampled_from(Mode))
def test_only_what_is_within_is_removed(
    choice: MessageChoice, rested: bool, flagged: bool, mode: Mode
) -> None:
    """In a folder of the source, whether it rested or not, and in one that the destination alone
    has, which goes only when nothing stays in it. A rehearsal tells the same number."""
    world = World()
    originals = {kind: of(*kind, number) for number, kind in enumerate(KINDS)}
    world.fill("INBOX", *originals.values(), message(99))
    if rested:
        world.run()
    inbox = world.destination.make_folder("INBOX")
    if rested:
        # Those that were copied, and have left the source since.
        for uid in range(1, len(KINDS) + 1):
            del world.source.content["INBOX"].messages[uid]
            if flagged:
                inbox.messages[uid] = replace(inbox.messages[uid], flags=frozenset({"new"}))
    else:
        world.source.content["INBOX"].messages.clear()
        for one in originals.values():
            inbox.add(one)
    alone = world.destination.make_folder("INBOX.Alone")
    for one in originals.values():
        alone.add(one)
    options = SyncOptions(mode=mode, messages=choice, as_of=NOW, allow_removal=True)
    going = [one.body for kind, one in originals.items() if within(choice, kind[0], one)]
    if mode is not Mode.ALL:
        going = []
    stay = sorted(one.body for one in originals.values() if one.body not in going)
    told = world.run(replace(options, dry_run=True)).total("removed")
    world.ledger.begin_run()
    report = world.run(options)
    assert told == report.total("removed") == 2 * len(going)
    assert [body for body in bodies(world.destination, "INBOX") if b"<m99@" not in body] == stay
    assert bodies(world.destination, "INBOX.Alone") == stay
    assert ("INBOX.Alone" in world.destination.content) is bool(stay)
    assert report.verdict is Verdict.VERIFIED
    world.ledger.begin_run()
    assert world.run(options).total("removed") == 0
    assert not {"EXPUNGE", "DELETE"} & set(world.destination.writes)


@settings(max_examples=60, deadline=None)
@given(choice=CHOICES)
def test_duplicates_outside_stay(choice: MessageChoice) -> None:
    """Of each kind three equal ones beside the source's copy: within the choice none of them
    stays, outside it all do."""
    world = World()
    kinds = {kind: of(*kind, number) for number, kind in enumerate(KINDS)}
    world.fill("INBOX", *kinds.values())
    world.run()
    for one in kinds.values():
        for _ in range(3):
            world.destination.content["INBOX"].add(one)
    options = SyncOptions(messages=choice, as_of=NOW, delete_duplicates=True, allow_removal=True)
    world.run(options)
    expected = [
        one.body
        for kind, one in kinds.items()
        for _ in range(1 if within(choice, kind[0], one) else 4)
    ]
    assert bodies(world.destination, "INBOX") == sorted(expected)


@settings(max_examples=60, deadline=None)
@given(choice=CHOICES)
def test_nothing_outside_leaves_the_source(choice: MessageChoice) -> None:
    """Though its copy is proven, from a time with a wider choice."""
    world = World()
    kinds = {kind: of(*kind, number) for number, kind in enumerate(KINDS)}
    world.fill("INBOX", *kinds.values())
    world.run()
    world.ledger.begin_run()
    options = SyncOptions(
        messages=choice,
        as_of=NOW,
        source_deletion=SourceDeletion.SYNCED,
        proof=ProofLevel.CONTENT,
    )
    migrate(
        world.source,
        world.destination,
        world.ledger,
        options=options,
        progress=Watcher(),
        stop=Watcher(),
        deleter=MemoryDeleter(world.source),
    )
    left = [one.body for kind, one in kinds.items() if not within(choice, kind[0], one)]
    assert bodies(world.source, "INBOX") == sorted(left)


class Hiding(MemoryServer):
    """Shows one message fewer than a folder has, and says so."""

    def listings(self, asked):  # type: ignore[no-untyped-def]
        for listing in super().listings(asked):
            if isinstance(listing, Listing) and listing.messages and asked[0].uids is None:
                shown = listing.messages[: len(listing.messages) - 1]
                yield replace(listing, messages=shown, hidden=1)
            else:
                yield listing


@pytest.mark.parametrize("choice", [MessageChoice(), MessageChoice(max_age_days=30)])
def test_a_surplus_folder_that_is_not_shown_whole_stays(choice: MessageChoice) -> None:
    """With all its mail, and the folders that it is in; the run is not verified."""
    world = World(destination=Hiding(Namespace("INBOX.", ".")))
    world.fill("Work")
    for name in ("INBOX.Old", "INBOX.Old.Inside"):
        world.destination.make_folder(name)
    for number in range(3):
        world.destination.content["INBOX.Old.Inside"].add(of(1, 0, number))
    report = world.run(SyncOptions(mode=Mode.ALL, messages=choice, as_of=NOW))
    assert report.verdict is Verdict.NOT_VERIFIED
    assert len(bodies(world.destination, "INBOX.Old.Inside")) == 3
    assert {"INBOX.Old", "INBOX.Old.Inside"} <= set(world.destination.content)
