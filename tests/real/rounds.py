"""The rounds that each pair of servers goes through, each with what was promised of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from sync.memory_ledger import MemoryLedger
from sync.report import Outcome, Verdict
from tests.real.corpus import Mail
from tests.real.judging import complaints, differences
from tests.real.moving import Ended, Move
from tests.real.servers import MailServer, whole_names


@dataclass(slots=True)
class Rounds:
    """Of one pair of servers."""

    move: Move
    refused: int = 0
    """Messages that the first run could not bring over: a run that knows nothing of that tries."""
    verdict: Verdict | None = None

    def all(self) -> Iterator[tuple[str, list[str]]]:
        """The name of each round, and what was promised of it and not kept."""
        yield "first copy", list(self._first())
        yield "second run", list(self._again(self.move.run, silent=True))
        forgotten = self._again(lambda: self.move.run(MemoryLedger()), may={"CREATE"})
        yield "without the ledger", list(forgotten)
        self.move.source.renew(self.move.logins[0])
        yield "new UIDVALIDITY at the source", list(self._again(self.move.run))
        self.move.destination.renew(self.move.logins[1])
        yield "new UIDVALIDITY at the destination", list(self._again(self.move.run))
        yield "the run after all that", list(self._again(self.move.run, silent=True))

    def _first(self) -> Iterator[str]:
        before = self.move.read()[0]
        ended = self.move.run()
        source, destination = self.move.read()
        self.refused = sum(note.outcome is Outcome.FAILED for note in ended.notes)
        self.verdict = ended.report.verdict if ended.report else None
        yield from complaints(ended, source, destination)
        yield from (f"at the source: {one}" for one in differences(before, source))

    def _again(
        self, run: Callable[[], Ended], *, silent: bool = False, may: Collection[str] = ()
    ) -> Iterator[str]:
        """A run that has nothing to bring but what was refused; when it is to be `silent` it knows
        that, and does not ask again. Names that were refused it `may` ask for when it does not
        know."""
        source, before = self.move.read()
        ended = run()
        after = self.move.read()[1]
        yield from differences(before, after)
        yield from complaints(ended, source, after)
        allowed = set(may) | (set() if silent or not self.refused else {"APPEND"})
        if written := {name: n for name, n in ended.written.items() if name not in allowed}:
            yield f"it sent {written}"
        now = ended.report.verdict if ended.report else None
        if now is not self.verdict:
            yield f"the verdict was {self.verdict}, and now is {now}"


def rounds(
    source: MailServer, destination: MailServer, mailbox: Mapping[str, list[Mail]]
) -> Rounds:
    """With this mail at the source, by names with '/' between the levels, and an empty mailbox at
    the destination."""
    login = source.new_login()
    names = whole_names(source, mailbox)
    source.fill(login, dict(zip(names, mailbox.values(), strict=True)))
    return Rounds(Move(source, destination, (login, destination.new_login())))


def broken(
    source: MailServer, destination: MailServer, mailbox: Mapping[str, list[Mail]]
) -> dict[str, list[str]]:
    """What was promised and not kept, by the round in which that came out."""
    found = dict(rounds(source, destination, mailbox).all())
    assert len(found) == 6
    return {name: wrong for name, wrong in found.items() if wrong}
