"""UID FETCH and UID SEARCH of one open folder."""

from __future__ import annotations

import re

from tests.hostile.manners import Manners, literal
from tests.hostile.model import Box, Held
from tests.hostile.parsing import Word, gaps, members, spelled
from tests.hostile.reply import Reply, Said

_BODY = re.compile(rb"BODY(?:\.PEEK)?\[(.*?)\](?:<(\d+)\.(\d+)>)?\Z", re.I | re.S)
_FIELDS = re.compile(rb"HEADER\.FIELDS(\.NOT)? \((.*)\)\Z", re.I | re.S)


class Fetching:
    """`told` are the messages by sequence number."""

    def __init__(self, box: Box, told: list[Held], manners: Manners) -> None:
        self.box = box
        self.manners = manners
        self.places = {id(held): at for at, held in enumerate(told, 1)}

    def fetch(self, args: list[Word]) -> Reply:
        where, asked = args[0], args[1]
        if isinstance(where, list):
            return Reply.bad()
        items = (
            [item for item in asked if isinstance(item, bytes)]
            if isinstance(asked, list)
            else [asked]
        )
        there = self.box.by_uid()
        uids = members(where, there)
        reply = Reply()
        if len(args) > 2 and isinstance(args[2], list):
            uids = self._since(args[2], where, uids, reply)
        if self.manners.message_limit and len(uids) > self.manners.message_limit:
            uids = uids[-self.manners.message_limit :]
            reply.text = b"[MESSAGELIMIT %d %d] in part" % (len(uids), uids[0])
        for uid in reversed(uids) if self.manners.backwards else uids:
            reply.lines += self._described(
                there[uid], [bytes(i) for i in items if not isinstance(i, list)]
            )
        return reply

    def _since(self, more: list[Word], where: bytes, uids: list[int], reply: Reply) -> list[int]:
        modseq = int(more[1]) if isinstance(more[1], bytes) else 0
        there = self.box.by_uid()
        gone = gaps(where, uids, self.box.uidnext) if b"VANISHED" in more else b""
        if gone:
            text = self.manners.line(b"VANISHED", b"(EARLIER)", gone)
            reply.lines.append(Said("VANISHED", text))
        return [uid for uid in uids if there[uid].modseq > modseq]

    def _described(self, held: Held, items: list[bytes]) -> list[Said]:
        rows = [(b"UID", b"%d" % held.uid)]
        for item in items:
            if item.upper() != b"UID":
                row = self._item(held, item)
                if row is not None:
                    rows.append(row)
        manners = self.manners
        if manners.has("CONDSTORE") and any(item.upper() == b"FLAGS" for item in items):
            rows.append((b"MODSEQ", b"(%d)" % held.modseq))
        parts = [rows]
        split = manners.fetch_split and manners.rng.random() < manners.fetch_split
        if split and len(rows) > 2:
            parts = [rows[:2], [rows[0], *rows[2:]]]
        place = b"%d" % self.places.get(id(held), 1)
        return [
            Said(
                "FETCH", manners.line(place, manners.word(b"FETCH"), manners.items(part)), held.uid
            )
            for part in parts
        ]

    def _item(self, held: Held, item: bytes) -> tuple[bytes, bytes] | None:
        upper = item.upper()
        if upper == b"FLAGS":
            return upper, b"(" + b" ".join(f.encode() for f in sorted(held.flags)) + b")"
        if upper == b"INTERNALDATE":
            date = self.manners.internaldate(held.date, held.uid)
            return None if date is None else (upper, date)
        if upper == b"RFC822.SIZE":
            off = 0 if held.uid % 3 else self.manners.size_off
            return upper, b"%d" % max(len(held.body) + off, 0)
        if upper == b"MODSEQ":
            return None
        match = _BODY.match(item)
        if match is None:
            raise ValueError(f"no such item: {item!r}")
        section, first, count = match.groups()
        name = b"BODY[" + section + b"]"
        text = _section(held.body, section)
        if first is not None:
            name += b"<" + first + b">"
            text = text[int(first) : int(first) + int(count)]
        return name, self.manners.header(text) if section else literal(text)

    def search(self, args: list[Word]) -> Reply:
        returned = None
        keys = list(args)
        if keys and isinstance(keys[0], bytes) and keys[0].upper() == b"RETURN":
            returned, keys = keys[1], keys[2:]
        uids = self._found(keys)
        reply = Reply()
        limit = self.manners.message_limit
        if limit and len(uids) > limit:
            uids = uids[-limit:]
            reply.text = b"[MESSAGELIMIT %d %d] in part" % (limit, uids[0])
        line = self.manners.line
        if returned is None:
            text = line(self.manners.word(b"SEARCH"), *(b"%d" % uid for uid in uids))
        else:
            found = [b"ALL " + spelled(uids)] if uids else []
            count = isinstance(returned, list) and b"COUNT" in returned
            found += [b"COUNT %d" % len(uids)] if count else []
            text = line(b"ESEARCH", b'(TAG "m")', b"UID", *found)
        reply.lines.append(Said("SEARCH", text))
        return reply

    def _found(self, keys: list[Word]) -> list[int]:
        uids = [held.uid for held in self.box.messages]
        at = 0
        while at < len(keys):
            key = keys[at]
            word = key.upper() if isinstance(key, bytes) else b""
            if word == b"ALL":
                at += 1
            elif word == b"UID" and isinstance(keys[at + 1], bytes):
                uids = members(bytes(keys[at + 1]), uids)  # type: ignore[arg-type]
                at += 2
            elif word[:1].isdigit():
                places = members(word, range(1, len(uids) + 1))
                uids = [uids[place - 1] for place in places]
                at += 1
            else:
                raise ValueError(f"no such key: {key!r}")
        return uids


def _section(body: bytes, section: bytes) -> bytes:
    if not section:
        return body
    head = re.split(rb"(?<=\n)\r?\n", body, maxsplit=1)[0]
    if body[:2] == b"\r\n" or body[:1] == b"\n":
        head = b""
    if section.upper() == b"HEADER":
        return head + b"\r\n"
    fields = _FIELDS.match(section)
    if fields is None:
        raise ValueError(f"no such section: {section!r}")
    names = {name.strip(b'"').lower() for name in fields[2].split()}
    kept: list[bytes] = []
    take = False
    for line in head.splitlines(keepends=True):
        if line[:1] not in (b" ", b"\t"):
            take = line.partition(b":")[0].strip().lower() in names and b":" in line
        if take:
            kept.append(line.rstrip(b"\r\n") + b"\r\n")
    return b"".join(kept) + b"\r\n"
