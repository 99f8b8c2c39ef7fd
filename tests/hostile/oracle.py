"""What a run may say and may have done, judged by what both models hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from imap.names import from_wire
from sync.errors import Code
from sync.options import Mode
from sync.report import MailboxReport, MessageNote, Outcome, Verdict
from tests.hostile.model import Account, Box, Held

GREEN = (Verdict.VERIFIED, Verdict.EXCEPTIONS)
UNREAD = {Code.UNREADABLE, Code.EMPTY_MESSAGE}
NO_REASON = {Code.DATE_ALTERED, Code.FLAGS_LOST}
"""Notes with these say nothing of a message's text."""


@dataclass(frozen=True)
class Failure:
    kind: str
    words: str


@dataclass
class Before:
    """How both sides stood when a run began."""

    source: dict[bytes, dict[int, Held]]
    destination: dict[bytes, Counter[bytes]]
    copies: frozenset[int]
    """All messages of the destination, by id()."""

    @classmethod
    def of(cls, source: Account, destination: Account) -> Before:
        for account in (source, destination):
            account.writes.clear()
            account.taken_away.clear()
            account.gone.clear()
        return cls(
            {box.name: {id(h): h for h in box.messages} for box in _open(source)},
            {box.name: Counter(h.origin for h in box.messages) for box in _open(destination)},
            frozenset(id(held) for box in _open(destination) for held in box.messages),
        )


def _open(account: Account) -> list[Box]:
    return [box for box in account.boxes.values() if box.selectable]


@dataclass
class Oracle:
    """Follows one world through its runs. `places` are source → destination folders as reported."""

    source: Account
    destination: Account
    mode: Mode
    remembers: bool = True
    """The ledger is kept from run to run."""
    failures: list[Failure] = field(default_factory=list)
    places: dict[bytes, set[bytes]] = field(default_factory=lambda: defaultdict(set))

    def fail(self, kind: str, words: str) -> None:
        self.failures.append(Failure(kind, words))

    def judge(
        self, before: Before, report: MailboxReport | None, notes: Sequence[MessageNote]
    ) -> None:
        """After a run, whatever became of it. Without a report it has raised."""
        pairs = self._pairs(report) if report else {}
        for name, place in pairs.items():
            self.places[name].add(place.name)
        if report is not None and report.verdict in GREEN:
            self._green(before, report, notes, pairs)
        self._source_untouched()
        self._removals(before)
        self._doubles()

    def _pairs(self, report: MailboxReport) -> dict[bytes, Box]:
        """Source folders by name, each with the destination's folder that the report tells."""
        here = {from_wire(box.name): box for box in _open(self.source)}
        there = {from_wire(box.name): box for box in _open(self.destination)}
        found = {}
        for row in report.folders:
            if row.source in here and row.destination in there:
                found[here[row.source].name] = there[row.destination]
        return found

    def _green(
        self,
        before: Before,
        report: MailboxReport,
        notes: Sequence[MessageNote],
        pairs: dict[bytes, Box],
    ) -> None:
        named = {from_wire(name): name for name in before.source}
        told: dict[bytes, list[MessageNote]] = defaultdict(list)
        for note in notes:
            told[named.get(note.folder, b"")].append(note)
        left_out = set(report.left_out)
        for name, messages in before.source.items():
            box = self.source.boxes.get(name)
            if box is None or from_wire(name) in left_out:
                continue
            still = [held for held in box.messages if id(held) in messages]
            place = pairs.get(name)
            if place is None:
                self.fail("false green: folder hidden", f"{name!r} with {len(still)} messages")
                continue
            gone = [held for where, held in self.destination.gone if where == place.name]
            copies = [*place.messages, *gone]
            excused = [held for held in copies if not self._judged(held, before)]
            lost = missing(still, copies, told[name], excused=excused)
            for held, how in lost:
                self.fail(f"false green: {how}", f"{name!r} uid {held.uid} {held.body[:60]!r}")

    def _judged(self, held: Held, before: Before) -> bool:
        """Whether this run has to know how the copy was altered: it has made it, or its ledger says
        who has."""
        return held.ours and (self.remembers or id(held) not in before.copies)

    def _source_untouched(self) -> None:
        if self.source.writes or self.source.taken_away:
            self.fail("source touched", f"{self.source.writes}")

    def _removals(self, before: Before) -> None:
        """What the destination has lost to the client."""
        taken = self.destination.taken_away
        if taken and self.mode is not Mode.ALL:
            self.fail("removal in a mode without", f"{[(n, h.origin[:60]) for n, h in taken]}")
            return
        by_box: dict[bytes, Counter[bytes]] = defaultdict(Counter)
        for name, held in taken:
            by_box[name][held.origin] += 1
        for name, origins in by_box.items():
            now = self._count(self.destination, name)
            wanted = self._wanted(name, before)
            for origin in origins:
                had = before.destination.get(name, Counter())[origin]
                if now[origin] < min(wanted[origin], had):
                    self.fail("removed what the source has", f"{name!r} {origin[:60]!r}")

    def _wanted(self, place: bytes, before: Before) -> Counter[bytes]:
        """By origin: what the source has had all the time in the folders that go there."""
        wanted: Counter[bytes] = Counter()
        for name, messages in before.source.items():
            box = self.source.boxes.get(name)
            if box is not None and (place in self.places[name] or place == name):
                wanted |= Counter(h.origin for h in box.messages if id(h) in messages)
        return wanted

    def _doubles(self) -> None:
        for name, places in self.places.items():
            peak = self._peak(name)
            for place in places:
                box = self.destination.boxes.get(place)
                if box is None or self._shared(name, place):
                    continue
                for origin, number in Counter(held.origin for held in box.messages).items():
                    most = max(peak[origin], box.start[origin], _others(box, origin))
                    if number > most:
                        words = f"{place!r}: {number} instead of {most} of {origin[:60]!r}"
                        self.fail("doubled", words)

    def _peak(self, name: bytes) -> Counter[bytes]:
        box = self.source.boxes.get(name)
        return self.peaks_of_gone.get(name, Counter()) | (box.peak if box else Counter())

    peaks_of_gone: dict[bytes, Counter[bytes]] = field(default_factory=dict)

    def remember_peaks(self) -> None:
        """Of folders that may be renamed."""
        for name, box in self.source.boxes.items():
            self.peaks_of_gone[name] = self.peaks_of_gone.get(name, Counter()) | box.peak

    def _shared(self, name: bytes, place: bytes) -> bool:
        """Whether another folder of the source has gone there, too, at some time."""
        return any(other != name and place in places for other, places in self.places.items())

    def _count(self, account: Account, name: bytes) -> Counter[bytes]:
        box = account.boxes.get(name)
        return Counter(held.origin for held in box.messages) if box else Counter()

    def complete(
        self, report: MailboxReport, notes: Sequence[MessageNote], excused: Callable[[str], bool]
    ) -> list[str]:
        """What calm servers leave to be wished for: messages without a copy and without a word.
        `excused` folders may have failed."""
        wrong = []
        pairs = self._pairs(report)
        failed = {row.source: row for row in report.folders if row.error}
        for box in _open(self.source):
            place = pairs.get(box.name)
            row = failed.get(from_wire(box.name))
            if row is not None and (excused(row.source) or excused(row.destination)):
                continue
            if place is None:
                wrong.append(f"{box.name!r} is not brought over")
                continue
            told = [note for note in notes if note.folder == from_wire(box.name)]
            for held, how in missing(box.messages, place.messages, told, excused=place.messages):
                wrong.append(f"{box.name!r} uid {held.uid}: {how}")
        return wrong


