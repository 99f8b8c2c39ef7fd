"""Leave to log in. Servers ban an address for wrong passwords, so somebody has to count them.

Entered before the connection is made, left after the server's answer. It may refuse by raising a
SyncError; what the login raises passes through it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from imap.server import Login, Server
from sync.errors import Side

Permit = Callable[[bool], AbstractContextManager[None]]
"""Called with whether this very login was taken before: coming back is no guess."""
Permits = Callable[[Server, Login, Side], Permit]


def freely(_again: bool) -> AbstractContextManager[None]:
    return nullcontext()


def nobody_counts(_server: Server, _login: Login, _side: Side) -> Permit:
    return freely
