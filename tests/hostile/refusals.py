"""Servers that refuse, hang up, or say nothing."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from tests.hostile.parsing import Word
from tests.hostile.reply import Reply
from tests.hostile.trouble import Act, Trouble

if TYPE_CHECKING:
    from tests.hostile.commands import Commands

VERBS = (
    "LIST",
    "LSUB",
    "STATUS",
    "EXAMINE",
    "SELECT",
    "UID FETCH",
    "UID SEARCH",
    "UID STORE",
    "UID EXPUNGE",
    "APPEND",
    "CREATE",
    "SUBSCRIBE",
    "NAMESPACE",
    "NOOP",
    "UNSELECT",
    "ENABLE",
)
_NO = (
    b"no",
    b"[SERVERBUG] internal error",
    b"[CANNOT] not here",
    b"[NOPERM] not allowed",
    b"[CONTACTADMIN] ask somebody",
    b"[UNKNOWN-CODE 17] who knows",
    b"[EXPUNGEISSUED] some are gone",
    b"",
)
_BUSY = (
    b"[UNAVAILABLE] come back later",
    b"[INUSE] somebody else is at it",
    b"[LIMIT] too much",
    b"[THROTTLED] slow down",
    b"Request is throttled. Suggested Backoff Time: 500 milliseconds",
)


class Sometimes(Trouble):
    """Strikes at some commands: of one verb or of any, with a probability, so many times."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.verb = rng.choice(("", rng.choice(VERBS), rng.choice(VERBS), "UID FETCH", "APPEND"))
        self.share = rng.choice((0.05, 0.2, 0.5, 1.0))
        self.left = rng.choice((1, 1, 2, 5, 20))

    def strikes(self, verb: str) -> bool:
        if self.verb not in ("", verb) or not self.left or self.rng.random() >= self.share:
            return False
        self.left -= 1
        return True


class SaysNo(Sometimes):
    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if self.strikes(verb):
            act.reply = Reply.no(self.rng.choice(_NO))


class SaysBad(Sometimes):
    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if self.strikes(verb):
            act.reply = Reply.bad()


class Busy(Sometimes):
    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if self.strikes(verb):
            act.reply = Reply.no(self.rng.choice(_BUSY))


class Goodbye(Sometimes):
    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if self.strikes(verb):
            act.close = True
            act.farewell = self.rng.choice((b"* BYE\r\n", b"* BYE shutting down\r\n"))


class HangsUp(Sometimes):
    """Before the command, after it, or amid the answer."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.when = rng.choice(("before", "after", "amid"))

    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if self.when == "before" and self.strikes(verb):
            act.close = True

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if self.when != "before" and self.strikes(verb):
            act.close = True
            act.cut = 0.0 if self.when == "after" else self.rng.random()


class NoAfterHalf(Sometimes):
    """Says a part of a reading command's answer, and then NO or BAD."""

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        reply = act.reply
        reading = verb in ("LIST", "LSUB", "STATUS", "UID FETCH", "UID SEARCH")
        if reading and reply is not None and self.strikes(verb):
            reply.lines = reply.lines[: self.rng.randint(0, len(reply.lines))]
            reply.status = self.rng.choice((b"NO", b"BAD"))
            reply.text = self.rng.choice(_NO)


class WrongTag(Sometimes):
    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.left = min(self.left, 2)

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if self.strikes(verb):
            act.tag = b"x17"


class Silence(Sometimes):
    """Never answers. Costs a whole timeout: seldom."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.left = 1

    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if self.strikes(verb):
            act.silent = True


class RefusesLiterals(Sometimes):
    """With a NO where a '+' is waited for, or by hanging up amid the message."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.verb = rng.choice(("APPEND", "", "CREATE"))
        self.says = rng.choice((b"", b"NO not that", b"BAD literal", b"NO [TOOBIG] too big"))

    def literal(self, verb: str, size: int, asked: bool) -> bytes | None:
        return self.says if self.strikes(verb) else None


class BadDoor(Trouble):
    """Greets or logs in badly, some times."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.left = rng.choice((1, 1, 2, 4))
        self.way = rng.choice(("bye", "noise", "no", "busy", "preauth"))

    def greeting(self, usual: bytes) -> bytes:
        said = {"bye": b"* BYE too many connections", "noise": b"220 smtp", "preauth": b"* PREAUTH"}
        if self.way not in said or not self.left or self.rng.random() < 0.5:
            return usual
        self.left -= 1
        return said[self.way]

    def login(self) -> bytes:
        said = {"no": b"NO [AUTHENTICATIONFAILED] wrong", "busy": b"NO [UNAVAILABLE] later"}
        if self.way not in said or not self.left or self.rng.random() < 0.5:
            return b""
        self.left -= 1
        return said[self.way]


class Floods(Sometimes):
    """Says more than anybody can hold: a line without an end, or lines without an end."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.left = 1
        self.share = 0.2
        self.text = rng.choice((b"x" * 65536, b"* OK still here %b\r\n" % (b"y" * 16_000)))

    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if self.strikes(verb):
            act.flood = self.text
            act.close = True


class CursedFolders(Trouble):
    """Hangs up whenever a certain folder is opened, counted, made or subscribed, for good."""

    lasting = red = True

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.salt = rng.randrange(1000)
        self.verbs = rng.choice((("EXAMINE", "SELECT"), ("STATUS",), ("CREATE",), ("SUBSCRIBE",)))

    def curses(self, name: bytes) -> bool:
        return name != b"INBOX" and Random(sum(name) * 1000 + self.salt).random() < 0.3

    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if verb in self.verbs and self.curses(commands._name(args)):
            act.close = True


class Forgetful(Trouble):
    """Offers other things on each connection."""

    def capabilities(self, usual: frozenset[str]) -> frozenset[str]:
        dropped = {"MULTIAPPEND", "LIST-STATUS", "ESEARCH", "LITERAL+", "UNSELECT"}
        return frozenset(n for n in usual if n not in dropped or self.rng.random() < 0.5)


REFUSALS: dict[str, tuple[type[Trouble], float]] = {
    "no": (SaysNo, 4),
    "bad": (SaysBad, 3),
    "busy": (Busy, 2),
    "bye": (Goodbye, 3),
    "hang up": (HangsUp, 6),
    "no after half": (NoAfterHalf, 3),
    "wrong tag": (WrongTag, 1),
    "silence": (Silence, 0.2),
    "literals": (RefusesLiterals, 2),
    "door": (BadDoor, 1),
    "floods": (Floods, 0.15),
    "cursed folders": (CursedFolders, 2),
    "forgetful": (Forgetful, 1),
}
"""By name: the trouble and its weight."""
