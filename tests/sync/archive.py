"""An archive between the two sides: the furniture of the tests of refiling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

from sync.memory import MemoryMessage
from sync.options import Refiling, SyncOptions
from sync.report import MailboxReport
from tests.sync.sides import World, content

JOURNAL = "INBOX.Journal"
MOVE = SyncOptions(refiling=Refiling.MOVE, refile_from=JOURNAL)
COPY = replace(MOVE, refiling=Refiling.COPY)
MOVE_FROM_ALL = replace(MOVE, refile_from="")
KINDS = [MOVE, COPY, MOVE_FROM_ALL, replace(COPY, refile_from="")]


@dataclass(slots=True)
class Archive(World):
    """A destination with mail of its own, and a count of the bodies that each side has told."""

    bodies: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.source.before = self._count("source")
        self.destination.before = self._count("destination")

    def _count(self, side: str) -> Callable[[str], None]:
        def step(name: str) -> None:
            if name == "body":
                self.bodies[side] += 1

        return step

    def hold(self, folder: str, *messages: MemoryMessage) -> None:
        place = self.destination.make_folder(folder)
        for one in messages:
            place.add(one)

    def held(self, folder: str) -> list[bytes]:
        place = self.destination.content.get(folder)
        return sorted(m.body for m in place.messages.values()) if place else []

    def equal(self) -> bool:
        """What each folder of the source holds its twin holds too, flags and dates included."""
        theirs = content(self.destination)
        return all(not held - theirs[name] for name, held in content(self.source).items())


def bodies(*messages: MemoryMessage) -> list[bytes]:
    return sorted(one.body for one in messages)


def numbers(report: MailboxReport) -> list[dict[str, object]]:
    """Without what only a real run can say."""
    real = {"created": False, "verified": False, "read_back": 0, "size_read_back": 0}
    folders = sorted(report.folders, key=lambda folder: folder.source)
    return [asdict(folder) | real for folder in folders]
