"""Processes that are started again when they end, as the supervisor does, and who kills them."""

from __future__ import annotations

import random
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.jobs.harm import children

Spawn = Callable[..., "subprocess.Popen[bytes]"]


class Crew:
    """A clock and so many workers."""

    def __init__(self, spawn: Spawn, workers: int) -> None:
        self._spawn = spawn
        self._posts = [("jobs.clock",), *[("jobs.worker", "runs")] * workers]
        self._at_post: list[subprocess.Popen[bytes]] = []
        self._end = threading.Event()
        self.killed = 0

    @contextmanager
    def at_work(self, *, kill_every: float, seed: int) -> Iterator[Crew]:
        """A worker that has something to do is killed now and then, clock and idle ones are not."""
        self._at_post = [self._spawn(*words) for words in self._posts]
        threads = [
            threading.Thread(target=self._keep),
            threading.Thread(target=self._kill, args=(kill_every, random.Random(seed))),
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._end.set()
            for thread in threads:
                thread.join()

    def _keep(self) -> None:
        while not self._end.wait(0.3):
            for place, words in enumerate(self._posts):
                if self._at_post[place].poll() is not None:
                    self._at_post[place] = self._spawn(*words)

    def _kill(self, every: float, chance: random.Random) -> None:
        while not self._end.wait(every):
            busy = [worker for worker in self._at_post[1:] if children(worker.pid)]
            if busy:
                chance.choice(busy).kill()
                self.killed += 1
