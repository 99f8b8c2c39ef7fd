"""One case measured: rounds, in each of which every tool has its turn, and each copy compared."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from ipaddress import ip_network

from imapclient import IMAPClient

from bench.cases import Case, Phase
from bench.compare import Damage, damage, read_mailbox
from bench.corpus import additions, write_mailbox
from bench.ground import PASSWORD, ROUND_TRIP, Ground, LongLine
from bench.stopwatch import Sample
from bench.tools import Task, Tool, command, environment
from imap import Login, NetworkPolicy, Server, open_source
from sync.options import Security

AGAINS = 3
"""An unchanged re-run is short: it is measured so often in each round."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One tool, one phase, once. `trips` of source and destination, where the line is long."""

    tool: Tool
    phase: Phase
    sample: Sample
    trips: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """All of one case. `damage` is what all copies of a tool did to the mail, together."""

    case: Case
    turns: tuple[Turn, ...]
    damage: dict[Tool, Damage]


class Failed(Exception):
    """A tool did not do what it was told; its words."""


def measure(case: Case, ground: Ground, tools: list[Tool]) -> Result:
    user = ground.user()
    write_mailbox(ground.source.maildir(user), case.recipe)
    try:
        with ExitStack() as ends:
            runner = _Runner(case, ground, user, _lines(case, ground, ends))
            chosen = [tool for tool in tools if not case.tools or tool in case.tools]
            turns = tuple(runner.run(chosen))
        return Result(case, turns, dict(runner.damage))
    finally:
        shutil.rmtree(ground.source.maildir(user).parent, ignore_errors=True)


def _lines(case: Case, ground: Ground, ends: ExitStack) -> list[LongLine]:
    if not case.far:
        return []
    ports = (ground.source.spec.port, ground.destination.spec.port)
    return [ends.enter_context(closing(LongLine(port, ROUND_TRIP))) for port in ports]


class _Runner:
    def __init__(self, case: Case, ground: Ground, user: str, lines: list[LongLine]) -> None:
        self._case = case
        self._ground = ground
        self._user = user
        self._lines = lines
        self.damage: defaultdict[Tool, Damage] = defaultdict(Damage)

    def run(self, tools: list[Tool]) -> Iterator[Turn]:
        self._warm_up()
        last: list[tuple[Tool, Task]] = []
        for number in range(self._case.rounds):
            for _, task in last:
                self._forget(task)
            last = [(tool, self._task(tool, number)) for tool in tools]
            for tool, task in last:
                yield self._turn(tool, Phase.FIRST, task)
                self._compare(tool, task)
            for tool, task in (pair for pair in last if pair[0] is not Tool.LIMIT):
                if Phase.AGAIN in self._case.phases:
                    yield from (self._turn(tool, Phase.AGAIN, task) for _ in range(AGAINS))
        if Phase.CHANGED in self._case.phases:
            yield from self._after_changes([pair for pair in last if pair[0] is not Tool.LIMIT])
        for _, task in last:
            self._forget(task)

    def _after_changes(self, last: list[tuple[Tool, Task]]) -> Iterator[Turn]:
        for number in range(self._case.rounds):
            self._change(number)
            for tool, task in last:
                yield self._turn(tool, Phase.CHANGED, task)
        for tool, task in last:
            self._compare(tool, task)

    def _turn(self, tool: Tool, phase: Phase, task: Task) -> Turn:
        stopwatch, log = self._ground.stopwatch, self._ground.directory / "log"
        self._trips()
        sample = stopwatch.run(command(tool, task), environment(tool), log)
        # doveadm says 2 when mail came in at the source while it looked.
        if sample.status not in (0, 2 if tool is Tool.DOVEADM else 0):
            raise Failed(f"{tool}, {phase}: status {sample.status}: {sample.output[-1000:]}")
        if tool is Tool.LIMIT:
            told = json.loads(sample.output)
            sample = replace(sample, wall=told["seconds"], cpu=told["cpu"])
        return Turn(tool, phase, sample, self._trips())

    def _trips(self) -> tuple[int, int] | None:
        if not self._lines:
            return None
        source, destination = (line.round_trips() for line in self._lines)
        return source, destination

    def _compare(self, tool: Tool, task: Task) -> None:
        if tool is Tool.LIMIT:
            return
        source = read_mailbox(task.maildir)
        destination = read_mailbox(self._ground.destination.maildir(task.destination_user))
        self.damage[tool] += damage(source, destination)

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
        port = self._ground.source.spec.port
        server = Server("127.0.0.1", port, Security.NONE)
        policy = NetworkPolicy((ip_network("127.0.0.0/8"),), frozenset((port,)))
        with closing(open_source(server, Login(self._user, PASSWORD), policy)) as reader:
            for folder in reader.folders().folders:
                if folder.selectable:
                    reader.messages(folder)

    def _change(self, number: int) -> None:
        """A client adds 1 % of the messages to the source, and flags 1 % of those there."""
        count = max(self._case.recipe.messages // 100, 1)
        with self._client() as client:
            client.select_folder("INBOX")
            uids = client.search("ALL")[number :: max(self._case.recipe.messages // 2 // count, 1)]
            client.add_flags(uids[:count], [f"Bench{number}", "\\Answered"], silent=True)
            for body in additions(self._case.recipe, count, number):
                client.append("INBOX", body)

    def _client(self) -> IMAPClient:
        client = IMAPClient("127.0.0.1", self._ground.source.spec.port, ssl=False)
        client.login(self._user, PASSWORD)
        return client

    def _forget(self, task: Task) -> None:
        maildir = self._ground.destination.maildir(task.destination_user)
        shutil.rmtree(maildir.parent, ignore_errors=True)
        shutil.rmtree(task.state, ignore_errors=True)
