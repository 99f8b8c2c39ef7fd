"""Commands whose literals wait for the server's '+' (RFC 9051, section 4.3), while others are
under way.

A server consents when everything before has been answered. So nothing waits for it: what follows
a literal's announcement is withheld, later commands with it, and goes out when the '+' is read
among the answers. A command that is refused instead is over; what was withheld of it is dropped.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Spelled:
    """One command in pieces: each but the last ends with an announcement that needs consent."""

    tag: bytes
    pieces: deque[bytes] = field(default_factory=deque)


class Withheld:
    """The commands that may not go out yet. The first one's first piece has gone."""

    def __init__(self) -> None:
        self._commands: deque[Spelled] = deque()

    def __bool__(self) -> bool:
        return bool(self._commands)

    def send(self, command: Spelled) -> bytes:
        """What of one more command may go out now."""
        first = not self._commands
        self._commands.append(command)
        return self._go_on() if first else b""

    def consented(self) -> bytes:
        """What may go out after a '+'."""
        return self._go_on()

    def answered(self, tag: bytes) -> bytes:
        """What may go out after the answer to this command, whether it has gone out whole or
        not."""
        if not self._commands or self._commands[0].tag != tag:
            return b""
        self._commands.popleft()
        return self._go_on()

    def _go_on(self) -> bytes:
        out = []
        while self._commands:
            command = self._commands[0]
            out.append(command.pieces.popleft())
            if command.pieces:
                break
            self._commands.popleft()
        return b"".join(out)
