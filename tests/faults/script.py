"""What a proxy does with what it sees: the words in which a fault is told."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from tests.faults.wire import Command


class Ending(StrEnum):
    RESET = "reset"
    CLOSE = "close"
    """Under TLS with its farewell (close_notify)."""
    TRUNCATE = "truncate"
    """Without it."""
    HALF_CLOSE = "half-close"
    """The server's direction ends, and the client's stays open."""


class Cut(Exception):
    """Raised by a script: the connection ends here, after these last bytes for either end."""

    def __init__(self, ending: Ending, *, to_client: bytes = b"", to_server: bytes = b"") -> None:
        super().__init__(ending)
        self.ending = ending
        self.to_client = to_client
        self.to_server = to_server


class Raw(bytes):
    """For the client as it is, outside of TLS."""


class Broken(bytes):
    """For the client in a record of TLS that is damaged on the way."""


class Script:
    """Lets everything through. Its methods are never called by two threads at a time, but for
    `late`. Any of them may raise Cut."""

    holds: bool = False
    """What the client sends from now on is kept from the server until the client is gone."""

    def sent(self, data: bytes) -> None:
        """The client has sent these bytes, no matter where they part. With a Cut, its `to_server`
        is what of them is still taken."""

    def told(self, data: bytes) -> None:
        """The server has sent these bytes. With a Cut, its `to_client` is what still arrives."""

    def command(self, command: Command) -> None:
        """The first line of a command has come, and the server has not seen it."""

    def whole(self, command: Command) -> None:
        """Its last byte has come, and been sent on or held."""

    def response(self, command: Command | None, response: bytes) -> Iterator[bytes]:
        """What the client gets in place of this response to `command`, the oldest one under way;
        None when there is none."""
        yield response

    def late(self, held: bytes) -> Iterator[bytes]:
        """What was held and still gets to the server, as it is delivered."""
        yield held
