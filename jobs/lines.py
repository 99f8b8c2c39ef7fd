"""The connections of one account run: with its own timeouts, and one limit of speed for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial

from imap import (
    Heedful,
    ImapDestination,
    ImapSource,
    NetworkPolicy,
    Throttle,
    open_destination,
    open_source,
    open_source_deleter,
)
from imap.permit import Permits, nobody_counts
from jobs.loading import Place, Work
from jobs.share import BEGINNING
from sync.errors import Side
from sync.options import SourceDeletion
from sync.ports import SourceDeleter, Stop


class Lines:
    """Nothing is connected before it is needed, or asked to. `share` tells what is this account's
    of the speed of its migration."""

    def __init__(
        self,
        work: Work,
        place: Place,
        policy: NetworkPolicy,
        stop: Stop,
        *,
        share: Callable[[], int],
        permits: Permits = nobody_counts,
    ) -> None:
        self._work = work
        self._place = place
        self._policy = policy
        self._permits = permits
        self._wait = stop.wait
        self._heed = Heedful(stop.reason)
        if work.limits.together:
            self._throttle = Throttle(share(), stop.wait, ask=share, gently=BEGINNING)
        else:
            self._throttle = Throttle(work.options.bytes_per_second, stop.wait)

    def source(self) -> ImapSource:
        sides = self._work.sides
        return open_source(
            sides.source,
            sides.login,
            patient(self._policy, self._work.timeouts[0]),
            wait=self._wait,
            throttle=self._throttle,
            heed=self._heed,
            permit=self._permits(sides.source, sides.login, Side.SOURCE),
        )

    def destination(self) -> ImapDestination:
        server, login = self._place.server, self._work.sides.destination_login
        return open_destination(
            server,
            login,
            patient(self._policy, self._work.timeouts[1]),
            wait=self._wait,
            throttle=self._throttle,
            heed=self._heed,
            permit=self._permits(server, login, Side.DESTINATION),
        )

    @contextmanager
    def deleter(self) -> Iterator[SourceDeleter | None]:
        """What may write to the source; None unless the options ask for it, and in a dry run."""
        options, sides = self._work.options, self._work.sides
        if options.source_deletion is SourceDeletion.NEVER or options.dry_run:
            yield None
            return
        # The source has taken this login before anything is deleted there.
        permit = partial(self._permits(sides.source, sides.login, Side.SOURCE), True)
        opened = open_source_deleter(
            sides.source,
            sides.login,
            patient(self._policy, self._work.timeouts[0]),
            wait=self._wait,
            throttle=self._throttle,
            heed=self._heed,
            permit=lambda _again: permit(),
        )
        with closing(opened):
            yield opened


def patient(policy: NetworkPolicy, seconds: int) -> NetworkPolicy:
    """The operator's policy with this migration's timeout, which connecting never exceeds."""
    connect = min(policy.connect_timeout, seconds)
    return replace(policy, connect_timeout=connect, read_timeout=seconds)
