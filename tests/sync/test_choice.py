"""Which messages are newly copied, by age and by size, and what never changes for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.choice import chosen
from sync.errors import Code
from sync.memory import MemoryMessage
from sync.messages import Messages
from sync.model import MessageMeta
from sync.options import MessageChoice, Mode, SyncOptions
from sync.report import MailboxReport, Outcome, Verdict
from sync.tally import NOTES_PER_FOLDER
from tests.sync.sides import Watcher, World, content, message

NOW = datetime(2024, 7, 20, 12, 0, tzinfo=UTC)


def options(choice: MessageChoice, mode: Mode = Mode.FLAGS_AND_NEW) -> SyncOptions:
    return SyncOptions(mode=mode, messages=choice, as_of=NOW)


def of_age(days: float, number: int, *, size: int = 0) -> MemoryMessage:
    """A message whose internal date is so many days before NOW."""
    at = NOW - timedelta(days=days)
    one = message(number, text="x" * size)
    return replace(one, internaldate=at.strftime("%d-%b-%Y %H:%M:%S +0000"))


def kept(choice: MessageChoice, *metas: MessageMeta) -> list[int]:
    wanted, left_out = chosen(Messages.of(metas), options(choice))
    assert len(wanted) + sum(len(one.messages) for one in left_out) == len(metas)
    return list(wanted.uids)


def dated(*dates: str) -> list[MessageMeta]:
    return [MessageMeta(uid, 100, text) for uid, text in enumerate(dates, start=1)]


def balanced(report: MailboxReport) -> bool:
    return all(folder.balanced and folder.verified for folder in report.folders)


class TestAge:
    def test_days_are_counted_from_the_moment_of_the_run(self) -> None:
        """Exactly N days old is within N days, in whatever zone it is spelled; a second more is
        not."""
        metas = dated(
            "10-Jul-2024 12:00:00 +0000",
            "10-Jul-2024 14:00:00 +0200",
            "10-Jul-2024 11:59:59 +0000",
            "10-Jul-2024 13:59:59 +0200",
            "20-Jul-2024 12:00:00 +0000",
        )
        assert kept(MessageChoice(max_age_days=10), *metas) == [1, 2, 5]
        assert kept(MessageChoice(min_age_days=10), *metas) == [1, 2, 3, 4]
        assert kept(MessageChoice(max_age_days=10, min_age_days=10), *metas) == [1, 2]

    def test_a_day_is_the_one_that_the_server_spells(self) -> None:
        """`since` compares days as the source writes them, as SEARCH SINCE does."""
        metas = dated(
            "31-Dec-2023 23:59:59 +0000",
            "31-Dec-2023 23:59:59 -1100",
            " 1-Jan-2024 00:00:00 +1400",
            " 1-Jan-2024 00:00:00 +0000",
        )
        assert kept(MessageChoice(since=date(2024, 1, 1)), *metas) == [3, 4]

    @pytest.mark.parametrize("text", ["", "yesterday", "32-Foo-2024 00:00:00 +0000", "1-Jan-2024"])
    def test_without_a_readable_date_nothing_is_left_out(self, text: str) -> None:
        """What has no readable internal date has no age."""
        choice = MessageChoice(max_age_days=1, min_age_days=1000, since=date(2024, 7, 20))
        assert kept(choice, *dated(text)) == [1]

    def test_the_ends_of_time(self) -> None:
        """Dates of the year 1 and 9999 are only old and young."""
        metas = dated(" 1-Jan-0001 00:00:00 +1400", "31-Dec-9999 23:59:59 -1200")
        assert kept(MessageChoice(max_age_days=1), *metas) == [2]
        assert kept(MessageChoice(min_age_days=1), *metas) == [1]

    def test_the_moment_has_to_be_known(self) -> None:
        """A plan does not look at a clock: without a moment an age is an error, and a run brings
        its own."""
        undated = SyncOptions(messages=MessageChoice(max_age_days=1))
        with pytest.raises(ValueError, match="no moment"):
            chosen(Messages(), undated)
        world = World()
        world.fill("INBOX", of_age(0, 1))
        assert world.run(undated).total("skipped") == 1, "of the year 2024"


class TestSize:
    def test_limits_are_allowed(self) -> None:
        """A message of the very size of a limit is copied."""
        metas = [MessageMeta(size, size) for size in (1, 9, 10, 11, 20, 21)]
        assert kept(MessageChoice(max_size=20, min_size=10), *metas) == [10, 11, 20]
        assert kept(MessageChoice(max_size=10), *metas) == [1, 9, 10]

    @given(
        sizes=st.lists(st.integers(0, 40), max_size=12),
        largest=st.integers(0, 40),
        smallest=st.integers(0, 40),
    )
    def test_each_message_has_one_place(
        self, sizes: list[int], largest: int, smallest: int
    ) -> None:
        """Each is copied or left out, by the limits and by nothing else."""
        metas = [MessageMeta(uid, size) for uid, size in enumerate(sizes, start=1)]
        within = [m.uid for m in metas if m.size >= smallest and (not largest or m.size <= largest)]
        assert kept(MessageChoice(max_size=largest, min_size=smallest), *metas) == within


def mixed() -> World:
    world = World()
    world.fill("INBOX", *(of_age(days, days) for days in (1, 5, 50, 500)))
    world.fill("Big", of_age(1, 11), of_age(1, 12, size=9000), of_age(99, 13, size=9000))
    return world


CHOICE = MessageChoice(max_age_days=30, max_size=5000)


@pytest.mark.parametrize("mode", Mode)
def test_what_is_outside_is_skipped_with_its_reason(mode: Mode) -> None:
    """The rest is copied, each left out message is named, the run is verified, and the run after it
    writes nothing and gives the same numbers."""
    world, watcher = mixed(), Watcher()
    report = world.run(options(CHOICE, mode), watcher)
    assert (report.total("found"), report.total("copied"), report.total("skipped")) == (7, 3, 4)
    assert balanced(report)
    assert report.verdict is Verdict.VERIFIED
    assert report.exceptions == 0
    assert watcher.counts[Outcome.SKIPPED] == 4
    said = {(note.folder, note.uid, note.code, note.subject) for note in watcher.notes}
    assert said == {
        ("INBOX", 3, Code.OUTSIDE_AGE, "50"),
        ("INBOX", 4, Code.OUTSIDE_AGE, "500"),
        ("Big", 2, Code.OUTSIDE_SIZE, "12"),
        ("Big", 3, Code.OUTSIDE_AGE, "13"),
    }
    for _ in range(2):
        world.ledger.begin_run()
        report = world.run(options(CHOICE, mode))
        assert world.destination.writes == []
        assert (report.total("present"), report.total("skipped")) == (3, 4)
        assert balanced(report)
        assert report.verdict is Verdict.VERIFIED


def test_a_dry_run_has_the_same_numbers() -> None:
    """A rehearsal skips what the run skips, and writes nothing."""
    world = mixed()
    dry = world.run(replace(options(CHOICE), dry_run=True))
    assert world.destination.writes == []
    real = world.run(options(CHOICE))
    for name in ("found", "copied", "present", "skipped", "failed", "vanished", "size_copied"):
        assert dry.total(name) == real.total(name)


def test_other_options_look_again() -> None:
    """What one run has left out a later run with a wider choice copies; a narrower one leaves what
    is there present and in step."""
    world = mixed()
    world.run(options(CHOICE))
    world.ledger.begin_run()
    report = world.run(SyncOptions())
    assert (report.total("copied"), report.total("skipped")) == (4, 0)
    assert content(world.destination) == content(world.source)
    world.ledger.begin_run()
    world.source.content["INBOX"].messages[4].flags = frozenset({"\\Flagged"})
    report = world.run(options(MessageChoice(max_age_days=1, max_size=1)))
    assert (report.total("present"), report.total("skipped")) == (7, 0)
    assert report.total("flags_changed") == 1
    assert report.verdict is Verdict.VERIFIED
    assert content(world.destination) == content(world.source)


def test_new_mail_beside_a_folder_at_rest() -> None:
    """A folder that rested gets new mail outside the choice: each run afterwards counts it, until
    the choice takes it."""
    world = mixed()
    world.run()
    world.source.content["INBOX"].add(of_age(99, 99))
    for _ in range(3):
        world.ledger.begin_run()
        report = world.run(options(CHOICE))
        assert world.destination.writes == []
        assert (report.total("present"), report.total("skipped")) == (7, 1)
        assert balanced(report)
    world.ledger.begin_run()
    assert world.run().total("copied") == 1
    world.ledger.begin_run()
    assert world.run(options(CHOICE)).total("present") == 8


def test_twins_at_the_destination_stay_in_step() -> None:
    """What another tool has brought is present, whatever its age, and gets the source's flags."""
    world = mixed()
    world.run()
    world.ledger = type(world.ledger)()
    world.source.content["INBOX"].messages[4].flags = frozenset({"\\Seen"})
    report = world.run(options(CHOICE))
    assert world.destination.writes == ["STORE"]
    assert (report.total("present"), report.total("skipped")) == (7, 0)