def _others(box: Box, origin: bytes) -> int:
    """How many were put there by others, now."""
    return sum(not held.ours for held in box.messages if held.origin == origin)


def blamed_in_vain(
    source: Account, notes: Sequence[MessageNote], guilty: Callable[[int], bool]
) -> list[str]:
    """Messages of the source that are called unreadable, and are not."""
    boxes = {from_wire(box.name): box.by_uid() for box in _open(source)}
    return [
        f"{note.folder!r} uid {note.uid}: {note.code} {note.server_words}"
        for note in notes
        if note.code in UNREAD
        and note.outcome is Outcome.FAILED
        and note.uid in boxes.get(note.folder, {})
        and not guilty(note.uid)
    ]


def missing(
    messages: Sequence[Held],
    copies: Sequence[Held],
    notes: Sequence[MessageNote],
    *,
    excused: Sequence[Held] = (),
) -> list[tuple[Held, str]]:
    """Messages that have neither an equal copy of their own nor a note, with what is wrong. Of
    `excused` copies nobody has to know that they are altered."""
    about: dict[int, list[MessageNote]] = defaultdict(list)
    for note in notes:
        if note.code not in NO_REASON:
            about[note.uid].append(note)
    mine = {id(held): [n for uid in held.uids for n in about.get(uid, ())] for held in messages}
    exact = Counter(copy.body for copy in copies)
    left: list[Held] = []
    # Of equal ones those that are named are the ones without a copy.
    for held in sorted(messages, key=lambda one: any(map(_says_missing, mine[id(one)]))):
        if exact[held.body]:
            exact[held.body] -= 1
        else:
            left.append(held)
    altered = Counter(copy.origin for copy in copies if copy.body != copy.origin)
    unjudged = Counter(copy.origin for copy in excused)
    found: list[tuple[Held, str]] = []
    for held in left:
        named = mine[id(held)]
        if altered[held.body]:
            altered[held.body] -= 1
            if not named and not unjudged[held.body]:
                found.append((held, "altered unnamed"))
        elif not any(_says_missing(note) for note in named):
            found.append((held, "missing"))
    return found


def _says_missing(note: MessageNote) -> bool:
    return note.outcome in (Outcome.FAILED, Outcome.SKIPPED, Outcome.VANISHED)
