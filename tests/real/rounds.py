"""The rounds that each pair of servers goes through, each with what was promised of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from sync.memory_ledger import MemoryLedger
from sync.options import ProofLevel
from sync.report import Outcome, Verdict
from tests.real.corpus import Mail
from tests.real.judging import Depth, complaints, differences
from tests.real.moving import Ended, Move
from tests.real.servers import MailServer, whole_names

EVERYTHING = ProofLevel.EVERYTHING


@dataclass(slots=True)
class Rounds:
    """Of one pair of servers."""

    move: Move
    refused: int = 0
    """Messages that the first run could not bring over: a run that knows nothing of that tries."""
    verdict: Verdict | None = None

    def all(self) -> Iterator[tuple[str, list[str]]]:
        """The name of each round, and what was promised of it and not kept."""
        move, again = self.move, self._again
        yield "first copy", list(self._first())
        yield "second run", list(again(move.run, Depth.MADE, silent=True))
        names = {"CREATE"}
        forgotten = again(lambda: move.run(MemoryLedger()), Depth.FOUND, may=names)
        yield "without the ledger", list(forgotten)
        proven = again(lambda: move.run(MemoryLedger(), EVERYTHING), Depth.READ, may=names)
        yield "without the ledger, everything read", list(proven)
        move.source.renew(move.logins[0])
        yield "new UIDVALIDITY at the source", list(again(move.run, Depth.FOUND))
        move.destination.renew(move.logins[1])
        yield "new UIDVALIDITY at the destination", list(again(move.run, Depth.FOUND))
        yield "the run after all that", list(again(move.run, Depth.FOUND, silent=True))

    def _first(self) -> Iterator[str]:
        before = self.move.read()[0]
        ended = self.move.run()
        source, destination = self.move.read()
        self.refused = sum(note.outcome is Outcome.FAILED for note in ended.notes)
        self.verdict = ended.report.verdict if ended.report else None
        yield from complaints(ended, source, destination)
        yield from (f"at the source: {one}" for one in differences(before, source))

    def _again(
        self,
        run: Callable[[], Ended],
        depth: Depth,
        *,
        silent: bool = False,
        may: Collection[str] = (),
    ) -> Iterator[str]:
        """A run that has nothing to bring but what was refused; when it is to be `silent` it knows
        that, and does not ask again. Names that were refused it `may` ask for when it does not
        know."""
        source, before = self.move.read()
        ended = run()
        after = self.move.read()[1]
        yield from differences(before, after)
        yield from complaints(ended, source, after, depth)
        allowed = set(may) | (set() if silent or not self.refused else {"APPEND"})
        if written := {name: n for name, n in ended.written.items() if name not in allowed}:
            yield f"it sent {written}"
        now = ended.report.verdict if ended.report else None
        if now is not self.verdict and depth is not Depth.FOUND:
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
    assert len(found) == 7
    return {name: wrong for name, wrong in found.items() if wrong}
