"""How far a test may reach: loopback."""

from __future__ import annotations

from ipaddress import ip_network

from imap import NetworkPolicy

LOOPBACK = (ip_network("127.0.0.0/8"),)


def policy_for(*ports: int, ca_file: str = "", timeout: float = 3.0) -> NetworkPolicy:
    return NetworkPolicy(
        LOOPBACK,
        frozenset(ports),
        connect_timeout=timeout,
        read_timeout=timeout,
        ca_file=ca_file,
    )
