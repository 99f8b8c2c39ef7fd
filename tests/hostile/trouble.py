"""Where a server may misbehave: before a command is carried out, and in what it says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from tests.hostile.manners import Manners
from tests.hostile.parsing import Word
from tests.hostile.reply import Reply

if TYPE_CHECKING:
    from tests.hostile.commands import Commands


@dataclass
class Act:
    """What becomes of one command. Without a `reply` it is carried out as usual."""

    reply: Reply | None = None
    close: bool = False
    cut: float | None = None
    """So much of the answer is said."""
    farewell: bytes = b""
    silent: bool = False
    flood: bytes = b""
    """Said over and over until nobody listens any more."""
    tag: bytes = b""


class Trouble:
    """One way to misbehave, with its own dice. Each hook may be left as it is."""

    lasting = False
    """It does not go away when servers calm down."""
    busy = False
    """What it refuses is tried again by each run: flags, and removals."""
    red = False
    """With it a run need not get green, however often it is tried."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def blames(self, uid: int) -> bool:
        """Whether it is the reason that this message of the source cannot be read."""
        return False

    def curses(self, name: bytes) -> bool:
        """Whether it is the reason that this folder cannot be brought over."""
        return False

    def greeting(self, usual: bytes) -> bytes:
        return usual

    def login(self) -> bytes:
        """A refusal, or b''."""
        return b""

    def capabilities(self, usual: frozenset[str]) -> frozenset[str]:
        return usual

    def literal(self, verb: str, size: int, asked: bool) -> bytes | None:
        """A refusal; b'' hangs up; None takes it."""
        return None

    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        """May put its own answer into `act`."""

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        """May meddle with `act.reply`, which is the truth."""


class Troubles:
    """All of one server."""

    def __init__(self, troubles: Sequence[Trouble], manners: Manners) -> None:
        self.all = list(troubles)
        self.manners = manners
        self.on = True

    def calm(self) -> None:
        """From now on only what lasts."""
        self.all = [one for one in self.all if one.lasting]

    def greeting(self) -> bytes:
        text = b"* OK [CAPABILITY IMAP4rev1] hello"
        for one in self.all:
            text = one.greeting(text)
        return text

    def login(self) -> bytes:
        return next((text for one in self.all if (text := one.login())), b"")

    def capabilities(self) -> frozenset[str]:
        found = self.manners.capabilities
        for one in self.all:
            found = one.capabilities(found)
        return found

    def literal(self, verb: str, size: int, *, asked: bool) -> bytes | None:
        answers = (one.literal(verb, size, asked) for one in self.all)
        return next((answer for answer in answers if answer is not None), None)

    def before(self, verb: str, args: list[Word], commands: Commands) -> Act:
        act = Act()
        for one in self.all:
            if act.reply is None and not act.close and not act.silent:
                one.before(verb, args, act, commands)
        return act

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        for one in self.all:
            one.after(verb, args, act, commands)
