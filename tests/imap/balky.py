"""A mail server with one folder that limits, refuses, leaves out and hangs up as it is told to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from tests.imap.scripted import Talk

DATE = b"17-Jul-1996 02:44:25 -0700"
_NO_SUCH: frozenset[int] = frozenset()


@dataclass
class Balky:
    """`bodies` by uid. What is refused is refused to every set that it is in, with `words`."""

    bodies: dict[int, bytes]
    offers: str = "IMAP4rev1 LITERAL+ UIDPLUS MOVE"
    limit: int = 0
    """RFC 9738: so many messages in one command, the highest first."""
    names_lowest: bool = True
    refused: dict[bytes, Collection[int]] = field(default_factory=dict)
    """By verb, or by an item of FETCH, the uids for which it is refused."""
    words: bytes = b"NO [SERVERBUG] cannot"
    patience: int = 0
    """So many refusals in a row, and it hangs up."""
    exists: int | None = None
    """What it says there are; -1: nothing."""
    stops_after: int = 0
    """So many messages in one answer to FETCH, without a word."""
    unseen: Collection[int] = _NO_SUCH
    """Not in any answer to FETCH."""
    unnamed: Collection[int] = _NO_SUCH
    """Not in any answer to SEARCH."""
    dies_at: Collection[int] = _NO_SUCH
    """It hangs up at these bodies, with BYE."""
    deleted: set[int] = field(default_factory=set)
    filed: dict[int, int] = field(default_factory=dict)
    asked: Counter[bytes] = field(default_factory=Counter)
    """Commands by name."""
    commands: list[bytes] = field(default_factory=list)
    connections: int = 0
    _row: int = 0

    def __call__(self, talk: Talk) -> None:
        self.connections += 1
        self._row = 0
        talk.welcome(self.offers)
        while True:
            tag, _, line = talk.line().partition(b" ")
            self.commands.append(line)
            name, _, rest = line.partition(b" ")
            if name.upper() == b"UID":
                name, _, rest = rest.partition(b" ")
            self.asked[name.upper()] += 1
            getattr(self, "_" + name.decode().lower())(talk, tag, rest)

    def _end(self, talk: Talk, tag: bytes, status: bytes) -> None:
        self._row = 0 if status.startswith(b"OK") else self._row + 1
        talk.say(tag + b" " + status)
        if self.patience and self._row >= self.patience:
            talk.say(b"* BYE Too many invalid commands")
            talk.sock.close()
            talk.line()

    def _noop(self, talk: Talk, tag: bytes, _: bytes) -> None:
        self._end(talk, tag, b"OK")

    _logout = _noop

    def _examine(self, talk: Talk, tag: bytes, _: bytes) -> None:
        exists = len(self.bodies) if self.exists is None else self.exists
        if exists >= 0:
            talk.say(b"* %d EXISTS" % exists)
        uidnext = max(self.bodies, default=0) + 1
        talk.say(b"* OK [UIDVALIDITY 7] x", b"* OK [UIDNEXT %d] x" % uidnext)
        self._end(talk, tag, b"OK open")

    _select = _examine

    def _status(self, talk: Talk, tag: bytes, rest: bytes) -> None:
        name = rest.partition(b" (")[0]
        told = b"* STATUS %s (MESSAGES %d UIDNEXT 9 UIDVALIDITY 7)"
        talk.say(told % (name, len(self.bodies)))
        self._end(talk, tag, b"OK")

    def _chosen(self, text: bytes) -> list[int]:
        found: set[int] = set()
        highest = max(self.bodies, default=0)
        for word in text.split(b","):
            first, _, last = word.replace(b"*", b"%d" % highest).partition(b":")
            low, high = sorted((int(first), int(last or first)))
            found |= {uid for uid in self.bodies if low <= uid <= high}
        return sorted(found)

    def _bounded(self, uids: list[int]) -> tuple[list[int], bytes]:
        """The highest of them, and the status that says so."""
        if not self.limit or len(uids) <= self.limit:
            return uids, b"OK done"
        some = uids[-self.limit :]
        lowest = b" %d" % some[0] if self.names_lowest else b""
        return some, b"OK [MESSAGELIMIT %d%s] partial" % (self.limit, lowest)

    def _refuses(self, verb: bytes, uids: list[int]) -> bool:
        return any(uid in bad for name, bad in self.refused.items() if name in verb for uid in uids)

    def _fetch(self, talk: Talk, tag: bytes, rest: bytes) -> None:
        text, _, items = rest.partition(b" ")
        uids, status = self._bounded(self._chosen(text))
        if self._refuses(b"FETCH " + items, uids):
            return self._end(talk, tag, self.words)
        for uid in uids[: self.stops_after or len(uids)]:
            if uid in self.unseen:
                continue
            flags = b"\\Deleted" if uid in self.deleted else b""
            said = [b"UID %d" % uid]
            said += [b"FLAGS (%s)" % flags] * (b"FLAGS" in items)
            said += [b'INTERNALDATE "%s"' % DATE] * (b"INTERNALDATE" in items)
            data = self.bodies[uid]
            said += [b"RFC822.SIZE %d" % len(data)] * (b"RFC822.SIZE" in items)
            if b"BODY.PEEK[]" in items:
                if uid in self.dies_at:
                    talk.say(b"* BYE oh dear")
                    talk.sock.close()
                    talk.line()
                said.append(b"BODY[] {%d}\r\n" % len(data) + data)
            elif b"HEADER" in items:
                head = data.split(b"\r\n\r\n")[0] + b"\r\n\r\n"
                said.append(b"BODY[HEADER]<0> {%d}\r\n" % len(head) + head)
            talk.raw(b"* 1 FETCH (" + b" ".join(said) + b")\r\n")
        return self._end(talk, tag, status)

    def _search(self, talk: Talk, tag: bytes, rest: bytes) -> None:
        found = re.search(rb"UID (\S+)", rest)
        uids, status = self._bounded(self._chosen(found[1] if found else b"1:*"))
        if self._refuses(b"SEARCH", uids):
            return self._end(talk, tag, self.words)
        named = [uid for uid in uids if uid not in self.unnamed]
        talk.say(b" ".join((b"* SEARCH", *(b"%d" % uid for uid in named))))
        return self._end(talk, tag, status)

    def _store(self, talk: Talk, tag: bytes, rest: bytes) -> None:
        text, _, change = rest.partition(b" ")
        uids, status = self._bounded(self._chosen(text))
        if self._refuses(b"STORE", uids):
            return self._end(talk, tag, self.words)
        if b"\\Deleted" in change:
            (self.deleted.difference_update if change[:1] == b"-" else self.deleted.update)(uids)
        return self._end(talk, tag, status)

    def _expunge(self, talk: Talk, tag: bytes, rest: bytes) -> None:
        uids, status = self._bounded([uid for uid in self._chosen(rest) if uid in self.deleted])
        if self._refuses(b"EXPUNGE", uids):
            return self._end(talk, tag, self.words)
        for uid in uids:
            del self.bodies[uid]
            self.deleted.discard(uid)
        return self._end(talk, tag, status)

    def _copy(self, talk: Talk, tag: bytes, rest: bytes) -> None:
        uids, status = self._bounded(self._chosen(rest.partition(b" ")[0]))
        if self._refuses(b"COPY", uids):
            return self._end(talk, tag, self.words)
        for uid in uids:
            self.filed[uid] = 1000 + len(self.filed)
        return self._end(talk, tag, status)

    def _move(self, talk: Talk, tag: bytes, rest: bytes) -> None:
        uids, status = self._bounded(self._chosen(rest.partition(b" ")[0]))
        if self._refuses(b"MOVE", uids):
            return self._end(talk, tag, self.words)
        for uid in uids:
            self.filed[uid] = 1000 + len(self.filed)
            del self.bodies[uid]
        if uids:
            said = b",".join(b"%d" % uid for uid in uids)
            new = b",".join(b"%d" % self.filed[uid] for uid in uids)
            talk.say(b"* OK [COPYUID 9 " + said + b" " + new + b"] moved")
        return self._end(talk, tag, status)


def mail(*uids: int) -> dict[int, bytes]:
    """Each with a header of its own."""
    return {uid: b"Message-ID: <%d@x>\r\n\r\nbody %d\r\n" % (uid, uid) for uid in uids}
