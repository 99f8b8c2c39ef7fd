"""The wire: both sides of a migration over IMAP.

Nothing is connected before the first call, or `connect`. Every error is one of sync.errors.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from imap.destination import ImapDestination
from imap.patience import Heed, Heedful, heedless
from imap.permit import Permit, freely
from imap.reader import ImapSource
from imap.server import Login, NetworkPolicy, Server
from imap.session import Session
from imap.source_deletion import ImapSourceDeleter
from imap.throttle import Throttle
from sync.errors import Side

__all__ = [
    "Heedful",
    "ImapDestination",
    "ImapSource",
    "ImapSourceDeleter",
    "Login",
    "NetworkPolicy",
    "Server",
    "Throttle",
    "open_destination",
    "open_source",
    "open_source_deleter",
]


def open_source(
    server: Server,
    login: Login,
    policy: NetworkPolicy,
    *,
    wait: Callable[[float], None] = time.sleep,
    throttle: Throttle | None = None,
    compress: bool | None = None,
    heed: Heed = heedless,
    permit: Permit = freely,
) -> ImapSource:
    """The mailbox that is read. `wait` is called with the seconds to pause before a new attempt;
    it may raise, to end the waiting. `throttle` is the limit of speed that both sides share. The
    line is compressed where that pays; with `compress` True always, with False never. `heed` is
    asked while the server lets us wait; it raises to end that, and is one for both sides. `permit`
    gives leave to log in."""
    session = Session(
        server,
        login,
        policy,
        side=Side.SOURCE,
        wait=wait,
        throttle=throttle,
        compress=compress,
        heed=heed,
        permit=permit,
    )
    return ImapSource(session)


def open_destination(
    server: Server,
    login: Login,
    policy: NetworkPolicy,
    *,
    wait: Callable[[float], None] = time.sleep,
    throttle: Throttle | None = None,
    compress: bool | None = None,
    heed: Heed = heedless,
    permit: Permit = freely,
) -> ImapDestination:
    """The mailbox that is written."""
    session = Session(
        server,
        login,
        policy,
        side=Side.DESTINATION,
        wait=wait,
        throttle=throttle,
        compress=compress,
        heed=heed,
        permit=permit,
    )
    return ImapDestination(session)


def open_source_deleter(
    server: Server,
    login: Login,
    policy: NetworkPolicy,
    *,
    wait: Callable[[float], None] = time.sleep,
    throttle: Throttle | None = None,
    heed: Heed = heedless,
    permit: Permit = freely,
) -> ImapSourceDeleter:
    """What removes messages from the mailbox that is read: a second connection to it."""
    session = Session(
        server,
        login,
        policy,
        side=Side.SOURCE,
        wait=wait,
        throttle=throttle,
        compress=False,
        heed=heed,
        permit=permit,
    )
    return ImapSourceDeleter(session)
