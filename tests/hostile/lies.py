"""Servers whose answers are not the truth.

Only lies that can be seen through are told, since nobody can be blamed for believing the others:
no server here tells the same wrong number in EXISTS, in STATUS and by the messages that it lists,
hides a folder from LIST that nothing else speaks of, or gives a message's uid to the bytes of
another one. For the same reason those of one group are not told together.
"""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING

from tests.hostile.manners import literal
from tests.hostile.parsing import Lit, Word
from tests.hostile.reply import Reply, Said
from tests.hostile.trouble import Act, Trouble

if TYPE_CHECKING:
    from tests.hostile.commands import Commands

_NUMBER = re.compile(rb"\d+")


def _asks(args: list[Word], item: bytes) -> bool:
    """Whether a FETCH asks for this."""
    if len(args) < 2:
        return False
    items = args[1] if isinstance(args[1], list) else [args[1]]
    return any(isinstance(one, bytes) and one.upper().startswith(item) for one in items)


class DropsLines(Trouble):
    """Leaves out untagged lines of one kind, and says OK."""

    kind = ""
    sees = b""
    """Only where a FETCH asks for this."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.share = rng.choice((0.1, 0.5, 1.0))
        self.faithful = rng.random() < 0.5
        """It is always the same messages."""
        self.salt = rng.randrange(1000)

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if act.reply is None or (self.sees and not _asks(args, self.sees)):
            return
        act.reply.lines = [said for said in act.reply.lines if not self._drops(said)]

    def _drops(self, said: Said) -> bool:
        if said.kind != self.kind:
            return False
        if self.faithful and said.uid:
            return Random(said.uid * 1000 + self.salt).random() < self.share
        return self.rng.random() < self.share


class DropsListing(DropsLines):
    kind, sees = "FETCH", b"RFC822.SIZE"


class DropsBodies(DropsLines):
    kind, sees = "FETCH", b"BODY.PEEK[]"


class DropsHeaders(DropsLines):
    kind, sees = "FETCH", b"BODY.PEEK[HEADER"


class DropsAnyFetch(DropsLines):
    kind = "FETCH"


class DropsExists(DropsLines):
    kind = "EXISTS"


class DropsStatus(DropsLines):
    kind = "STATUS"


class DropsSearch(DropsLines):
    kind = "SEARCH"


class DropsCodes(DropsLines):
    """UIDVALIDITY, UIDNEXT, PERMANENTFLAGS, HIGHESTMODSEQ."""

    kind = "CODE"


class DropsVanished(DropsLines):
    kind = "VANISHED"


class Truncates(Trouble):
    """Lists only the first, or the last, so many messages, without a word."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.most = rng.choice((1, 2, 5, 20))
        self.last = rng.random() < 0.5

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        reply = act.reply
        if verb != "UID FETCH" or reply is None:
            return
        kept = [said for said in reply.lines if said.kind == "FETCH"]
        some = kept[-self.most :] if self.last else kept[: self.most]
        reply.lines = [s for s in reply.lines if s.kind != "FETCH" or any(s is k for k in some)]


class LimitsSilently(Truncates):
    """The same, with the code of RFC 9738 but without its capability."""

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        reply = act.reply
        if verb != "UID FETCH" or reply is None or len(reply.lines) <= self.most:
            return
        super().after(verb, args, act, commands)
        uids = [said.uid for said in reply.lines if said.uid]
        if uids:
            reply.text = b"[MESSAGELIMIT %d %d] in part" % (self.most, min(uids))


class WrongNumber(Trouble):
    """EXISTS or STATUS says another number than there is."""

    kind = ""
    pattern = re.compile(rb"")

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.off = rng.choice((-3, -1, 1, 1, 2, 100))
        self.share = rng.choice((0.3, 1.0))

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        for said in act.reply.lines if act.reply else []:
            if said.kind == self.kind and self.rng.random() < self.share:
                said.data = self.pattern.sub(self._other, said.data, count=1)

    def _other(self, match: re.Match[bytes]) -> bytes:
        before, number = match.groups()
        return before + b"%d" % max(int(number) + self.off, 0)


class WrongExists(WrongNumber):
    kind, pattern = "EXISTS", re.compile(rb"(\* +)(\d+)")


class WrongStatus(WrongNumber):
    """The number of messages alone: who goes by UIDNEXT, too, sees through it."""

    kind, pattern = "STATUS", re.compile(rb"(MESSAGES +)(\d+)", re.I)


class WrongSize(WrongNumber):
    kind, pattern = "FETCH", re.compile(rb"(RFC822\.SIZE +)(\d+)", re.I)


class Repeats(Trouble):
    """Says lines twice."""

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if act.reply is not None:
            lines = act.reply.lines
            act.reply.lines = [s for said in lines for s in [said] * self.rng.choice((1, 1, 2))]


class Reorders(Trouble):
    """Answers of one command in any order."""

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if act.reply is not None and verb in ("UID FETCH", "LIST", "LSUB"):
            self.rng.shuffle(act.reply.lines)


