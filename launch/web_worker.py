"""Gunicorn's threaded worker, with requests gathered by its loop and answers that have an end.

waiting for     in              until
the request     the loop        launch/gathering.py: header and body have their times
a thread        a queue         a thread is free
the answer      a thread        ANSWER_SECONDS, however slowly it is read
the goodbye     the loop        GOODBYE_SECONDS
"""

from __future__ import annotations

import errno
import logging
import socket
import time
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from typing import Any

from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, NoMoreData, ParseException
from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import ThreadWorker

from launch.gathering import Gathering, LargestBody, Refused
from wizard.safety import HEADERS
from wizard.sizes import largest_body

ANSWER_SECONDS = 60.0
GOODBYE_SECONDS = 2.0
MOST_WAITING = 400
"""Half-sent requests at a time; the one that has waited for longest makes room for a new one."""
_SEND_BUFFER = 1 << 20
_PIECE = 65_536

_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>{words}</p><p>Answer {code}</p></body></html>
"""
_WORDS = {
    HTTPStatus.REQUEST_TIMEOUT: "The request came in too slowly. Try again.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "More was sent than is taken here.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "Your browser sent a header that is too long.",
    HTTPStatus.REQUEST_URI_TOO_LONG: "The address is too long.",
    HTTPStatus.LENGTH_REQUIRED: "A request has to say how long its body is.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side. Try again.",
}


class Answering:
    """The socket as a thread has it: only to be written to, all in all for ANSWER_SECONDS."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._end = time.monotonic() + ANSWER_SECONDS

    def sendall(self, data: bytes) -> None:
        self._line.settimeout(max(self._end - time.monotonic(), 0.01))
        try:
            self._line.sendall(data)
        except TimeoutError:
            raise BrokenPipeError(errno.EPIPE, "the answer was read too slowly") from None

    send = sendall


class Line:
    """One connection: one request, one answer."""

    def __init__(self, line: socket.socket, client: Any, server: Any, gathered: Gathering) -> None:
        self.sock, self.client, self.server = line, client, server
        self.gathered = gathered
        self.deadline = gathered.deadline


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """Slow clients cost it memory, of which there is a bound, and no thread."""

    _largest: LargestBody

    def init_process(self) -> None:
        self._lines: dict[socket.socket, Line] = {}
        """Those that the loop waits for: their requests, or their goodbyes."""
        super().init_process()

    def run(self) -> None:
        self._largest = partial(largest_body, self.app.wsgi())
        super().run()

    def accept(self, listener: socket.socket) -> None:
        try:
            line, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._close_oldest()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        line.setblocking(False)
        if line.family != socket.AF_UNIX:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        conn = Line(line, client, listener.getsockname(), Gathering(self._largest))
        if len(self._lines) >= MOST_WAITING:
            self._close_oldest()
        self._watch(conn, self._readable)

    def murder_pending(self) -> None:
        """Called by the loop, each second at least."""
        now = time.monotonic()
        for conn in [one for one in self._lines.values() if one.deadline <= now]:
            if self.poller.get_key(conn.sock).data.func == self._readable:
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT)
            else:
                self._forget(conn)

    def handle(self, conn: Line) -> bool:
        """In a thread, with the whole request in hand."""
        parser = RequestParser(self.cfg, conn.gathered.pieces(), conn.client)
        try:
            self.handle_request(next(parser), _Answered(conn))
        except (NoMoreData, StopIteration, BrokenPipeError, ConnectionResetError):
            self.log.debug("closed in the middle of a request")
        except ParseException as error:
            answer(Answering(conn.sock), _status(error))
        except Exception:
            # Without the address: it may be a signed link.
            self.log.exception("Error handling a request")
            answer(Answering(conn.sock), HTTPStatus.INTERNAL_SERVER_ERROR)
        return False

    def finish_request(self, conn: Line, _result: object) -> None:
        """Back in the loop: the answer is with the kernel."""
        conn.gathered.close()
        self._say_goodbye(conn)

    def _readable(self, conn: Line, _line: object) -> None:
        try:
            data = conn.sock.recv(_PIECE)
            whole = bool(data) and conn.gathered.take(data)
        except BlockingIOError:
            return
        except Refused as refused:
            self._refuse(conn, refused.status)
            return
        except OSError:
            self._forget(conn)
            return
        if not data:
            self._forget(conn)
            return
        conn.deadline = conn.gathered.deadline
        if whole:
            self._unwatch(conn)
            self.enqueue_req(conn)
        elif conn.gathered.continues:
            conn.gathered.continues = False
            _send(conn.sock, b"HTTP/1.1 100 Continue\r\n\r\n")

    def _refuse(self, conn: Line, status: HTTPStatus) -> None:
        self._unwatch(conn)
        conn.gathered.close()
        _send(conn.sock, page(status))
        self._say_goodbye(conn)

    def _say_goodbye(self, conn: Line) -> None:
        """What is sent still is read for a moment: else the client may lose our answer."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.nr_conns -= 1
            conn.sock.close()
            return
        conn.deadline = time.monotonic() + GOODBYE_SECONDS
        self._watch(conn, self._drain)

    def _drain(self, conn: Line, _line: object) -> None:
        try:
            left = conn.sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            left = b""
        if not left:
            self._forget(conn)

    def _watch(self, conn: Line, what: Any) -> None:
        self._lines[conn.sock] = conn
        self.poller.register(conn.sock, EVENT_READ, partial(what, conn))

    def _unwatch(self, conn: Line) -> None:
        self._lines.pop(conn.sock, None)
        self.poller.unregister(conn.sock)

    def _forget(self, conn: Line) -> None:
        self._unwatch(conn)
        conn.gathered.close()
        self.nr_conns -= 1
        conn.sock.close()

    def _close_oldest(self) -> None:
        for conn in list(self._lines.values())[:1]:
            self._forget(conn)


class _Answered:
    """What Gunicorn's `handle_request` wants to know of a connection."""

    def __init__(self, conn: Line) -> None:
        self.sock = Answering(conn.sock)
        self.client, self.server = conn.client, conn.server


def page(status: HTTPStatus) -> bytes:
    """Our own, with the headers of every other page."""
    words = _WORDS.get(status, "The request could not be read.")
    body = _PAGE.format(title=status.phrase, words=words, code=status.value).encode()
    fields = HEADERS | {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def answer(line: Answering, status: HTTPStatus) -> None:
    try:
        line.sendall(page(status))
    except OSError:
        logging.getLogger("gunicorn.error").debug("gone before the answer")


def _send(line: socket.socket, data: bytes) -> None:
    """A short text into an empty buffer: it fits, or nobody is there."""
    try:
        line.send(data)
    except OSError:
        logging.getLogger("gunicorn.error").debug("gone before the answer")


def _status(error: ParseException) -> HTTPStatus:
    if isinstance(error, LimitRequestLine):
        return HTTPStatus.REQUEST_URI_TOO_LONG
    if isinstance(error, LimitRequestHeaders):
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    return HTTPStatus.BAD_REQUEST
