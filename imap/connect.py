"""From an address to a greeted and, where wanted, encrypted connection.

IMAPClient speaks the opening: greeting, capabilities, STARTTLS. It is given our own wire, so that
the checked address is connected to while the certificate is checked against the name, and so that
what it does not guard against is guarded: nothing is sent before `* OK`, PREAUTH ends the session,
and so do bytes that arrive between the answer to STARTTLS and the handshake.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import imaplib
import os
import select
import socket
import ssl
import struct
import time
from functools import lru_cache
from typing import Any, Literal, cast

from imapclient import IMAPClient, SocketTimeout

from imap import faults
from imap.address import Address, resolve_all
from imap.capabilities import parse_capabilities
from imap.dialogue import Dialogue
from imap.parse import response_code, words
from imap.patience import SLICE, Heed, Patience, heedless
from imap.server import NetworkPolicy, Server
from imap.throttle import Limit, bound_buffers, gathered
from imap.throttled import Throttled
from imap.wire import GATHER, Wire
from sync.errors import Code, ConnectFailed, ConnectionLost, Side, Stopped
from sync.options import Security

_LONGEST_GREETING = 8192
_LONGEST_OPENING = 256 * 1024
"""Bytes of all that a server says before the login."""


class _Imap4(imaplib.IMAP4):
    """imaplib over our wire. Its public hooks for transports are `open`, `read`, `readline`,
    `send` and `shutdown`."""

    def __init__(self, host: str, port: int, wire: Wire, told: tuple[str, ...]) -> None:
        self.wire = wire
        self._told = told
        self._heard = 0
        super().__init__(host, port)

    def _get_capabilities(self) -> None:
        """What the greeting has told already is not asked for."""
        if self._told:
            self.capabilities, self._told = self._told, ()
        else:
            super()._get_capabilities()  # type: ignore[misc]

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        self.host = host
        self.port = port
        self.sock = cast(socket.socket, self.wire.sock)

    def read(self, size: int) -> bytes:
        self._hear(size)
        return self.wire.read(size)

    def readline(self) -> bytes:
        line = self.wire.readline(_LONGEST_OPENING)
        self._hear(len(line))
        return line

    def _hear(self, size: int) -> None:
        """imaplib keeps all that it hears."""
        self._heard += size
        if self._heard > _LONGEST_OPENING:
            raise self.wire.lost(ValueError("a greeting without end"))

    def send(self, data: Any) -> None:
        self.wire.write(bytes(data))
        self.wire.flush()

    def shutdown(self) -> None:
        self.wire.close()

    def starttls(
        self, ssl_context: ssl.SSLContext | None = None
    ) -> tuple[Literal["OK"], list[None]]:
        """As imaplib's, but for the look at what has come before the handshake."""
        assert ssl_context is not None
        refused = ConnectFailed(Code.STARTTLS_REFUSED, side=self.wire.side, where=self.host)
        try:
            status, data = self._simple_command("STARTTLS")
        except self.abort:
            raise
        except self.error as error:
            raise refused from error
        if status != "OK":
            refused.server_words = words(b" ".join(p for p in data if isinstance(p, bytes)))
            raise refused
        if self.wire.waiting:
            raise ConnectFailed(Code.STARTTLS_INJECTION, side=self.wire.side, where=self.host)
        self.wire.start_tls(ssl_context, self.host)
        self.sock = cast(socket.socket, self.wire.sock)
        self.untagged_responses.clear()
        self._get_capabilities()
        return "OK", [None]


class _Client(IMAPClient):  # type: ignore[misc]
    """IMAPClient on a wire that is open already."""

    def __init__(
        self, server: Server, wire: Wire, told: tuple[str, ...], timeout: SocketTimeout
    ) -> None:
        self._wire = wire
        self._told = told
        super().__init__(server.host, server.port, ssl=False, timeout=timeout)
        # IMAPClient's debug log would hold whole conversations.
        self._imap.debug = 0

    def _create_IMAP4(self) -> _Imap4:
        return _Imap4(self.host, self.port, self._wire, self._told)


def connect(
    server: Server,
    policy: NetworkPolicy,
    side: Side,
    limit: Limit | None = None,
    heed: Heed = heedless,
) -> Dialogue:
    """A connection that has been greeted and, unless Security.NONE, encrypted. Not logged in.
    `limit` is the limit of speed that it obeys from its first byte on; `heed` is asked for as long
    as it lives whether its end is wanted.

    Raises ConnectFailed for whatever is in the way, and what the limit's wait and `heed` raise."""
    wire = _wire(server, policy, side, limit, heed)
    try:
        return _open(server, policy, wire)
    except (ConnectFailed, Stopped):
        wire.close()
        raise
    except ConnectionLost as lost:
        raise _lost_while_opening(lost, side, server.host) from lost
    except (OSError, ValueError, imaplib.IMAP4.error) as error:
        wire.close()
        raise faults.connect_failure(error, side, server.host) from error


