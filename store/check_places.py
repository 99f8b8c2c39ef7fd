"""Places for checks: who holds them, and who may take another one.

    the last free place          for an organization that holds none
    the one before it            for a server that none is held for (where there are three or more)

So a server that answers so slowly that each check of it lasts to its end, and an organization with
many such rows, leave a place to everybody else. Places at workers that only check are taken first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_FOR_ORGANIZATIONS = 1
_FOR_SERVERS = 2
_ENOUGH_FOR_BOTH = 3


@dataclass(slots=True)
class CheckPlaces:
    """`apart` at workers that only check, `beside` at workers that copy, too; how many are held."""

    apart: int
    beside: int
    apart_held: int = 0
    beside_held: int = 0
    organizations: Counter[int] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, held: Iterable[tuple[int, str, bool]], *, apart: int, beside: int) -> CheckPlaces:
        places = cls(apart, beside)
        for organization, host, is_beside in held:
            places._hold(organization, host, is_beside)
        return places

    @property
    def free(self) -> int:
        return self._apart_free + max(0, self.beside - self.beside_held)

    def held_by(self, organization: int) -> int:
        return self.organizations[organization]

    def open_to(self, organization: int) -> bool:
        """Whether there is a place that this organization may take, for some server."""
        if self.free <= _FOR_ORGANIZATIONS and self._many(_FOR_SERVERS):
            return self.free > 0 and not self.organizations[organization]
        return self.free > 0

    def closed_hosts(self, organization: int) -> Sequence[str]:
        """Servers for which it may take none now."""
        scarce = self.free <= _FOR_SERVERS and self._many(_ENOUGH_FOR_BOTH)
        if not scarce or not self.organizations[organization]:
            return []
        return [host for host, held in self.hosts.items() if held]

    def take(self, organization: int, host: str) -> bool:
        """Whether it is one of those beside."""
        is_beside = self._apart_free == 0
        self._hold(organization, host, is_beside)
        return is_beside

    @property
    def _apart_free(self) -> int:
        return max(0, self.apart - self.apart_held)

    def _many(self, least: int) -> bool:
        return self.apart + self.beside >= least

    def _hold(self, organization: int, host: str, is_beside: bool) -> None:
        self.organizations[organization] += 1
        self.hosts[host] += 1
        self.apart_held += not is_beside
        self.beside_held += is_beside
