"""Whom to talk to, and how far the network may be reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from sync.options import Security


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    security: Security = Security.TLS
    verify: bool = True
    """The certificate has to be good. False trusts whoever answers."""
    identify: bool = True
    """Tell it who we are (ID, RFC 2971), where it offers that: some open no folder before."""


@dataclass(frozen=True, slots=True)
class Login:
    """`authuser` is whose password it is, when that is not `username`'s own (SASL PLAIN)."""

    username: str
    password: str = field(repr=False)
    authuser: str = ""


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """Where connections may go. Hosts are resolved once; the checked address is connected to.

    Times are seconds. `ca_file` is a PEM bundle trusted beside the system's, '' for none."""

    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    allowed_ports: frozenset[int] = frozenset({143, 993})
    connect_timeout: float = 15.0
    read_timeout: float = 120.0
    ca_file: str = ""
    pinned: tuple[tuple[str, int, str], ...] = ()
    """Host, port and SHA-256 (hex) of the one certificate that is trusted there."""

    def pin(self, server: Server) -> str:
        """The digest of the one certificate that this server may have; '' for an ordinary one."""
        place = (server.host.lower(), server.port)
        return next((digest for *where, digest in self.pinned if tuple(where) == place), "")