def _wire(
    server: Server, policy: NetworkPolicy, side: Side, limit: Limit | None, heed: Heed
) -> Wire:
    rate = limit.throttle.bytes_per_second if limit else 0
    sock = _first_open(server, policy, side, rate, heed)
    if limit is None:
        wire = Wire(sock, side, server.host, patience=Patience(heed))
    else:
        bucket = limit.bucket
        wire = Wire(
            Throttled(sock, limit),
            side,
            server.host,
            gather=min(GATHER, gathered(rate)),
            patience=Patience(heed, lambda: bucket.delayed),
        )
    wire.allow(policy.connect_timeout)
    return wire


def _lost_while_opening(lost: ConnectionLost, side: Side, host: str) -> ConnectFailed:
    if lost.server_words:
        return faults.greeting_failure(lost.server_words.encode(), side, host)
    code = {Code.TIMED_OUT: Code.CONNECT_TIMEOUT, Code.PROTOCOL: Code.NOT_IMAP}
    return ConnectFailed(code.get(lost.code, Code.SERVER_BYE), side=side, where=host)


def _first_open(
    server: Server, policy: NetworkPolicy, side: Side, bytes_per_second: int, heed: Heed
) -> socket.socket:
    """A socket to the first of the server's addresses that accepts one, within the time."""
    deadline = time.monotonic() + policy.connect_timeout
    failure: OSError = TimeoutError()
    for address in resolve_all(server, policy, side):
        try:
            return _socket(address, deadline, bytes_per_second, heed)
        except OSError as error:
            failure = error
    raise faults.connect_failure(failure, side, server.host) from failure


def _socket(address: Address, deadline: float, bytes_per_second: int, heed: Heed) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address.ip else socket.AF_INET)
    try:
        if bytes_per_second:
            bound_buffers(sock, bytes_per_second)
        _reach(sock, address, deadline, heed)
    except (OSError, Stopped):
        sock.close()
        raise
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # A line that is not closed by a good-bye ends with a reset: what the kernel still holds of a
    # dead process's commands is not delivered after its death.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return sock


def _reach(sock: socket.socket, address: Address, deadline: float, heed: Heed) -> None:
    sock.settimeout(0)
    error = sock.connect_ex((address.ip, address.port))
    if error == errno.EINPROGRESS:
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        while not poll.poll(1000 * min(max(deadline - time.monotonic(), 0.1), SLICE)):
            heed()
            if time.monotonic() > deadline:
                raise TimeoutError
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))


def _open(server: Server, policy: NetworkPolicy, wire: Wire) -> Dialogue:
    if server.security is Security.TLS:
        wire.start_tls(_context(server, policy), server.host)
        _check_pin(wire, server, policy)
    told = _check_greeting(wire, wire.side)
    opening = SocketTimeout(SLICE, SLICE)
    client = _Client(server, wire, told, opening)
    if server.security is Security.STARTTLS:
        if not client.has_capability("STARTTLS"):
            raise ConnectFailed(Code.STARTTLS_MISSING, side=wire.side, where=server.host)
        client.starttls(_context(server, policy))
        _check_pin(wire, server, policy)
    offered = cast(tuple[str, ...], client._imap.capabilities)
    wire.allow(policy.read_timeout)
    return Dialogue(wire, parse_capabilities(" ".join(offered).encode()))


def _context(server: Server, policy: NetworkPolicy) -> ssl.SSLContext:
    if server.verify and not policy.pin(server):
        return trusted(policy.ca_file)
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    return blind


def _check_pin(wire: Wire, server: Server, policy: NetworkPolicy) -> None:
    """Before anything is sent that matters: it is the very certificate that the operator named."""
    if not (pin := policy.pin(server)):
        return
    shown = cast(ssl.SSLSocket, wire.sock).getpeercert(binary_form=True) or b""
    digest = hashlib.sha256(shown).hexdigest()
    if not hmac.compare_digest(digest, pin):
        said = f"SHA-256 {digest}"
        raise ConnectFailed(Code.CERTIFICATE_UNTRUSTED, said, side=wire.side, where=server.host)


@lru_cache(maxsize=4)
def trusted(ca_file: str) -> ssl.SSLContext:
    """Verifies against the system's authorities, and those of `ca_file`. Reading them takes longer
    than a login: a worker does it once, before it forks."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def _check_greeting(wire: Wire, side: Side) -> tuple[str, ...]:
    """Read the greeting and put it back for imaplib, which takes more than we do. The capabilities
    that it tells, if it does."""
    line = wire.readline(_LONGEST_GREETING)
    greeting = line[:10].upper()
    if greeting.startswith(b"* BYE"):
        raise faults.greeting_failure(line[6:], side, wire.host)
    if greeting.startswith(b"* PREAUTH"):
        raise ConnectFailed(Code.PREAUTH, words(line[10:]), side=side, where=wire.host)
    if not greeting.startswith(b"* OK"):
        raise ConnectFailed(Code.NOT_IMAP, words(line), side=side, where=wire.host)
    wire.unread(line.rstrip(b"\r\n") + b"\r\n")
    code = response_code(line[5:].strip())
    told = code.arguments.decode("ascii", "replace").upper().split()
    return tuple(told) if code.name == b"CAPABILITY" and "IMAP4REV1" in told else ()
