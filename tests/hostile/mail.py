"""Messages of a seed: usual ones, and those over which servers and clients stumble."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from random import Random

_WORDS = ("invoice", "meeting", "lunch", "draft", "holiday", "Müller", "offer", "reply", "photos")
_START = datetime(2019, 1, 1, tzinfo=UTC)
_ZONES = (-480, -300, 0, 0, 60, 60, 120, 330)
_FLAGS = ("\\Seen", "\\Answered", "\\Flagged", "\\Draft", "$Forwarded", "Work")


def internaldate(rng: Random) -> str:
    """As RFC 9051 spells it; two messages hardly ever have the same one."""
    if rng.random() < 0.01:
        return rng.choice(("01-Jan-1970 00:00:00 +0000", "31-Dec-2099 23:59:59 -1200"))
    moment = _START + timedelta(seconds=rng.randrange(6 * 365 * 86_400))
    moment = moment.astimezone(timezone(timedelta(minutes=rng.choice(_ZONES))))
    return moment.strftime("%d-%b-%Y %H:%M:%S %z")


def flags(rng: Random) -> set[str]:
    return {flag for flag in _FLAGS if rng.random() < 0.2}


def usual(rng: Random, *, named: bool = True) -> bytes:
    """What almost all mail looks like."""
    number = rng.randrange(10**9)
    subject = " ".join(rng.choice(_WORDS) for _ in range(rng.randint(1, 4)))
    head = f"Message-ID: <{number}@x.test>\r\n" if named else ""
    head += f"Date: Wed, {rng.randint(1, 28)} Jul 2021 02:44:25 +0200\r\n"
    head += f"From: p{number % 7}@x.test\r\nSubject: {_ascii(subject)} {number}\r\n"
    lines = [f"line {at} of {number}" for at in range(rng.choice((1, 1, 2, 5, 40)))]
    return (head + "\r\n" + "\r\n".join(lines) + "\r\n").encode()


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()


def _bare_lf(rng: Random) -> bytes:
    return usual(rng).replace(b"\r\n", b"\n")


def _double_cr(rng: Random) -> bytes:
    return usual(rng).replace(b"\r\n", b"\r\r\n")


def _bare_cr(rng: Random) -> bytes:
    return usual(rng) + b"left\rright\r\n"


def _nul(rng: Random) -> bytes:
    return usual(rng) + b"before\0after\r\n"


def _eight_bit_header(rng: Random) -> bytes:
    return b"Subject: " + rng.choice(("Grüße", "Übung")).encode("latin-1") + b"\r\n" + usual(rng)


def _no_end(rng: Random) -> bytes:
    return usual(rng).rstrip(b"\r\n")


def _head_only(rng: Random) -> bytes:
    return usual(rng).partition(b"\r\n\r\n")[0] + b"\r\n"


def _no_head(rng: Random) -> bytes:
    return b"\r\nonly a text %d\r\n" % rng.randrange(10**6)


def _odd_fields(rng: Random) -> bytes:
    return b"Subject : spaced %d\r\nMESSAGE-ID:\r\n <%d@folded.test>\r\n\r\ntext\r\n" % (
        rng.randrange(10**6),
        rng.randrange(10**6),
    )


def _from_line(rng: Random) -> bytes:
    return b"From someone Mon Jan  1 00:00:00 2020\r\n" + usual(rng)


def _long_line(rng: Random) -> bytes:
    return usual(rng) + b"x" * 3000 + b"\r\n"


def _tiny(rng: Random) -> bytes:
    return rng.choice((b"x", b"\r\n", b"Subject: x\r\n\r\n"))


ODD: tuple[Callable[[Random], bytes], ...] = (
    _bare_lf,
    _double_cr,
    _bare_cr,
    _nul,
    _eight_bit_header,
    _no_end,
    _head_only,
    _no_head,
    _odd_fields,
    _from_line,
    _long_line,
    _tiny,
)


def bodies(rng: Random, number: int, *, odd: float, twins: float) -> list[bytes]:
    """So many messages; `odd` and `twins` are the shares of odd ones and of those that repeat, or
    look like, an earlier one."""
    found: list[bytes] = []
    for _ in range(number):
        if found and rng.random() < twins:
            found.append(_twin(rng, rng.choice(found)))
        elif rng.random() < odd:
            found.append(rng.choice(ODD)(rng))
        else:
            found.append(usual(rng, named=rng.random() < 0.8))
    return found


def _twin(rng: Random, body: bytes) -> bytes:
    """The very same; or the same head and size above another text."""
    if rng.random() < 0.6 or not body.endswith(b"\r\n") or b"\r\n\r\n" not in body:
        return body
    head, _, text = body.partition(b"\r\n\r\n")
    if len(text) < 5:
        return body
    return head + b"\r\n\r\n" + text[:-3] + bytes([97 + rng.randrange(26)]) + b"\r\n"


Alter = Callable[[bytes], bytes]


def _split(body: bytes) -> tuple[bytes, bytes, bytes]:
    """Header, the empty line, text."""
    for empty in (b"\r\n\r\n", b"\n\n"):
        head, parted, text = body.partition(empty)
        if parted:
            return head, parted, text
    return body, b"", b""


def nul_to_80(body: bytes) -> bytes:
    return body.replace(b"\0", b"\x80")


def eight_bit_to_x(body: bytes) -> bytes:
    head, parted, text = _split(body)
    return bytes(88 if byte > 127 else byte for byte in head) + parted + text


def even_line_ends(body: bytes) -> bytes:
    """Bare LF and bare CR become CRLF."""
    even = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return even.replace(b"\n", b"\r\n")


def bare_lf_to_crlf(body: bytes) -> bytes:
    return body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def header_added(body: bytes) -> bytes:
    return b"X-Stored-By: model\r\n" + body


def end_added(body: bytes) -> bytes:
    return body if body.endswith(b"\n") else body + b"\r\n"


ALTERATIONS: dict[str, Alter] = {
    "nul to 80": nul_to_80,
    "8 bit to X": eight_bit_to_x,
    "line ends": even_line_ends,
    "lf to crlf": bare_lf_to_crlf,
    "header added": header_added,
    "end added": end_added,
}
"""What destinations do to what they store."""
