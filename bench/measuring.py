"""One case measured: rounds, in each of which every tool has its turn, and each copy compared."""

from __future__ import annotations

import imaplib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

from imapclient import IMAPClient

from bench.cases import Case, Phase
from bench.compare import Damage, Mailbox, read_mailbox, total
from bench.corpus import additions, write_mailbox
from bench.ground import PASSWORD, ROUND_TRIP, Ground, LongLine
from bench.judging import Brought, judged
from bench.limit import folders
from bench.progress import tell
from bench.results import Result, Turn
from bench.tools import Task, Tool, command, environment


class Unfit(Exception):
    """The measurement itself went wrong: nothing that it says holds."""


def measure(case: Case, ground: Ground, tools: Sequence[Tool]) -> Result:
    """All rounds of it. What goes wrong with a tool is in its turns; raises Unfit for the rest."""
    user = ground.user()
    try:
        written = write_mailbox(ground.source.maildir(user), case.recipe)
        with ExitStack() as ends:
            rounds = _Rounds(case, ground, user, _lines(case, ground, ends))
            return Result(case, tuple(rounds.run(tools, written)))
    finally:
        shutil.rmtree(ground.source.maildir(user).parent, ignore_errors=True)


def _lines(case: Case, ground: Ground, ends: ExitStack) -> list[LongLine]:
    if not case.far:
        return []
    specs = (ground.source.spec, ground.destination.spec)
    ports = [spec.tls_port if case.tls else spec.port for spec in specs]
    return [ends.enter_context(closing(LongLine(port, ROUND_TRIP))) for port in ports]


@dataclass(slots=True)
class _Copy:
    """What a tool makes of the source in one round, from phase to phase."""

    tool: Tool
    task: Task
    damage: Damage = field(default_factory=Damage)
    sound: bool = True
    """A tool that failed once has nothing to go on from."""


class _Rounds:
    def __init__(self, case: Case, ground: Ground, user: str, lines: list[LongLine]) -> None:
        self._case = case
        self._ground = ground
        self._user = user
        self._lines = lines
        self._source: Mailbox = {}

    def run(self, tools: Sequence[Tool], written: int) -> Iterator[Turn]:
        self._warm_up()
        self._look(written)
        copies: list[_Copy] = []
        for number in range(self._case.rounds):
            self._forget(copies)
            copies = self._begin(tools, number)
            yield from self._phase(copies, Phase.FIRST, written)
            self._forget([copy for copy in copies if copy.tool is Tool.LIMIT])
            copies = [copy for copy in copies if copy.tool is not Tool.LIMIT]
            if Phase.AGAIN in self._case.phases:
                for _ in range(self._case.agains):
                    yield from self._phase(copies, Phase.AGAIN, 0)
        if Phase.CHANGED in self._case.phases:
            for number in range(self._case.rounds):
                yield from self._phase(copies, Phase.CHANGED, self._change(number))
        self._forget(copies)

    def _begin(self, tools: Sequence[Tool], number: int) -> list[_Copy]:
        """Another one begins in each round: who comes first finds another machine."""
        first = number % len(tools)
        turned = [*tools[first:], *tools[:first]]
        return [_Copy(tool, self._task(tool, number)) for tool in turned]

    def _phase(self, copies: list[_Copy], phase: Phase, brought: int) -> Iterator[Turn]:
        turns = [self._turn(copy, phase, brought) for copy in copies if copy.sound]
        tell(phase, turns)
        if read_mailbox(self._ground.source.maildir(self._user)) != self._source:
            raise Unfit(f"somebody changed the source in '{phase}'")
        yield from turns

    def _turn(self, copy: _Copy, phase: Phase, brought: int) -> Turn:
        self._trips()
        sample = self._ground.stopwatch.run(
            command(copy.tool, copy.task),
            environment(copy.tool),
            self._ground.directory / "log",
            self._case.patience,
        )
        trips = self._trips()
        arrived = read_mailbox(self._ground.destination.maildir(copy.task.destination_user))
        turn = judged(
            Turn(copy.tool, phase, sample, trips),
            Brought(self._source, arrived, brought, copy.damage),
        )
        copy.sound = not turn.failure
        copy.damage = turn.damage or Damage()
        return turn

    def _trips(self) -> tuple[int, int] | None:
        if not self._lines:
            return None
        source, destination = (line.round_trips() for line in self._lines)
        return source, destination

    def _task(self, tool: Tool, number: int) -> Task:
        user = self._ground.user()
        state = self._ground.directory / "state" / f"{self._case.name}-{tool.name}-{number}"
        return Task(self._ground, self._user, user, self._ports(), state, self._case.tls)

    def _ports(self) -> tuple[int, int]:
        if self._lines:
            return self._lines[0].port, self._lines[1].port
        specs = (self._ground.source.spec, self._ground.destination.spec)
        source, destination = (s.tls_port if self._case.tls else s.port for s in specs)
        return source, destination

    def _warm_up(self) -> None:
        """The source has its indexes before the first turn, so that nobody pays for them."""
        with imaplib.IMAP4("127.0.0.1", self._ground.source.spec.port) as client:
            client.login(self._user, PASSWORD)
            for name, _ in folders(self._ground.source.maildir(self._user)):
                client.select(name.decode("ascii"), readonly=True)
                client.uid("FETCH", "1:*", "(FLAGS INTERNALDATE RFC822.SIZE)")

    def _look(self, wanted: int) -> None:
        """What the source holds now, which every copy is compared with."""
        self._source = read_mailbox(self._ground.source.maildir(self._user))
        if total(self._source) != wanted:
            raise Unfit(f"the source holds {total(self._source)} messages, not {wanted}")

    def _change(self, number: int) -> int:
        """A client adds 1 % of the messages to the source, and flags 1 % of those there."""
        before = total(self._source)
        count = max(self._case.recipe.messages // 100, 1)
        with self._client() as client:
            client.select_folder("INBOX")
            uids = client.search("ALL")[number :: max(self._case.recipe.messages // 2 // count, 1)]
            client.add_flags(uids[:count], [f"Bench{number}", "\\Answered"], silent=True)
            for body in additions(self._case.recipe, count, number):
                client.append("INBOX", body)
        self._look(before + count)
        return count

    def _client(self) -> IMAPClient:
        client = IMAPClient("127.0.0.1", self._ground.source.spec.port, ssl=False)
        client.login(self._user, PASSWORD)
        return client

    def _forget(self, copies: list[_Copy]) -> None:
        for copy in copies:
            maildir = self._ground.destination.maildir(copy.task.destination_user)
            shutil.rmtree(maildir.parent, ignore_errors=True)
            shutil.rmtree(copy.task.state, ignore_errors=True)
