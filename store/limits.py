"""How many connections one source server bears: for all servers, and for single ones.

The operator changes them while runs are under way. A claim reads them in its own transaction, so
a change holds from the next tick on, on all machines; what is connected already is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.tables import ServerLimit

LOWEST, HIGHEST = 1, 1000
EVERY_SERVER = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """`exceptions` are by host name in small letters."""

    usual: int
    exceptions: Mapping[str, int] = field(default_factory=dict)

    def of(self, host: str) -> int:
        return self.exceptions.get(host.lower(), self.usual)


def limits(session: Session, usual: int) -> Limits:
    """`usual` holds as long as the operator has stored no other value for all servers."""
    query = select(ServerLimit.host, ServerLimit.connections).order_by(ServerLimit.host)
    found = {row.host: row.connections for row in session.execute(query)}
    return Limits(found.pop(EVERY_SERVER, usual), found)


def set_limit(session: Session, host: str, connections: int) -> bool:
    """`host` EVERY_SERVER: for all that have no value of their own. False: it was so already.

    Raises ValueError outside of LOWEST to HIGHEST."""
    if not LOWEST <= connections <= HIGHEST:
        raise ValueError(f"a limit is a number from {LOWEST} to {HIGHEST}")
    host = host.lower()
    found = session.get(ServerLimit, host)
    if found is not None and found.connections == connections:
        return False
    session.merge(ServerLimit(host=host, connections=connections))
    return True


def remove_limit(session: Session, host: str) -> bool:
    """The server has the usual limit again. False: it had no other."""
    there = session.get(ServerLimit, host.lower()) is not None
    session.execute(delete(ServerLimit).where(ServerLimit.host == host.lower()))
    return there
