"""20 accounts, four at a time: through the product's own workers; and by the peers.

The peers: each of four is given the next account as soon as it has ended. Their processor time is
that of all processes together; their memory the sum of the largest of each of the four.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from queue import SimpleQueue

from bench.cases import ACCOUNTS, Phase
from bench.compare import Damage, Mailbox, read_mailbox, total
from bench.corpus import write_mailbox
from bench.ground import Ground
from bench.judging import Brought, judged
from bench.measuring import Unfit
from bench.product import WORKERS, Pairs, Product, Unfinished, installed
from bench.progress import tell
from bench.results import Result, Turn
from bench.stopwatch import Sample, Stopwatch
from bench.tools import Task, Tool, command, environment

NUMBER = 20


def measure_accounts(ground: Ground, tools: Sequence[Tool]) -> Result:
    """Each tool once a round."""
    users = [ground.user() for _ in range(NUMBER)]
    sources = {}
    for user in users:
        written = write_mailbox(ground.source.maildir(user), ACCOUNTS.recipe)
        sources[user] = read_mailbox(ground.source.maildir(user))
        if total(sources[user]) != written:
            raise Unfit(f"{user} holds {total(sources[user])} messages, not {written}")
    turns: list[Turn] = []
    able = [tool for tool in tools if tool is not Tool.LIMIT]
    with installed(ground) as product:
        for number in range(ACCOUNTS.rounds):
            first = number % len(able)
            turned = (*able[first:], *able[:first])
            done = [_turn(product, tool, sources) for tool in turned]
            tell(Phase.CROWD, done)
            turns += done
    for user in users:
        shutil.rmtree(ground.source.maildir(user).parent, ignore_errors=True)
    return Result(ACCOUNTS, tuple(turns))


def _turn(product: Product, tool: Tool, sources: dict[str, Mailbox]) -> Turn:
    """All accounts by this tool. One account that fails makes all of it a failure."""
    ground = product.ground
    pairs = [(user, ground.user()) for user in sources]
    try:
        if tool is Tool.OURS:
            whole = product.copy(pairs)
            each = [whole] * len(pairs)
        else:
            whole, each = _by_peer(ground, tool, pairs)
    except Unfinished as error:
        return Turn(tool, Phase.CROWD, Sample(0.0, 0.0, 0), failure=f"unfinished: {error}"[-300:])
    harm, failures = Damage(), []
    for (source, destination), sample in zip(pairs, each, strict=True):
        maildir = ground.destination.maildir(destination)
        wanted, arrived = sources[source], read_mailbox(maildir)
        brought = Brought(wanted, arrived, total(wanted), Damage())
        turn = judged(Turn(tool, Phase.CROWD, sample), brought)
        harm += turn.damage or Damage()
        failures += [turn.failure] if turn.failure else []
        shutil.rmtree(maildir.parent, ignore_errors=True)
    failure = f"{len(failures)} of {len(pairs)} accounts: {failures[0]}" if failures else ""
    return Turn(tool, Phase.CROWD, whole, damage=harm, failure=failure)


def _by_peer(ground: Ground, tool: Tool, pairs: Pairs) -> tuple[Sample, list[Sample]]:
    """All together, and account by account."""
    ports = (ground.source.spec.port, ground.destination.spec.port)
    state = ground.directory / "state"
    slots: SimpleQueue[tuple[Stopwatch, list[int]]] = SimpleQueue()
    peaks: list[list[int]] = [[] for _ in range(WORKERS)]

    def run(pair: tuple[str, str]) -> Sample:
        task = Task(ground, *pair, ports, state / f"{tool.name}-{pair[1]}")
        words = command(tool, task)
        stopwatch, memory = slots.get()
        sample = stopwatch.run(words, environment(tool), task.state.with_suffix(".log"))
        memory.append(sample.memory)
        slots.put((stopwatch, memory))
        return sample

    with ExitStack() as ends, ThreadPoolExecutor(WORKERS) as pool:
        for memory in peaks:
            slots.put((ends.enter_context(closing(Stopwatch())), memory))
        begun = time.perf_counter()
        each = list(pool.map(run, pairs))
        wall = time.perf_counter() - begun
    cpu = sum(sample.cpu for sample in each)
    return Sample(wall, cpu, sum(max(memory, default=0) for memory in peaks)), each
