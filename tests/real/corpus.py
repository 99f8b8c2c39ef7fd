"""Odd mail, and odd names of folders, made here. Bodies are what the client of a server shall see,
as far as that server's store can hold it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

NOON = 1_700_000_000
"""A moment, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One message. `flags` in letters of Maildir; `instant` its internal date."""

    body: bytes
    flags: str = ""
    instant: int = NOON


def odd_mail() -> list[Mail]:
    """Each of a kind that some server alters, refuses, or hands out otherwise."""
    bodies = [*_line_ends(), *_bytes(), *_headers(), *_shapes(), *_siblings()]
    letters = ("", "S", "RS", "FS", "D", "FRS")
    return [
        Mail(body, letters[number % len(letters)], NOON + 1000 * number)
        for number, body in enumerate(bodies)
    ] + list(_dates())


def few_mails(name: str) -> list[Mail]:
    """Two for a folder that is there for its name's sake: a plain one, and one without an id."""
    mark = name.encode("utf-8", "surrogatepass").hex()[:40]
    return [
        Mail(head(f"{mark} {len(name)}") + b"plain\r\n", "S", NOON + len(name)),
        Mail(head("", mark) + mark.encode() + b"\r\n", "", NOON + 7),
    ]


def head(identity: str, subject: str = "odd") -> bytes:
    """The header of a usual message; identity '' for one without a Message-ID."""
    lines = [
        "From: Anna <anna@example.test>",
        "To: b@example.test",
        "Date: Tue, 14 Nov 2023 22:13:20 +0000",
        f"Subject: {subject}",
    ]
    if identity:
        lines.insert(0, f"Message-ID: <{identity.replace(' ', '.')}@odd.test>")
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def _line_ends() -> Iterator[bytes]:
    yield head("plain") + b"one\r\ntwo\r\n"
    yield (head("lf") + b"one\r\ntwo\r\n").replace(b"\r\n", b"\n")
    yield head("lf.body") + b"one\ntwo\nthree\n"
    yield head("mixed") + b"one\r\ntwo\nthree\r\n"
    yield head("crcrlf") + b"one\r\r\ntwo\r\r\nthree\r\r\n"
    yield head("crcrlf.once") + b"one\r\ntwo\r\r\n"
    yield head("bare.cr") + b"one\rtwo\r\nthree\rfour\r\n"
    yield head("bare.cr.end") + b"one\r\ntwo\r"
    yield head("no.end") + b"one\r\nthe last line is open"
    yield head("many.ends") + b"one\r\n\r\n\r\n\r\n"
    yield head("only.ends") + b"\r\n\r\n"
    yield head("", "no id and open end") + b"open"
    yield head("", "no id and CR CR LF") + b"a\r\r\nb\r\n"


def _bytes() -> Iterator[bytes]:
    yield head("nul.body") + b"a\0b\r\n\0\0\r\n"
    yield head("nul.end") + b"text\r\n\0"
    yield head("nul.head", "with a \0 in it") + b"text\r\n"
    yield head("", "nul, no id") + b"x\0y\r\n"
    yield b"Subject: nul \0 above the id\r\n" + head("nul.first") + b"text\r\n"
    yield b"Subject: \0\r\n" + head("", "nul first, no id") + b"text\r\n"
    yield head("utf8.head").replace(b"odd", "Grüße aus Köln".encode()) + b"text\r\n"
    yield head("latin1.head").replace(b"odd", "Grüße".encode("latin-1")) + b"text\r\n"
    yield head("").replace(b"Anna", "Jürgen".encode()) + b"no id, 8-bit sender\r\n"
    yield head("").replace(b"odd", b"\xff\xfe\x80") + b"no id, no charset\r\n"
    yield head("gr\u00fc\u00df") + b"an id with 8-bit bytes\r\n"
    yield head("utf8.body") + "Grüße 😀 e\u0301\r\n".encode()
    yield head("latin1.body") + bytes(range(128, 256)) + b"\r\n"
    yield head("control") + bytes(one for one in range(1, 32) if one not in (10, 13)) + b"\x7f\r\n"
    yield head("long.line") + b"x" * 1_000_000 + b"\r\n"
    yield head("long.lines") + (b"y" * 5000 + b"\r\n") * 40


def _headers() -> Iterator[bytes]:
    yield head("blank.colon").replace(b"Subject:", b"Subject :") + b"text\r\n"
    yield head("").replace(b"Subject:", b"Subject :").replace(b"From:", b"From\t:") + b"no id\r\n"
    yield head("id.blank").replace(b"Message-ID:", b"Message-ID :") + b"text\r\n"
    yield head("folded", "first\r\n second\r\n\tthird") + b"text\r\n"
    yield head("folded.id").replace(b"Message-ID: ", b"Message-ID:\r\n ") + b"text\r\n"
    yield head("folded.blank", "first\r\n \r\n third") + b"text\r\n"
    yield head("case").replace(b"Message-ID", b"mESSAGE-iD").replace(b"Date", b"DATE") + b"text\r\n"
    yield head("twice").replace(b"Subject", b"Subject: one\r\nSubject") + b"text\r\n"
    yield head("two.ids").replace(b"To:", b"Message-Id: <other@odd.test>\r\nTo:") + b"text\r\n"
    yield head("long.field", "word " * 2000) + b"text\r\n"
    yield head("long.folded", "\r\n ".join(["word" * 10] * 500)) + b"text\r\n"
    yield head("many.fields", "x" + "\r\nX-Odd: y" * 500) + b"text\r\n"
    yield head("no.colon").replace(b"To:", b"this line is no field\r\nTo:") + b"text\r\n"
    yield head("empty.fields").replace(b"Subject: odd", b"Subject:\r\nX-Empty:") + b"text\r\n"
    yield head("tab").replace(b"Subject: ", b"Subject:\t") + b"text\r\n"
    yield head("encoded", "=?utf-8?B?R3LDvMOfZQ==?= =?iso-8859-1?Q?=FC?=") + b"text\r\n"
    yield head("no.date").replace(b"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n", b"") + b"text\r\n"


