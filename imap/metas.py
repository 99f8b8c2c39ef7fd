"""What FETCH responses say of messages: UID, size, date and flags, in whatever pieces they come."""

from __future__ import annotations

import re
from collections.abc import Iterable

from imap.parse import HIGHEST_UID, Parts, Token, attributes, number, uid, words
from imap.received import Groups
from imap.responses import MOST_UNREAD
from imap.selection import Selected
from sync.messages import Gathered, Messages

ITEMS = b"(UID FLAGS INTERNALDATE RFC822.SIZE)"
USUAL = re.compile(
    rb"\* \d+ FETCH \(UID (\d{1,10}) FLAGS \(([^()\r\n]*)\) INTERNALDATE \"([^\"\r\n]{0,40})\""
    rb" RFC822\.SIZE (\d{1,19})(?: MODSEQ \(\d+\))?\)\r\n"
)
FETCH = re.compile(rb"\d+ FETCH \(", re.I)
_WANTED = (b"RFC822.SIZE", b"FLAGS", b"INTERNALDATE")


class Metas:
    """Collects what is said of messages with a uid in `wanted`. Equal flags are kept once."""

    def __init__(self, wanted: range, selected: Selected) -> None:
        self.unread: list[str] = []
        """What was said of messages with a uid that is none."""
        self._gathered = Gathered()
        self._pieces: dict[int, dict[bytes, Token]] = {}
        """By uid, of messages of which not everything has been said in one response."""
        self._wanted = wanted
        self._selected = selected
        self._flags: dict[bytes, frozenset[str]] = {}

    def messages(self) -> Messages:
        """Those of which the size has been told. Good until more is taken."""
        known = self._gathered.messages()
        sized = [uid for uid, said in self._pieces.items() if b"RFC822.SIZE" in said]
        for one in sized:
            if known.position(one) < 0:
                self._add_items(one, self._pieces[one])
            del self._pieces[one]
        return self._gathered.messages() if sized else known

    def take_usual(self, fields: Groups) -> None:
        uid, size = int(fields[0]), int(fields[3])
        known = self._flags.get(fields[1])
        if known is None or uid > HIGHEST_UID or uid not in self._wanted:
            self._add(uid, size, fields[2], self._known(fields[1]))
        else:
            self._gathered.add(uid, size, fields[2], known)

    def take_flags(self, fields: Groups) -> None:
        uid, flags = fields
        self._add(int(uid), 0, b"", self._known(flags))

    def take(self, parts: Parts) -> bool:
        """Whether it is understood."""
        if FETCH.match(parts[0]):
            return self.take_items(attributes(parts))
        return self._selected.take(parts)

    def take_items(self, items: dict[bytes, Token]) -> bool:
        """Other orders, more items, and less: what one response leaves out another may tell. News
        of a flag alone is in no piece with a size, and is passed over."""
        if b"UID" not in items:
            return False
        said = {name: items[name] for name in _WANTED if name in items}
        one = uid(items[b"UID"])
        if not one:
            self._refuse(items[b"UID"])
        elif len(said) == len(_WANTED):
            self._add_items(one, said)
            self._pieces.pop(one, None)
        elif said and one in self._wanted:
            self._pieces.setdefault(one, {}).update(said)
            if len(self._pieces[one]) == len(_WANTED):
                self._add_items(one, self._pieces.pop(one))
        return True

    def take_flags_of(self, items: dict[bytes, Token]) -> None:
        one, flags = uid(items.get(b"UID")), items.get(b"FLAGS")
        if one and isinstance(flags, list):
            self._add(one, 0, b"", self._known(_joined(flags)))

    def take_bare(self, uid: int) -> None:
        """A message of which the server has not told the size."""
        self._add_items(uid, self._pieces.pop(uid, {}))

    def _add_items(self, uid: int, said: dict[bytes, Token]) -> None:
        flags, date = said.get(b"FLAGS"), said.get(b"INTERNALDATE")
        self._add(
            uid,
            number(said.get(b"RFC822.SIZE")),
            date if isinstance(date, bytes) else b"",
            self._known(_joined(flags) if isinstance(flags, list) else b""),
        )

    def _add(self, uid: int, size: int, date: bytes, flags: frozenset[str]) -> None:
        if uid > HIGHEST_UID or not uid:
            self._refuse(b"%d" % uid)
        elif uid in self._wanted:
            self._gathered.add(uid, size, date, flags)

    def _refuse(self, uid: Token) -> None:
        if len(self.unread) < MOST_UNREAD:
            self.unread.append(f"UID {words(uid if isinstance(uid, bytes) else b'')}")

    def _known(self, flags: bytes) -> frozenset[str]:
        known = self._flags.get(flags)
        if known is None:
            known = flag_set(flags.split())
            self._flags[flags] = known
        return known


def _joined(flags: list[Token]) -> bytes:
    return b" ".join(flag for flag in flags if isinstance(flag, bytes))


def flag_set(flags: Iterable[Token]) -> frozenset[str]:
    """Flags as the server spells them, without \\Recent, which is the server's own."""
    spelled = (flag.decode("latin-1") for flag in flags if isinstance(flag, bytes))
    return frozenset(flag for flag in spelled if flag.lower() != "\\recent")
