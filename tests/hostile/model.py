"""What a model server truly holds: folders, messages, flags, dates, and who has changed them."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass(eq=False)
class Held:
    """One message. `origin` are the bytes that were handed in, `body` those that are stored."""

    uid: int
    body: bytes
    origin: bytes
    date: str
    flags: set[str]
    modseq: int = 1
    ours: bool = False
    """The client under test has brought it."""
    uids: set[int] = field(default_factory=set)
    """All that it ever had."""


@dataclass(eq=False)
class Box:
    """One folder; `name` is what is said on the wire."""

    name: bytes
    uidvalidity: int
    uidnext: int = 1
    modseq: int = 1
    messages: list[Held] = field(default_factory=list)
    subscribed: bool = True
    special: bytes = b""
    selectable: bool = True
    peak: Counter[bytes] = field(default_factory=Counter)
    """By origin: how many were here at the same time, at most."""
    start: Counter[bytes] = field(default_factory=Counter)
    """By origin: how many were here before the client came."""

    stood: set[tuple[int, int]] = field(default_factory=set)
    """UIDNEXT and number of messages at the end of each run."""

    def add(self, body: bytes, date: str, flags: set[str], *, origin: bytes | None = None) -> Held:
        held = Held(self.uidnext, body, body if origin is None else origin, date, flags)
        held.uids.add(held.uid)
        self.uidnext += 1
        held.modseq = self.tick()
        self.messages.append(held)
        self.see_peak()
        return held

    def remove(self, held: Held) -> None:
        self.messages.remove(held)
        self.tick()

    def tick(self) -> int:
        self.modseq += 1
        return self.modseq

    def see_peak(self) -> None:
        self.peak |= Counter(one.origin for one in self.messages)

    def renumber(self, uidvalidity: int, first: int = 1) -> None:
        """Made anew: other uids for the same messages."""
        self.uidvalidity, self.uidnext = uidvalidity, first
        for held in self.messages:
            held.uid = self.uidnext
            held.uids.add(held.uid)
            self.uidnext += 1
            held.modseq = self.tick()

    def by_uid(self) -> dict[int, Held]:
        return {held.uid: held for held in self.messages}


@dataclass(eq=False)
class Account:
    """One mailbox on one server."""

    delimiter: bytes = b"/"
    prefix: bytes = b""
    boxes: dict[bytes, Box] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    writes: list[str] = field(default_factory=list)
    """What the client under test has done, command by command."""
    taken_away: list[tuple[bytes, Held]] = field(default_factory=list)
    """What it has removed, by folder."""
    gone: list[tuple[bytes, Held]] = field(default_factory=list)
    """What others have removed while a run was under way."""
    strange: list[str] = field(default_factory=list)
    """Commands that the model does not know."""
    _validity: int = 1000

    def make(self, name: bytes, *, special: bytes = b"", selectable: bool = True) -> Box:
        self._validity += 7
        box = Box(name, self._validity, special=special, selectable=selectable)
        self.boxes[name] = box
        return box

    def find(self, name: bytes) -> Box | None:
        if name.upper() == b"INBOX":
            name = b"INBOX"
        return self.boxes.get(name)

    def next_validity(self) -> int:
        self._validity += 7
        return self._validity