def _shapes() -> Iterator[bytes]:
    yield head("headers.empty.body")
    yield head("headers.only")[:-2]
    yield head("", "neither id nor body")[:-2]
    yield b"\r\nno header at all\r\n"
    yield b"\r\nFrom x\r\x7f\r\n."
    yield b"\r\n\x0c\rFrom x\r\r\ntab\t\r\n"
    yield b"not a field\r\nnor this one\r\n"
    yield b"x"
    yield b"From anna@example.test Tue Nov 14 22:13:20 2023\r\n" + head("mbox") + b"text\r\n"
    yield head("from.lines") + b"From here on\r\n>From there\r\nFrom anna Tue Nov 14 2023\r\n"
    yield head("dots") + b".\r\n..\r\n.x\r\n"
    yield head("like.imap") + b"a1 OK FETCH completed\r\n* 1 EXISTS\r\n{5}\r\n)\r\n"
    yield head("mime").replace(b"\r\n\r\n", b"\r\nContent-Type: multipart/mixed\r\n\r\n") + b"-\r\n"
    yield deep(100)
    yield head("large") + b"a usual line of text of a large message\r\n" * 20_000


def _siblings() -> Iterator[bytes]:
    yield from [head("same") + b"three times\r\n"] * 3
    yield from [head("", "same without id") + b"twice\r\n"] * 2
    yield from (head("one.id") + b"content %d\r\n" % number for number in range(3))
    yield from (head("", "alike") + b"content %d\r\n" % number for number in range(3))
    yield from [head("same.odd") + b"twice\r\r\nand \xe9 open"] * 2
    yield head("near", "Gr\u00fc\u00dfe") + b"text\r\n"
    yield head("near", "GrXXXXe") + b"text\r\n"


def _dates() -> Iterator[Mail]:
    """Internal dates at the edges of what is used."""
    for number, instant in enumerate((0, 1, 946_684_799, 951_782_400, 2**31 - 1, 1_711_846_800)):
        yield Mail(head(f"date.{number}") + b"text\r\n", "S", instant)


def deep(levels: int) -> bytes:
    """A multipart message in a multipart message, and so on."""
    body = b"Content-Type: text/plain\r\n\r\nthe kernel\r\n"
    for level in range(levels):
        edge = b"level%d" % level
        body = (b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n--%s\r\n%s\r\n--%s--\r\n') % (
            edge,
            edge,
            body,
            edge,
        )
    return head("deep")[:-2] + b"MIME-Version: 1.0\r\n" + body


ODD_NAMES = (
    *("emoji 😀", "Größe", "日本語", "עברית", "e\u0301", "é", "o\u0308ffnen", "öffnen"),
    *("nil", "NIL", "Nil", "{5}", "{5+}", '"', 'a"b', ";", "a;b", "%", "100%", "*", "a*b"),
    *("&", "R&D", "&-", "back\\slash", "tail ", " head", "two  blanks", "(round)", "[square]"),
    *("~tilde", "#news", "+plus", "'", "`x`", "$", "!", "?", "<tag>", "a,b:c", "=", "-flag"),
    *("Case", "case", "CASE", "inbox2", "a\u00a0b", "zero\u200bwidth", "\u202eright"),
)
"""Names of one level, without '.' and '/'."""
LONG_NAMES = ("n" * 180, "ü" * 60, "l" * 250)
LEVELS = ("deep", *(f"l{number}" for number in range(2, 31)))
"""Of one name."""
USUAL_NAMES = ("Sent", "Work", "Work/2024", "Größe", "R&D", "two words")


def odd_mailbox() -> dict[str, list[Mail]]:
    """Odd mail in one folder; by the folder's name, with '/' between the levels."""
    return {"INBOX": few_mails("INBOX"), "Odd mail": odd_mail()}


def oddly_named() -> dict[str, list[Mail]]:
    """Folders with odd names, and two messages in each."""
    names = ("INBOX", *ODD_NAMES, *LONG_NAMES, "/".join(LEVELS))
    return {name: few_mails(name) for name in names}


def usual_mailbox() -> dict[str, list[Mail]]:
    """Mail that every server stores as it is, in folders that every server has."""
    siblings = [Mail(body) for body in _siblings() if body.isascii() and b"odd" not in body[-20:]]
    siblings = [mail for mail in siblings if b"\r\r" not in mail.body]
    return {"INBOX": siblings} | {name: few_mails(name) for name in USUAL_NAMES}
