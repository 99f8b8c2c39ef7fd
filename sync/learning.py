"""What a destination makes of what servers are known to alter: learnt in one run from copies
that are read back, so that no more of them are read than there is doubt. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from sync.alteration import Alterations

ENOUGH = 20
"""So many copies of a kind came back byte for byte, and none altered: it is kept as it is here."""
MATCHED = 2000
"""So many copies that were found at the destination are read at most, where some were altered."""
EVERY = 50
"""Of such a kind one in so many is read back all the same."""


class Learnt:
    """At one destination, in one run."""

    def __init__(self, first: int = 0) -> None:
        """`first`: so many of the first copies are read back whatever they are."""
        self.altered: Counter[str] = Counter()
        """Copies by what was altered in them."""
        self.alters_plain = False
        """Also messages that give no cause for it: it adds header fields, say."""
        self._blamed: set[str] = set()
        """Kinds of messages that were altered."""
        self._equal: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()
        """Those under way count: they will be known before more are asked for."""
        self._passed: Counter[str] = Counter()
        self._first = self._matched = first
        self._more = MATCHED
        self.doubted = False
        """Of what was found at the destination by what is listed some had another content."""

    def matched(self, number: int) -> int:
        """How many of so many copies that were found, and not read, are to be read: a few, and many
        where one of those was altered."""
        taken = min(number, self._more if self.doubted else self._matched)
        if self.doubted:
            self._more -= taken
        else:
            self._matched -= taken
        return taken

    def first(self, number: int) -> int:
        """How many of so many new copies are to be read as a sample; they count as read."""
        taken = min(number, self._first)
        self._first -= taken
        return taken

    def unknown(self, suspects: Mapping[int, Alterations]) -> list[int]:
        """Those that have to be read to learn what becomes of their kinds."""
        return [uid for uid, kinds in suspects.items() if self._ask(kinds)]

    def doubtful(self, suspects: Mapping[int, Alterations]) -> list[int]:
        """Of the others, when those were read: all of a kind that is altered here, else some."""
        return [uid for uid, kinds in suspects.items() if self._suspicious(kinds)]

    def tell(self, kinds: Alterations, altered: Iterable[str]) -> None:
        """A copy with these kinds came back like that."""
        found = set(altered)
        self.altered.update(found)
        self.alters_plain |= bool(found) and not kinds
        if not found:
            self._equal.update(kinds)
        self._blamed.update(found.intersection(kinds) or kinds if found else ())

    def _ask(self, kinds: Alterations) -> bool:
        if all(self._asked[kind] >= ENOUGH for kind in kinds):
            return False
        self._asked.update(kinds)
        return True

    def _suspicious(self, kinds: Alterations) -> bool:
        if any(kind in self._blamed or self._equal[kind] < ENOUGH for kind in kinds):
            return True
        self._passed.update(kinds)
        return any(self._passed[kind] % EVERY == 0 for kind in kinds)
