"""APPENDs under way on one connection: many at once, their answers read behind.

Three ways to send a message: in a batch (MULTIAPPEND, RFC 3502), alone, and streamed. Non-
synchronizing literals (RFC 7888) wherever the server takes them; else its '+' is waited for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from imap.dialogue import FEW_APPENDS, Dialogue, Literal
from imap.outgoing import Item, Target

BATCH_MESSAGES = 2000
"""After each batch Dovecot goes through the whole folder: 30,000 small messages into one take a
third of the time that they take in batches of 500."""
BATCH_SIZE = 8 * 1024 * 1024
WINDOW = 16 * 1024 * 1024
"""Bytes under way at most, unless one message alone is more."""
WINDOW_MESSAGES = 2 * BATCH_MESSAGES
LAST_WORDS = 2.0
"""Seconds to wait for what a server may still say when it takes nothing more."""


@dataclass(slots=True)
class Command:
    """One APPEND. `begun` while more may still be sent as part of it."""

    tag: bytes
    target: Target
    items: list[Item] = field(default_factory=list)
    size: int = 0
    begun: bool = True
    consented: bool = True
    """Every literal of it had the server's '+': what follows a refusal is not misread."""


@dataclass(frozen=True, slots=True)
class Answered:
    command: Command
    status: bytes
    text: bytes

    @property
    def desynchronized(self) -> bool:
        """The server may take for commands what was sent as a message."""
        early = self.command.begun and not self.command.consented
        return self.status != b"OK" and (
            early or (self.status == b"BAD" and not self.command.consented)
        )


class Sender:
    """The commands under way. Answers are put into `answered` as they come."""

    def __init__(self, dialogue: Dialogue) -> None:
        self.dialogue = dialogue
        self.answered: deque[Answered] = deque()
        self.held = 0
        """Bytes of messages whose answer is not there yet."""
        offered = dialogue.capabilities
        limits = (BATCH_MESSAGES, offered.save_limit, offered.message_limit)
        self.most = min(limit for limit in limits if limit)
        """Messages in one batch."""
        self._messages = 0
        self._looked = 0
        self._under_way: dict[bytes, Command] = {}
        self._batch: Command | None = None

    def leave_folder(self, target: Target) -> None:
        """UNSELECT (RFC 3691), before the next message to `target`; not waited for."""
        self.end_batch()
        tag = self.dialogue.send(b"UNSELECT")
        self._under_way[tag] = Command(tag, target, begun=False)

    def send_in_batch(self, item: Item) -> None:
        """As part of the batch under way, or of a new one. It is not ended."""
        batch = self._batch
        if batch is not None and (
            batch.size >= BATCH_SIZE
            or len(batch.items) >= self.most
            or batch.target is not item.target
        ):
            self.end_batch()
        batch = self._batch = self._batch or self._begin(item.target)
        if self._announce(batch, item):
            for piece in item.pieces:
                self.dialogue.wire.write(piece)
        elif batch.tag not in self._under_way:
            self._batch = None

    def send_alone(self, item: Item) -> None:
        self.end_batch()
        self.send_in_batch(item)
        self.end_batch()

    def stream(self, item: Item, chunks: Iterator[bytes]) -> None:
        """Alone, its body straight from `chunks`. What these raise is raised; then the command
        stands half sent, and `cut` has to end it."""
        self.end_batch()
        command = self._begin(item.target)
        if not self._announce(command, item):
            use_up(chunks)
            return
        for chunk in chunks:
            self.dialogue.wire.write(chunk)
        self._end(command)

    def end_batch(self) -> None:
        if self._batch is not None:
            batch, self._batch = self._batch, None
            self._end(batch)

    def make_room(self, size: int) -> None:
        """Wait until this many more bytes may be under way."""
        while self.held and (self.held + size > WINDOW or self._messages >= self._most):
            self.hear_one()

    @property
    def _most(self) -> int:
        dialogue = self.dialogue
        alone = not dialogue.capabilities.multiappend
        return min(dialogue.appends, WINDOW_MESSAGES) if alone else WINDOW_MESSAGES

    def hear_waiting(self) -> None:
        """Take the answers that are there already. Looked for only after bytes have gone out."""
        wire, looked = self.dialogue.wire, self._looked
        self._looked = wire.sent
        while self._under_way and looked != wire.sent and wire.ready():
            self._hear()

    def hear_one(self) -> None:
        """Wait for the next line. A batch that nothing else stands before is ended first."""
        if len(self._under_way) == 1:
            self.end_batch()
        self.dialogue.wire.flush()
        if self._under_way:
            self._hear()

    def hear_all(self) -> None:
        """Wait for every answer."""
        self.end_batch()
        while self._under_way:
            self.hear_one()

    def cut(self) -> None:
        """Hang up amid the message that is being streamed, which so is not stored, when the
        answers to those before it have come."""
        self.dialogue.wire.flush()
        while any(not command.begun for command in self._under_way.values()):
            self._hear()
        self.dialogue.wire.close()

    def hear_out(self) -> None:
        """Take what the server has said before the line broke, until there is no more of it."""
        if not self.dialogue.wire.closed:
            self.dialogue.wire.allow(LAST_WORDS)
        while self._under_way:
            self._hear()

    def _begin(self, target: Target) -> Command:
        command = Command(self.dialogue.begin(), target)
        wire = self.dialogue.wire
        self._under_way[command.tag] = command
        wire.write(command.tag + b" APPEND ")
        name = target.argument
        if isinstance(name, Literal):
            name = name.data
            wire.write(self.dialogue.announce(len(name)))
            if not self._await_consent(command, len(name)):
                return command
        wire.write(name)
        return command

    def _end(self, command: Command) -> None:
        if command.begun and command.tag in self._under_way:
            command.begun = False
            self.dialogue.wire.write(b"\r\n")

    def _announce(self, command: Command, item: Item) -> bool:
        """Send everything before the body; whether the body may follow."""
        command.items.append(item)
        if command.tag not in self._under_way:
            return False
        command.size += item.size
        self.held += item.size
        self._messages += 1
        self.dialogue.wire.write(b" " + item.head() + self.dialogue.announce(item.size))
        return self._await_consent(command, item.size)

    def _await_consent(self, command: Command, size: int) -> bool:
        if not self.dialogue.needs_consent(size):
            command.consented = False
            return True
        self.dialogue.wire.flush()
        while command.tag in self._under_way:
            if self._hear():
                return True
        return False

    def _hear(self) -> bool:
        """Read one line; whether it was the server's consent to a literal."""
        line = self.dialogue.response()
        if line.startswith(b"* "):
            self.dialogue.rest(line)
            return False
        tag = line.split(maxsplit=1)[0]
        if tag.startswith(b"+"):
            return True
        command = self._under_way.pop(tag, None)
        if command is None:
            # The answer to what nobody has asked: whoever goes on waiting waits in vain.
            raise self.dialogue.wire.lost(ValueError("unexpected line"))
        status, text = self.dialogue.tagged(line, tag)
        self.held -= command.size
        self._messages -= len(command.items)
        more = self.dialogue.appends + 3 * len(command.items)
        self.dialogue.appends = more if status == b"OK" else FEW_APPENDS
        if command is self._batch:
            self._batch = None
        self.answered.append(Answered(command, status, text))
        return False


def use_up(chunks: Iterable[bytes]) -> None:
    """A source goes on only when a body has been used up."""
    for _ in chunks:
        pass
