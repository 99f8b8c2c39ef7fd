"""How a server speaks: what stays the same in good times and in bad ones.

Everything here is legal, or done by some server that people use. Whoever reads it has to understand
it, or to say that he does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random

from tests.hostile.mail import ALTERATIONS, Alter

_ATOM = re.compile(rb"[A-Za-z0-9._/&,+=-]+\Z")
_BREAKS = re.compile(rb"[\r\n]|\{\d+\}\Z")
"""What cannot stand in a line as it is."""
_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\xff]*\Z")

LIST_FORMS = (
    "quoted",
    "atoms",
    "literals",
    "bare",
    "bare quote",
    "unclosed",
    "no delimiter quotes",
    "extended",
    "tab",
)
"""How a LIST line spells what it names. `bare` writes names as they are, blanks and all;
`unclosed` forgets the parenthesis behind the flags of some lines."""
RED_FORMS = {"unclosed", "bare quote"}
"""Forms of which nobody can tell for certain what they mean: the run need not get green."""
DATES = ("rfc", "one digit", "rfc 2822", "gmt", "comment", "lower", "missing", "nonsense")
"""How INTERNALDATE is spelled."""
UNDATED = {"missing", "nonsense"}


@dataclass(frozen=True)
class Manners:
    """Of one server. `rng` chooses where it is not always the same."""

    rng: Random = field(default_factory=lambda: Random(0))
    capabilities: frozenset[str] = frozenset()
    gaps: float = 0.0
    """How often two blanks stand where one would do."""
    lower: bool = False
    """Words in lower case."""
    list_form: str = "quoted"
    no_delimiter: bool = False
    date: str = "rfc"
    fetch_order: str = "asked"
    """asked, shuffled, bodies last first …: the order of items within a response."""
    fetch_split: float = 0.0
    """How often one message comes in two responses."""
    backwards: bool = False
    """Messages come with the highest uid first."""
    more_items: bool = False
    """Items that nobody asked for."""
    chatter: float = 0.0
    """How often a line that says nothing stands among others."""
    header_form: str = "literal"
    size_off: int = 0
    """RFC822.SIZE says so many bytes more for every third message."""
    message_limit: int = 0
    save_limit: int = 0
    alteration: str = ""
    permanent: bytes = b"(\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)"
    told_in_pieces: bool = False
    """Answers arrive in small pieces."""

    def has(self, name: str) -> bool:
        return name in self.capabilities

    @property
    def alter(self) -> Alter:
        return ALTERATIONS.get(self.alteration, bytes)

    def gap(self) -> bytes:
        return b"  " if self.gaps and self.rng.random() < self.gaps else b" "

    def word(self, text: bytes) -> bytes:
        return text.lower() if self.lower else text

    def line(self, *words: bytes) -> bytes:
        """An untagged response of these words."""
        told = b"*"
        for word in words:
            told += self.gap() + word
        if self.gaps and self.rng.random() < self.gaps / 3:
            told += b" "
        return told

    def string(self, text: bytes) -> bytes:
        """An astring, in one of its forms."""
        form = self.list_form
        if form == "literals" and self.rng.random() < 0.7:
            return literal(text)
        if form == "atoms" and _ATOM.match(text):
            return text
        return quoted(text) if _QUOTABLE.match(text) else literal(text)

    def list_name(self, name: bytes) -> bytes:
        if self.list_form in ("bare", "tab") and not _BREAKS.search(name):
            return name
        if self.list_form == "bare quote" and b'"' in name:
            return b'"' + name + b'"'
        return self.string(name)

    def list_line(self, kind: bytes, marks: list[bytes], delimiter: bytes, name: bytes) -> bytes:
        flags = b"(" + b" ".join(marks) + b")"
        if self.list_form == "unclosed" and self.rng.random() < 0.3:
            flags = flags[:-1]
        if self.no_delimiter:
            parted = b"NIL"
        elif self.list_form == "no delimiter quotes":
            parted = delimiter
        else:
            parted = quoted(delimiter)
        words = [self.word(kind), flags, parted, self.list_name(name)]
        if self.list_form == "extended" and kind == b"LIST":
            words.append(b'("CHILDINFO" ("SUBSCRIBED"))')
        if self.list_form in ("bare", "tab") or words[3][:1] not in b'"{':
            # One more blank would be part of the name: servers list names that begin or end with
            # one as they are, and nothing tells a second blank from the name's own.
            before = b"\t" if self.list_form == "tab" else b" "
            return b"* " + b" ".join(words[:3]) + before + words[3]
        return self.line(*words)

    def internaldate(self, text: str, uid: int) -> bytes | None:
        return _dated(self.date, text, uid)

    def items(self, found: list[tuple[bytes, bytes]]) -> bytes:
        """The items of one FETCH response, in parentheses."""
        rows = list(found)
        if self.fetch_order == "shuffled":
            self.rng.shuffle(rows)
        elif self.fetch_order == "backwards":
            rows.reverse()
        if self.more_items:
            rows.append((b"X-GM-MSGID", b"12345"))
        return b"(" + self.gap().join(self.word(n) + self.gap() + v for n, v in rows) + b")"

    def header(self, text: bytes) -> bytes:
        if self.header_form == "quoted" and b"\r" not in text and b"\n" not in text:
            return quoted(text)
        return literal(text)


def quoted(text: bytes) -> bytes:
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def literal(text: bytes) -> bytes:
    return b"{%d}\r\n" % len(text) + text


def _dated(form: str, text: str, uid: int) -> bytes | None:
    day, time, zone = text.split(" ")
    number, month, year = day.split("-")
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[uid % 7]
    spelled = {
        "rfc": text,
        "one digit": f"{int(number):2d}-{month}-{year} {time} {zone}",
        "rfc 2822": f"{weekday}, {number} {month} {year} {time} {zone}",
        "gmt": f"{weekday}, {number} {month} {year} {time} GMT",
        "comment": f"{number} {month} {year} {time} {zone} (CET)",
        "lower": f"{number}-{month.lower()}-{year} {time} {zone}",
        "nonsense": f"day {uid}",
    }
    return quoted(spelled[form].encode()) if form in spelled else None


CAPABILITIES: dict[str, float] = {
    "UIDPLUS": 0.8,
    "MULTIAPPEND": 0.6,
    "CONDSTORE": 0.5,
    "ENABLE": 0.7,
    "LIST-EXTENDED": 0.5,
    "SPECIAL-USE": 0.6,
    "NAMESPACE": 0.7,
    "MOVE": 0.6,
    "UNSELECT": 0.7,
    "ESEARCH": 0.5,
    "ID": 0.4,
    "STATUS=SIZE": 0.2,
}


def capabilities(rng: Random) -> frozenset[str]:
    found = {name for name, share in CAPABILITIES.items() if rng.random() < share}
    found.add("IMAP4rev1")
    found.update({0: {"LITERAL+"}, 1: {"LITERAL+"}, 2: {"LITERAL-"}}.get(rng.randrange(4), set()))
    if "LIST-EXTENDED" in found and rng.random() < 0.8:
        found.add("LIST-STATUS")
    if {"CONDSTORE", "ENABLE"} <= found and rng.random() < 0.7:
        found.add("QRESYNC")
    return frozenset(found)


def odd_manner(rng: Random, *, destination: bool) -> dict[str, object]:
    """One way to speak otherwise than usual."""
    ways: list[dict[str, object]] = [
        {"gaps": rng.choice((0.1, 0.5, 1.0))},
        {"lower": True},
        {"list_form": rng.choice(LIST_FORMS)},
        {"list_form": rng.choice(LIST_FORMS)},
        {"no_delimiter": True},
        {"date": rng.choice(DATES)},
        {"fetch_order": rng.choice(("shuffled", "backwards"))},
        {"fetch_split": rng.choice((0.2, 1.0))},
        {"backwards": True},
        {"more_items": True},
        {"chatter": 0.3},
        {"header_form": "quoted"},
        {"size_off": rng.choice((-1, 1, 7))},
        {"message_limit": rng.choice((1, 3, 10, 50))},
        {"permanent": rng.choice((b"()", b"(\\Seen \\Deleted)", b"(\\Seen \\Flagged \\*)"))},
        {"told_in_pieces": True},
    ]
    if destination:
        ways += [{"alteration": rng.choice(sorted(ALTERATIONS))} for _ in range(3)]
        ways.append({"save_limit": rng.choice((1, 2, 10))})
    return rng.choice(ways)
