"""What is to be done: the options, understood and checked against each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path

from imap.server import NetworkPolicy, Server
from parameters.contradictions import contradictions
from parameters.meaning import meant
from parameters.reading import Given, Usage
from sync.errors import Side
from sync.options import Contradiction, Security, SyncOptions

NUMBERS = {Side.SOURCE: "1", Side.DESTINATION: "2"}
FOR_EVER = 10 * 365 * 86400
CONNECT_SECONDS = 15
ANSWER_SECONDS = 120
EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
"""The shell is the operator's own: it may go wherever its machine may."""


class Just(StrEnum):
    CONNECT = "connect"
    LOGIN = "login"


@dataclass(frozen=True, slots=True)
class Place:
    """One side, without its password."""

    side: Side
    server: Server
    username: str
    authuser: str
    policy: NetworkPolicy
    compress: bool | None = None
    """None when nothing was said: where it pays."""

    @property
    def subject(self) -> str:
        """Names the mailbox for the ledger. The two usual ports are the same server."""
        port = "" if self.server.port in (143, 993) else f":{self.server.port}"
        return f"{self.username}@{self.server.host.lower()}{port}"


@dataclass(frozen=True, slots=True)
class Order:
    source: Place
    destination: Place
    options: SyncOptions
    state: Path | None
    json: bool
    just: Just | None

    @property
    def subject(self) -> str:
        below = f" below {self.options.subfolder}" if self.options.subfolder else ""
        return f"{self.source.subject} > {self.destination.subject}{below}"


def understand(given: Given) -> Order:
    """Raises Usage for what is missing, and for options that contradict each other."""
    just = _just(given)
    state = given.last("state")
    if state == "":
        raise Usage("--state needs the name of a file.")
    return Order(
        source=_place(given, Side.SOURCE, just),
        destination=_place(given, Side.DESTINATION, just),
        options=_options(given),
        state=Path(state) if state else None,
        json="json" in given.flags,
        just=just,
    )


def _just(given: Given) -> Just | None:
    if "justconnect" in given.flags:
        return Just.CONNECT
    return Just.LOGIN if "justlogin" in given.flags else None


def _place(given: Given, side: Side, just: Just | None) -> Place:
    number = NUMBERS[side]
    host, user = given.last(f"host{number}"), given.last(f"user{number}")
    if not host:
        raise Usage(f"--host{number} is missing: the {side}'s server.")
    if not user and just is not Just.CONNECT:
        raise Usage(f"--user{number} is missing: the login at the {side}.")
    port = given.number(f"port{number}", 1, 65535)
    security = _security(given.flags, number, port)
    port = port or (993 if security is Security.TLS else 143)
    return Place(
        side,
        Server(
            host,
            port,
            security,
            verify=f"insecure{number}" not in given.flags,
            identify="noid" not in given.flags,
        ),
        user or "",
        given.last(f"authuser{number}") or "",
        _policy(given, number, port),
        _compress(given.flags, number),
    )


def _compress(flags: set[str], number: str) -> bool | None:
    wanted, unwanted = f"compress{number}" in flags, f"nocompress{number}" in flags
    if wanted and unwanted:
        raise Usage(f"--compress{number} and --nocompress{number} contradict each other.")
    return wanted if wanted or unwanted else None


def _security(flags: set[str], number: str, port: int | None) -> Security:
    """Nothing is sent in the clear but on request of both options; nothing falls back to it."""
    ssl, no_ssl, tls, no_tls = (f"{name}{number}" in flags for name in _SECURITY_FLAGS)
    for one, other in (("ssl", "nossl"), ("tls", "notls"), ("ssl", "tls")):
        if f"{one}{number}" in flags and f"{other}{number}" in flags:
            raise Usage(f"--{one}{number} and --{other}{number} contradict each other.")
    if no_ssl and no_tls:
        return Security.NONE
    if tls or no_ssl or (port == 143 and not ssl and not no_tls):
        return Security.STARTTLS
    return Security.TLS


_SECURITY_FLAGS = ("ssl", "nossl", "tls", "notls")


def _policy(given: Given, number: str, port: int) -> NetworkPolicy:
    seconds = given.number(f"timeout{number}", 0, 10_000_000)
    if seconds is None:
        seconds = given.number("timeout", 0, 10_000_000)
    answer = ANSWER_SECONDS if seconds is None else seconds or FOR_EVER
    return NetworkPolicy(
        allowed_networks=EVERYWHERE,
        allowed_ports=frozenset({port}),
        connect_timeout=min(CONNECT_SECONDS, answer),
        read_timeout=answer,
        ca_file=_authorities(given, number),
    )


def _authorities(given: Given, number: str) -> str:
    """Of the arguments that imapsync hands on to its TLS library we know two."""
    found = ""
    for argument in given.values.get(f"sslargs{number}", []):
        name, _, value = argument.partition("=")
        if name == "SSL_ca_file" and value:
            if not Path(value).is_file():
                raise Usage(f"--sslargs{number}: there is no file {value}.")
            found = value
        elif argument != "SSL_verify_mode=1":
            why = f"use --insecure{number}" if name == "SSL_verify_mode" else "only SSL_ca_file is"
            raise Usage(f"--sslargs{number} {name} is not supported: {why}.")
    return found


def _options(given: Given) -> SyncOptions:
    try:
        chosen = SyncOptions(
            only_folders="justfolders" in given.flags,
            remove_folders="delete2folders" in given.flags,
        )
        options = meant(given, chosen)
    except Contradiction as contradiction:
        raise Usage(str(contradiction)) from contradiction
    for fault in contradictions(options):
        raise Usage(fault.words)
    return options
