"""What one account may pass of its migration's limit of speed, while the migration runs.

The limit is divided evenly among the accounts that may run at a time, on whichever machines. Each
asks for its own part; the parts of all never add up to more, for

    accounts end, or fewer may run       the others' parts grow: nobody needs to know at once
    more may run                         the old parts sink within INTERVAL of the next byte;
                                         new ones begin with a tenth, for BEGINNING
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from store.engine import Store, StoreError
from store.sharing import sharers

INTERVAL = 0.5
"""Seconds for which an answer holds."""
BEGINNING = 1.0
"""Seconds after which everybody has asked again."""

log = logging.getLogger("mailhaul.share")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes a second to each server: of one account, and of all of a migration; 0 for none."""

    account: int
    together: int

    def share(self, among: int) -> int:
        """Of one account, where so many divide the common limit; 0: no limit."""
        if not self.together:
            return self.account
        part = max(self.together // among, 1)
        return min(part, self.account) if self.account else part


class Share:
    """The share of one account run; asks SQL at most once in `interval` seconds."""

    def __init__(
        self,
        store: Store,
        account_run_id: int,
        limits: Limits,
        *,
        first: int,
        interval: float = INTERVAL,
    ) -> None:
        self._store = store
        self._account_run_id = account_run_id
        self._limits = limits
        self._interval = interval
        self._asked = float("-inf")
        self._answer = first

    def __call__(self) -> int:
        begun = time.monotonic()
        if begun - self._asked >= self._interval:
            # Before the answer: it is as old as the question.
            self._asked = begun
            self._ask()
        return self._answer

    def _ask(self) -> None:
        try:
            with self._store.read() as session:
                self._answer = self._limits.share(sharers(session, self._account_run_id))
        except StoreError as error:
            # The lease decides how long this may go on unanswered.
            log.warning("share=unknown reason=%s", type(error).__name__)
