"""The commands of one connection, answered by the truth."""

from __future__ import annotations

from collections.abc import Callable

from tests.hostile.fetching import Fetching
from tests.hostile.manners import Manners
from tests.hostile.model import Account, Box, Held
from tests.hostile.parsing import Lit, Text, Word, members, spelled
from tests.hostile.reply import Reply, Said

Command = Callable[[list[Word]], Reply]


class Closed(Exception):
    """No folder is open, or not for writing: after a SELECT that was refused, say."""


class Commands:
    """One connection's state: logged in, which folder is open, what it was told of it."""

    def __init__(self, account: Account, manners: Manners) -> None:
        self.account = account
        self.manners = manners
        self.box: Box | None = None
        self.writable = False
        self.qresync = False
        self.told: list[Held] = []
        """The open folder's messages by sequence number, as the client knows them."""

    def run(self, verb: str, args: list[Word]) -> Reply:
        """`verb` in upper case, with UID before it where the client said so."""
        name = "do_" + verb.lower().replace(" ", "_")
        command: Command | None = getattr(self, name, None)
        if command is None:
            self.account.strange.append(verb)
            return Reply.bad()
        try:
            reply = command(args)
        except Closed:
            return Reply.bad(b"no mailbox selected")
        except (IndexError, ValueError, TypeError, AttributeError) as error:
            self.account.strange.append(f"{verb} {args!r}: {error!r}")
            return Reply.bad()
        if self.box is not None and verb not in ("SELECT", "EXAMINE"):
            reply.lines += self._news()
        return reply

    # --- nothing selected ------------------------------------------------------------------

    def do_noop(self, args: list[Word]) -> Reply:
        return Reply()

    def do_capability(self, args: list[Word]) -> Reply:
        names = b" ".join(sorted(name.encode() for name in self.manners.capabilities))
        return Reply([Said("CAPABILITY", self.manners.line(b"CAPABILITY", names))])

    def do_id(self, args: list[Word]) -> Reply:
        return Reply([Said("ID", b"* ID NIL")])

    def do_enable(self, args: list[Word]) -> Reply:
        self.qresync = self.manners.has("QRESYNC") and b"QRESYNC" in args
        return Reply([Said("ENABLED", b"* ENABLED" + b" QRESYNC" * self.qresync)])

    def do_namespace(self, args: list[Word]) -> Reply:
        if not self.manners.has("NAMESPACE"):
            return Reply.bad()
        prefix, delimiter = self.account.prefix, self.account.delimiter
        own = b"((" + self.manners.string(prefix) + b' "' + delimiter + b'"))'
        return Reply([Said("NAMESPACE", self.manners.line(b"NAMESPACE", own, b"NIL", b"NIL"))])

    def do_list(self, args: list[Word]) -> Reply:
        pattern, returned = args[1], args[3] if len(args) > 3 else []
        if isinstance(pattern, list) or not isinstance(returned, list):
            return Reply.bad()
        if pattern == b"":
            return Reply([self._list_line(b"LIST", Box(b"", 1, selectable=False), [])])
        if returned and not self.manners.has("LIST-EXTENDED"):
            return Reply.bad()
        asked = [word.upper() for word in returned if isinstance(word, bytes)]
        lines = []
        for box in self._matching(pattern):
            lines.append(self._list_line(b"LIST", box, asked))
            if b"STATUS" in asked and box.selectable:
                items = next(word for word in returned if isinstance(word, list))
                lines.append(self._status(box, items))
        return Reply(lines)

    def do_lsub(self, args: list[Word]) -> Reply:
        pattern = args[1]
        if isinstance(pattern, list):
            return Reply.bad()
        boxes = [box for box in self._matching(pattern) if box.subscribed]
        return Reply([self._list_line(b"LSUB", box, []) for box in boxes])

    def _matching(self, pattern: bytes) -> list[Box]:
        if isinstance(pattern, Text | Lit) and not set(pattern) & set(b"*%"):
            box = self.account.find(bytes(pattern))
            return [box] if box else []
        return list(self.account.boxes.values())

    def _list_line(self, kind: bytes, box: Box, asked: list[bytes]) -> Said:
        marks = [] if box.selectable else [b"\\Noselect"]
        if box.special and (b"SPECIAL-USE" in asked or self.manners.has("SPECIAL-USE")):
            marks.append(box.special)
        if b"SUBSCRIBED" in asked and box.subscribed:
            marks.append(b"\\Subscribed")
        marks.append(b"\\HasNoChildren")
        line = self.manners.list_line(kind, marks, self.account.delimiter, box.name)
        return Said(kind.decode(), line)

    def do_status(self, args: list[Word]) -> Reply:
        name, items = args
        box = self.account.find(bytes(name)) if isinstance(name, bytes) else None
        if box is None or not box.selectable:
            return Reply.no(b"[NONEXISTENT] no such mailbox")
        return Reply([self._status(box, items if isinstance(items, list) else [])])

    def _status(self, box: Box, items: list[Word]) -> Said:
        told = {
            b"MESSAGES": len(box.messages),
            b"UIDNEXT": box.uidnext,
            b"UIDVALIDITY": box.uidvalidity,
            b"HIGHESTMODSEQ": box.modseq,
            b"UNSEEN": sum("\\Seen" not in held.flags for held in box.messages),
            b"RECENT": 0,
            b"SIZE": sum(len(held.body) for held in box.messages),
        }
        asked = [item.upper() for item in items if isinstance(item, bytes)]
        pairs = self.manners.gap().join(b"%b %d" % (name, told[name]) for name in asked)
        name = self.manners.string(box.name)
        return Said(
            "STATUS", self.manners.line(self.manners.word(b"STATUS"), name, b"(%b)" % pairs)
        )

    def do_create(self, args: list[Word]) -> Reply:
        name = self._name(args)
        if self.account.find(name) is not None:
            return Reply.no(b"[ALREADYEXISTS] there is one")
        self.account.make(name)
        self.account.boxes[name].subscribed = False
        return Reply()

    def do_delete(self, args: list[Word]) -> Reply:
        box = self.account.find(self._name(args))
        if box is None or box.name == b"INBOX":
            return Reply.no(b"[NONEXISTENT] no such mailbox")
        self.account.taken_away += [(box.name, held) for held in box.messages]
        del self.account.boxes[box.name]
        return Reply()

    def do_subscribe(self, args: list[Word]) -> Reply:
        return self._subscribed(args, True)

    def do_unsubscribe(self, args: list[Word]) -> Reply:
        return self._subscribed(args, False)

    def _subscribed(self, args: list[Word], wanted: bool) -> Reply:
        box = self.account.find(self._name(args))
        if box is None:
            return Reply.no(b"[NONEXISTENT] no such mailbox")
        box.subscribed = wanted
        return Reply()

    def _name(self, args: list[Word]) -> bytes:
        name = args[0]
        if isinstance(name, list):
            raise ValueError("a name is no list")
        return bytes(name)

    # --- a folder open ---------------------------------------------------------------------

    def do_select(self, args: list[Word]) -> Reply:
        return self._open(args, True)

    def do_examine(self, args: list[Word]) -> Reply:
        return self._open(args, False)

    def _open(self, args: list[Word], writable: bool) -> Reply:
        self.box, self.told = None, []
        box = self.account.find(self._name(args))
        if box is None or not box.selectable:
            return Reply.no(b"[NONEXISTENT] no such mailbox")
        self.box, self.writable, self.told = box, writable, list(box.messages)
        line, word = self.manners.line, self.manners.word
        kept = self.manners.permanent if writable else b"()"
        codes = [
            b"[UIDVALIDITY %d]" % box.uidvalidity,
            b"[UIDNEXT %d]" % box.uidnext,
            b"[PERMANENTFLAGS %b]" % kept,
        ]
        if self.manners.has("CONDSTORE"):
            codes.append(b"[HIGHESTMODSEQ %d]" % box.modseq)
        lines = [
            Said("FLAGS", line(word(b"FLAGS"), b"(\\Answered \\Flagged \\Deleted \\Seen \\Draft)")),
            Said("EXISTS", line(b"%d" % len(box.messages), word(b"EXISTS"))),
            Said("RECENT", line(b"0", word(b"RECENT"))),
            *(Said("CODE", line(word(b"OK"), code, b"so it is")) for code in codes),
        ]
        mode = b"[READ-WRITE]" if writable else b"[READ-ONLY]"
        return Reply(lines, text=mode + b" open")

    def do_unselect(self, args: list[Word]) -> Reply:
        self.box, self.told = None, []
        return Reply()

    def _news(self) -> list[Said]:
        """What others have done to the open folder."""
        assert self.box is not None
        now = set(map(id, self.box.messages))
        line, word = self.manners.line, self.manners.word
        lines: list[Said] = []
        gone = [at for at, held in enumerate(self.told) if id(held) not in now]
        if gone and self.qresync:
            uids = spelled(self.told[at].uid for at in gone)
            lines.append(Said("VANISHED", line(word(b"VANISHED"), uids)))
        elif gone:
            lines += [
                Said("EXPUNGE", line(b"%d" % (at + 1), word(b"EXPUNGE"))) for at in reversed(gone)
            ]
        if len(self.box.messages) != len(self.told) - len(gone):
            lines.append(Said("EXISTS", line(b"%d" % len(self.box.messages), word(b"EXISTS"))))
        self.told = list(self.box.messages)
        return lines

    def do_uid_fetch(self, args: list[Word]) -> Reply:
        return self._fetching().fetch(args)

    def do_uid_search(self, args: list[Word]) -> Reply:
        return self._fetching().search(args)

    def _fetching(self) -> Fetching:
        if self.box is None:
            raise Closed
        return Fetching(self.box, self.told, self.manners)

    def _chosen(self, args: list[Word]) -> tuple[Box, list[Held], Reply]:
        """The messages of a set that may be changed, and the answer so far."""
        if self.box is None or not self.writable or isinstance(args[0], list):
            raise Closed
        there = self.box.by_uid()
        uids, limit = members(args[0], there), self.manners.message_limit
        reply = Reply()
        if limit and len(uids) > limit:
            uids = uids[-limit:]
            reply.text = b"[MESSAGELIMIT %d %d] in part" % (limit, uids[0])
        return self.box, [there[uid] for uid in uids], reply

    def do_uid_store(self, args: list[Word]) -> Reply:
        box, chosen, reply = self._chosen(args)
        action, named = args[1], args[2]
        if isinstance(action, list) or not isinstance(named, list):
            return Reply.bad()
        flags = self._kept({flag.decode("latin-1") for flag in named if isinstance(flag, bytes)})
        for held in chosen:
            if action.startswith(b"+"):
                held.flags |= flags
            elif action.startswith(b"-"):
                held.flags -= flags
            else:
                held.flags = set(flags)
            held.modseq = box.tick()
        return reply

    def do_uid_expunge(self, args: list[Word]) -> Reply:
        if not self.manners.has("UIDPLUS"):
            return Reply.bad()
        box, chosen, reply = self._chosen(args)
        for held in chosen:
            if "\\Deleted" in held.flags:
                box.remove(held)
                self.account.taken_away.append((box.name, held))
        return reply

    def do_append(self, args: list[Word]) -> Reply:
        box = self.account.find(self._name(args))
        if box is None:
            return Reply.no(b"[TRYCREATE] no such mailbox")
        messages = list(_messages(args[1:]))
        limit = self.manners.save_limit
        if limit and len(messages) > limit:
            return Reply.no(b"[MESSAGELIMIT %d] too many in one APPEND" % limit)
        if len(messages) > 1 and not self.manners.has("MULTIAPPEND"):
            return Reply.bad()
        kept = [self._store(box, *message) for message in messages]
        reply = Reply()
        if self.manners.has("UIDPLUS"):
            uids = spelled(held.uid for held in kept)
            reply.text = b"[APPENDUID %d %b] stored" % (box.uidvalidity, uids)
        return reply

    def _store(self, box: Box, flags: set[str], date: str, body: bytes) -> Held:
        held = box.add(self.manners.alter(body), date, self._kept(flags), origin=body)
        held.ours = True
        return held

    def _kept(self, flags: set[str]) -> set[str]:
        permanent = self.manners.permanent.lower()
        if b"\\*" in permanent:
            return flags
        return {flag for flag in flags if flag.lower().encode() in permanent}


def _messages(args: list[Word]) -> list[tuple[set[str], str, bytes]]:
    """Of one APPEND: flags, date, body."""
    found = []
    flags: set[str] = set()
    date = "01-Jan-2025 00:00:00 +0000"
    for word in args:
        if isinstance(word, list):
            flags = {flag.decode("latin-1") for flag in word if isinstance(flag, bytes)}
        elif isinstance(word, Lit):
            found.append((flags, date.strip(), bytes(word)))
            flags, date = set(), "01-Jan-2025 00:00:00 +0000"
        else:
            date = word.decode()
    return found