class Interjects(Trouble):
    """News that nobody asked for: flags of other messages, lines of no known kind, alerts."""

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if act.reply is None:
            return
        box = commands.box
        news = [
            b"* OK [ALERT] disk is nearly full",
            b"* OK still here",
            b"* NO [OVERQUOTA] soft limit",
            b"* X-MODEL 17",
            b"* FLAGS (\\Seen)",
            b"* CAPABILITY IMAP4rev1",
            b'* LIST () "/" ""' if verb == "NOOP" else b"* OK",
        ]
        if box is not None and box.messages:
            held = self.rng.choice(box.messages)
            place = box.messages.index(held) + 1
            news.append(b"* %d FETCH (FLAGS (\\Seen))" % place)
            news.append(b"* %d FETCH (UID %d FLAGS (\\Seen))" % (place, held.uid))
        for _ in range(self.rng.choice((0, 1, 3))):
            at = self.rng.randint(0, len(act.reply.lines))
            act.reply.lines.insert(at, Said("NEWS", self.rng.choice(news)))


class PoisonedSets(Trouble):
    """Refuses each set that has a certain message in it, for good: of its body, its headers, or
    anything."""

    lasting = True

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.salt = rng.randrange(1000)
        self.of = rng.choice((b"BODY.PEEK[]", b"BODY.PEEK[]", b"BODY.PEEK[HEADER", b"BODY"))
        self.status = rng.choice((b"NO", b"NO", b"BAD"))
        self.share = rng.choice((0.1, 0.3))
        self.first = rng.random() < 0.5
        """What comes before it in the set is given."""

    def blames(self, uid: int) -> bool:
        return self.poisoned(uid)

    def poisoned(self, uid: int) -> bool:
        return Random(uid * 7919 + self.salt).random() < self.share

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        reply = act.reply
        if verb != "UID FETCH" or reply is None or not _asks(args, self.of):
            return
        bad = [at for at, said in enumerate(reply.lines) if said.uid and self.poisoned(said.uid)]
        if bad:
            reply.lines = reply.lines[: bad[0]] if self.first else []
            reply.status, reply.text = self.status, b"[SERVERBUG] cannot read it"


class PoisonedChanges(PoisonedSets):
    """Refuses each STORE or EXPUNGE that a certain message is in."""

    busy = red = True

    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if verb in ("UID STORE", "UID EXPUNGE") and commands.box is not None:
            _, chosen, _ = commands._chosen(args)
            if any(self.poisoned(held.uid) for held in chosen):
                act.reply = Reply.no(b"[CANNOT] not that one")

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        pass


class NoHeaders(Trouble):
    """The headers of some messages are not given: as NIL, empty, or not at all; for good."""

    lasting = True

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.salt = rng.randrange(1000)
        self.form = rng.choice((b"NIL", b'""', b"{2}\r\n\r\n", b""))

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if act.reply is None or not _asks(args, b"BODY.PEEK[HEADER"):
            return
        for said in act.reply.lines:
            if said.uid and Random(said.uid * 31 + self.salt).random() < 0.3:
                place = said.data.split()[1]
                header = b" BODY[HEADER.FIELDS (MESSAGE-ID)] " + self.form if self.form else b""
                said.data = b"* %b FETCH (UID %d%b)" % (place, said.uid, header)


class HugeUid(Trouble):
    """One message in a listing has a uid that no message can have."""

    red = True

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if act.reply is not None and _asks(args, b"RFC822.SIZE") and self.rng.random() < 0.5:
            uid = self.rng.choice((b"4294967296", b"0", b"99999999999999999999"))
            text = b'* 1 FETCH (UID %b FLAGS () INTERNALDATE "01-Jan-2020 00:00:00 +0000"' % uid
            act.reply.lines.append(Said("FETCH", text + b" RFC822.SIZE 10)"))


class WrongAppendUid(Trouble):
    """APPENDUID names other uids than those given, too few, or none."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.way = rng.choice(("none", "off", "first", "few", "validity", "backwards", "nonsense"))
        self.share = rng.choice((0.3, 1.0))

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        reply = act.reply
        if verb != "APPEND" or reply is None or not reply.ok or b"APPENDUID" not in reply.text:
            return
        if self.rng.random() >= self.share:
            return
        numbers = [int(number) for number in _NUMBER.findall(reply.text)]
        validity, first, last = numbers[0], numbers[1], numbers[-1]
        told = {
            "none": b"stored",
            "off": b"[APPENDUID %d %d:%d] stored" % (validity, first + 1, last + 1),
            "first": b"[APPENDUID %d 1:%d] stored" % (validity, last - first + 1),
            "few": b"[APPENDUID %d %d] stored" % (validity, first),
            "validity": b"[APPENDUID %d %d:%d] stored" % (validity + 1, first, last),
            "backwards": b"[APPENDUID %d %d:%d] stored" % (validity, last, first),
            "nonsense": b"[APPENDUID x y] stored",
        }
        reply.text = told[self.way]


class LosesAppends(Trouble):
    """Says OK, with a uid if it tells uids, and stores nothing of some messages."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.left = rng.choice((1, 2, 10))

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if verb != "APPEND" or act.reply is None or not act.reply.ok or not self.left:
            return
        if self.rng.random() < 0.5:
            self.left -= 1
            box = commands.account.find(commands._name(args))
            if box is not None and box.messages:
                lost = box.messages.pop()
                if self.rng.random() < 0.5:
                    box.uidnext = lost.uid


