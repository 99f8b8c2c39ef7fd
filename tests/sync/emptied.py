"""A world whose source is emptied: the furniture of the tests of deletion in the source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sync.errors import Side
from sync.mailbox import migrate
from sync.memory import MemoryServer
from sync.memory_deleter import MemoryDeleter
from sync.options import SourceDeletion, SyncOptions
from sync.report import MailboxReport
from tests.sync.sides import Break, Watcher, World, message

SYNCED = SyncOptions(batch_messages=4, source_deletion=SourceDeletion.SYNCED)
NEVER = SyncOptions(batch_messages=4)


@dataclass(slots=True)
class Emptied(World):
    """Runs with a deleter where one is asked for."""

    def run(
        self, options: SyncOptions | None = None, watcher: Watcher | None = None
    ) -> MailboxReport:
        self.destination.writes.clear()
        self.source.writes.clear()
        options = options or SYNCED
        asked = options.source_deletion is not SourceDeletion.NEVER
        return migrate(
            self.source,
            self.destination,
            self.ledger,
            options=options,
            progress=watcher or Watcher(),
            stop=watcher or Watcher(),
            deleter=MemoryDeleter(self.source) if asked and not options.dry_run else None,
        )


def filled(number: int = 6) -> Emptied:
    world = Emptied()
    world.fill("INBOX", *(message(n, flags=("\\Seen",)) for n in range(number)))
    world.fill("Work", message(7), message(7), message(8, message_id=False))
    return world


def bodies(server: MemoryServer) -> set[bytes]:
    return {m.body for folder in server.content.values() for m in folder.messages.values()}


def held(server: MemoryServer) -> int:
    return sum(len(folder.messages) for folder in server.content.values())


def uids(world: World, folder: str = "INBOX") -> list[int]:
    return list(world.source.content[folder].messages)


def broken(world: Emptied, side: Side, at: int, error: BaseException) -> Break:
    server = world.source if side is Side.SOURCE else world.destination
    server.before = breaking = Break(at, error)
    return breaking


def mended(world: Emptied) -> None:
    world.source.before = world.destination.before = lambda step: None


def steps() -> Iterator[int]:
    yield from range(1, 400)
