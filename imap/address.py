"""From a host name to an address that may be connected to.

A name is resolved once; every address of it is checked, and the checked one is connected to, so
that a name cannot mean one machine when it is looked at and another when it is used.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from imap.server import NetworkPolicy, Server
from sync.errors import Code, ConnectFailed, Side

Ip = IPv4Address | IPv6Address
Found = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]

_GLOBAL6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_TEREDO = IPv6Network("2001::/32")
_NEVER = tuple(
    ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20", "2001:db8::/32")
)
"""Special ranges that `is_global` of some Python versions lets pass."""
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.I)
"""No name ends in one: what does is an address, or nothing."""
_LOW32 = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Address:
    """Checked: may be connected to."""

    ip: str
    port: int


def resolve(server: Server, policy: NetworkPolicy, side: Side = Side.SOURCE) -> Address:
    """The first address of the server. Raises as `resolve_all` does."""
    return resolve_all(server, policy, side)[0]


def resolve_all(
    server: Server, policy: NetworkPolicy, side: Side = Side.SOURCE
) -> tuple[Address, ...]:
    """All addresses of the server, in the resolver's order.

    Raises ConnectFailed: PORT_REFUSED, HOST_UNKNOWN, or HOST_REFUSED when any of them is one that
    nobody may connect to. None of these tells which address the name has."""
    if server.port not in policy.allowed_ports:
        raise ConnectFailed(Code.PORT_REFUSED, side=side, where=f"{server.host}:{server.port}")
    found = [canonical(ip) for ip in _look_up(server, side, policy.connect_timeout)]
    if not all(permitted(ip, policy.allowed_networks) for ip in found):
        raise ConnectFailed(Code.HOST_REFUSED, side=side, where=server.host)
    return tuple(Address(str(ip), server.port) for ip in dict.fromkeys(found))


def _look_up(server: Server, side: Side, seconds: float) -> list[Ip]:
    if is_odd_number(server.host):
        raise ConnectFailed(Code.HOST_REFUSED, side=side, where=server.host)
    answers = look_up(server.host, server.port, seconds)
    if answers is None:
        raise ConnectFailed(Code.CONNECT_TIMEOUT, side=side, where=server.host)
    if isinstance(answers, Exception):
        raise ConnectFailed(Code.HOST_UNKNOWN, side=side, where=server.host) from answers
    found = [ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    if not server.host or not found:
        raise ConnectFailed(Code.HOST_UNKNOWN, side=side, where=server.host)
    return found


def look_up(host: str, port: int | None, seconds: float) -> Sequence[Found] | Exception | None:
    """What the resolver says; None: nothing in this time. It cannot be interrupted, and is left
    to itself then."""
    said: list[Sequence[Found] | Exception] = []

    def ask() -> None:
        try:
            said.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError, ValueError) as error:
            said.append(error)

    thread = threading.Thread(target=ask, name="resolver", daemon=True)
    thread.start()
    thread.join(seconds)
    return said[0] if said else None


def is_odd_number(host: str) -> bool:
    """Whether it is an IPv4 address to the resolver, and not as people write one: four decimal
    parts without leading zeros. In 010.0.0.1 some read eight, and some ten."""
    try:
        plain = host.encode("idna").decode("ascii").rstrip(".")
    except UnicodeError:
        plain = host.rstrip(".")
    if not _NUMBER.fullmatch(plain.rpartition(".")[2]):
        return False
    try:
        IPv4Address(plain)
    except ValueError:
        return True
    return False


def canonical(ip: Ip) -> Ip:
    """An IPv4 address in IPv6 clothes (::ffff:a.b.c.d) is that IPv4 address."""
    return ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip


def permitted(ip: Ip, allowed: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Whether the address is in a range that the operator allows, or is a public one which does
    not lead to a private one by a tunnel."""
    ip = canonical(ip)
    if any(ip in network for network in allowed if network.version == ip.version):
        return True
    if isinstance(ip, IPv4Address):
        return _public4(ip)
    inner = embedded(ip)
    if inner is not None and not _public4(inner):
        return False
    return ip in _NAT64 or (ip in _GLOBAL6 and ip.is_global and not _special(ip))


def embedded(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address to which a translator or tunnel would carry this one."""
    number = int(ip)
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip in _TEREDO and ip.teredo is not None:
        return ip.teredo[1]
    isatap = (number >> 32) & _LOW32 in (0x00005EFE, 0x02005EFE)
    if ip in _NAT64 or isatap or number >> 32 == 0:
        return IPv4Address(number & _LOW32)
    return None


def _public4(ip: IPv4Address) -> bool:
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not _special(ip)


def _special(ip: Ip) -> bool:
    return any(ip in network for network in _NEVER if network.version == ip.version)