def test_mode_all_removes_only_what_the_source_has_not() -> None:
    """A message outside the choice that is at the destination has its message at the source: it
    stays. What has none is removed if it is within the choice."""
    world = mixed()
    world.run()
    world.destination.content["INBOX"].add(of_age(5, 77))
    world.ledger = type(world.ledger)()
    report = world.run(options(CHOICE, Mode.ALL))
    assert report.total("removed") == 1
    assert content(world.destination) == content(world.source)
    world.ledger.begin_run()
    world.run(options(CHOICE, Mode.ALL))
    assert world.destination.writes == []


def test_real_exceptions_are_named_beside_many_that_were_chosen() -> None:
    """However many are left out, a message that failed is named, and makes the verdict."""
    world, watcher = World(), Watcher()
    number = NOTES_PER_FOLDER + 5
    world.fill("INBOX", *(of_age(99, n) for n in range(number)), MemoryMessage(b"", ""))
    report = world.run(options(CHOICE), watcher)
    assert (report.total("skipped"), report.total("failed")) == (number, 1)
    assert len(watcher.notes) == NOTES_PER_FOLDER + 1
    assert watcher.notes[0].code is Code.EMPTY_MESSAGE
    assert report.verdict is Verdict.EXCEPTIONS
    assert report.exceptions == 1
