"""One request on its way in: collected whole, within time and size, before a thread has it.

A thread that reads from the network can be held by whoever sends slowly. So the worker's loop
collects the bytes (launch/web_worker.py), and a thread works only on what is here already.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

HEAD_SECONDS = 10.0
"""From the connection's begin to the end of the header."""
BODY_SECONDS = 20.0
SLOWEST = 16_384
"""Bytes a second that a body may take, beyond BODY_SECONDS."""
LONGEST_HEAD = 32_768
SMALL = 262_144
"""Where no more than this is taken, a longer body is refused before it comes."""
DRAINED = 256 * 1024 * 1024
"""Of an upload that is too large so much is read and thrown away: a server that hangs up in the
middle makes browsers show an error of their own, instead of ours."""
_KEPT_IN_MEMORY = 262_144
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"^content-length:[ \t]*([0-9]{1,15})[ \t]*\r$", re.I | re.M)
_CHUNKED = re.compile(rb"^transfer-encoding[ \t]*:", re.I | re.M)
_COOKIE = re.compile(rb"^cookie:[ \t]*(.*)\r$", re.I | re.M)
_EXPECT = re.compile(rb"^expect:[ \t]*100-continue[ \t]*\r$", re.I | re.M)

LargestBody = Callable[[str, str, str], int]
"""Of a method, a path and a Cookie header: how many bytes of body are taken."""


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """The request is answered by the server itself."""

    status: HTTPStatus


class Gathering:
    """What has come of one request, and until when the rest of it has to be here.

    How long it is, is told here only to know when to stop: what the header means is for the
    HTTP parser, which reads what was gathered and nothing beyond it.
    """

    def __init__(self, largest: LargestBody) -> None:
        self._largest = largest
        self._head = bytearray()
        self._file = tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY)  # noqa: SIM115
        self._left: int | None = None
        self._kept = 0
        self.deadline = time.monotonic() + HEAD_SECONDS
        self.continues = False
        """The client waits for a word before it sends the body."""

    def take(self, data: bytes) -> bool:
        """Whether the request is whole. Raises Refused."""
        if self._left is not None:
            self._body(data)
        else:
            self._head += data
            end = self._head.find(_END)
            if end < 0 and len(self._head) > LONGEST_HEAD:
                raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            if end < 0:
                return False
            self._begin_body(end + len(_END))
        return self._left == 0

    def pieces(self) -> Iterator[bytes]:
        """What the parser reads: to its end, and the end of all."""
        self._file.seek(0)
        while piece := self._file.read(65_536):
            yield piece

    def close(self) -> None:
        self._file.close()

    def _begin_body(self, end: int) -> None:
        head, rest = bytes(self._head[: end - 2]), bytes(self._head[end:])
        self._head.clear()
        if end > LONGEST_HEAD:
            raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if _CHUNKED.search(head):
            raise Refused(HTTPStatus.LENGTH_REQUIRED)
        told = _LENGTH.search(head)
        length = int(told[1]) if told else 0
        method, path, cookie = _asked(head)
        most = self._largest(method, path, cookie)
        if length > most and (most <= SMALL or length > DRAINED):
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        self._file.write(head + b"\r\n")
        self._left, self._kept = length, most + 1
        self.continues = bool(length and not rest and _EXPECT.search(head))
        self.deadline = time.monotonic() + BODY_SECONDS + length / SLOWEST
        self._body(rest)

    def _body(self, data: bytes) -> None:
        """What comes behind the body is nobody's: the connection ends with the answer."""
        data = data[: self._left]
        self._left = (self._left or 0) - len(data)
        kept = data[: max(self._kept, 0)]
        self._file.write(kept)
        self._kept -= len(kept)


def _asked(head: bytes) -> tuple[str, str, str]:
    words = head.split(b"\r\n", 1)[0].split(b" ")
    cookies = [found.decode("latin-1") for found in _COOKIE.findall(head)]
    path = words[1].decode("latin-1") if len(words) > 1 else ""
    return words[0].decode("latin-1"), path, "; ".join(cookies)