class RefusesSome(Trouble):
    """Refuses certain messages for good."""

    lasting = True

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.salt = rng.randrange(1000)
        self.says = rng.choice((b"[CANNOT] content", b"[TOOBIG] too large", b"virus found", b"no"))
        self.status = rng.choice((b"NO", b"NO", b"BAD"))

    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        bodies = [word for word in args if isinstance(word, Lit)]
        if verb == "APPEND" and any(self._refused(body) for body in bodies):
            act.reply = Reply(status=self.status, text=self.says)

    def _refused(self, body: bytes) -> bool:
        return Random(sum(body[:2000]) * 1000 + self.salt).random() < 0.15


class Full(Trouble):
    """Out of room after so many messages, for this run."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.room = rng.choice((0, 1, 5, 20))
        self.says = rng.choice((b"[OVERQUOTA] full", b"quota exceeded"))

    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if verb == "APPEND":
            self.room -= sum(isinstance(word, Lit) for word in args)
            if self.room < 0:
                act.reply = Reply.no(self.says)


class RefusesNames(Trouble):
    """Does not make folders with certain names, for good."""

    lasting = red = True

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.salt = rng.randrange(1000)
        self.share = rng.choice((0.2, 0.6, 1.0))
        self.hangs_up = rng.random() < 0.2

    def before(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if verb == "CREATE" and self._refused(commands._name(args)):
            act.close = self.hangs_up
            act.reply = None if self.hangs_up else Reply.no(b"[CANNOT] bad name")

    def curses(self, name: bytes) -> bool:
        return self._refused(name)

    def _refused(self, name: bytes) -> bool:
        return Random(sum(name) * 1000 + self.salt).random() < self.share


class NilBodies(Trouble):
    """Some bodies are NIL, or empty, at times or for good."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.salt = rng.randrange(1000)
        self.form = rng.choice((b"NIL", b'""', literal(b"")))

    def after(self, verb: str, args: list[Word], act: Act, commands: Commands) -> None:
        if act.reply is None or not _asks(args, b"BODY.PEEK[]"):
            return
        for said in act.reply.lines:
            if said.uid and Random(said.uid * 13 + self.salt).random() < 0.2:
                place = said.data.split()[1]
                said.data = b"* %b FETCH (UID %d FLAGS () BODY[] %b)" % (place, said.uid, self.form)


GROUP_NUMBER = "number"
"""Together these could tell one wrong number everywhere."""

LIES: dict[str, tuple[type[Trouble], float, str]] = {
    "drops listing": (DropsListing, 4, GROUP_NUMBER),
    "drops bodies": (DropsBodies, 3, ""),
    "drops headers": (DropsHeaders, 2, ""),
    "drops fetch": (DropsAnyFetch, 2, GROUP_NUMBER),
    "drops exists": (DropsExists, 2, GROUP_NUMBER),
    "drops status": (DropsStatus, 2, GROUP_NUMBER),
    "drops search": (DropsSearch, 2, GROUP_NUMBER),
    "drops codes": (DropsCodes, 2, ""),
    "drops vanished": (DropsVanished, 1, GROUP_NUMBER),
    "truncates": (Truncates, 3, GROUP_NUMBER),
    "limits": (LimitsSilently, 3, GROUP_NUMBER),
    "wrong exists": (WrongExists, 3, GROUP_NUMBER),
    "wrong status": (WrongStatus, 3, GROUP_NUMBER),
    "wrong size": (WrongSize, 2, ""),
    "repeats": (Repeats, 2, ""),
    "reorders": (Reorders, 2, ""),
    "interjects": (Interjects, 2, GROUP_NUMBER),
    "poisoned sets": (PoisonedSets, 4, ""),
    "no headers": (NoHeaders, 3, ""),
    "huge uid": (HugeUid, 1, ""),
    "nil bodies": (NilBodies, 2, ""),
}
"""By name: the lie, its weight, and its group; those of either side."""

DESTINATION_LIES: dict[str, tuple[type[Trouble], float, str]] = {
    "wrong appenduid": (WrongAppendUid, 4, GROUP_NUMBER),
    "loses appends": (LosesAppends, 4, GROUP_NUMBER),
    "refuses some": (RefusesSome, 3, ""),
    "full": (Full, 2, ""),
    "refuses names": (RefusesNames, 2, ""),
    "poisoned changes": (PoisonedChanges, 2, ""),
}
