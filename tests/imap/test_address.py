"""Where connections may go."""

from __future__ import annotations

import socket
import threading
import time
from ipaddress import ip_address, ip_network

import pytest

from imap.address import Address, is_odd_number, permitted, resolve, resolve_all
from imap.server import NetworkPolicy, Server
from importer.hosts import HostFault, split_host
from sync.errors import Code, ConnectFailed, Side

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "2002:808:808::1",
    "64:ff9b::808:808",
]
FORBIDDEN = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::1",
    "2001:0:a00:1:0:0:80ff:fffe",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "2002:c0a8:101::",
    "2606:4700::5efe:a00:1",
    "2606:4700::200:5efe:7f00:1",
    "3fff::1",
    "4000::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_may_be_connected_to(text: str) -> None:
    """Any mail server on the internet is reachable."""
    assert permitted(ip_address(text), ())


@pytest.mark.parametrize("text", FORBIDDEN)
def test_special_addresses_may_not(text: str) -> None:
    """No spelling of a private address passes: mapped, tunnelled, translated, deprecated."""
    assert not permitted(ip_address(text), ())


@pytest.mark.parametrize("text", ["10.1.2.3", "::ffff:10.1.2.3"])
def test_the_operator_may_allow_a_range(text: str) -> None:
    """A range that the operator names is open, and its IPv6 spelling with it."""
    assert permitted(ip_address(text), (ip_network("10.0.0.0/8"),))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "0x7f000001", "2130706433"])
def test_no_spelling_of_loopback_is_let_through(host: str) -> None:
    """What counts is the address that a name leads to; the error does not tell it."""
    with pytest.raises(ConnectFailed) as caught:
        resolve(Server(host, 993), NetworkPolicy(), Side.DESTINATION)
    assert caught.value.code is Code.HOST_REFUSED
    assert caught.value.side is Side.DESTINATION
    assert caught.value.server_words == ""


@pytest.mark.parametrize("host", ["", "no-such-host.invalid", "a\0b", "x" * 300, "a..b"])
def test_an_unknown_host_is_unknown(host: str) -> None:
    """A name that does not resolve, or is none, is one error and no crash."""
    with pytest.raises(ConnectFailed) as caught:
        resolve(Server(host, 993), NetworkPolicy())
    assert caught.value.code is Code.HOST_UNKNOWN


def test_ports_are_looked_at_before_names() -> None:
    """A port that is not the operator's is refused, whoever the host is."""
    with pytest.raises(ConnectFailed) as caught:
        resolve(Server("no-such-host.invalid", 25), NetworkPolicy())
    assert caught.value.code is Code.PORT_REFUSED


def test_an_allowed_host_resolves_to_its_address() -> None:
    """The answer is the very address that is connected to."""
    policy = NetworkPolicy((ip_network("127.0.0.0/8"),))
    server = Server("127.0.0.1", 143)
    assert resolve(server, policy) == Address("127.0.0.1", 143)
    assert resolve_all(server, policy) == (Address("127.0.0.1", 143),)


@pytest.mark.parametrize(
    "host",
    ["010.0.0.1", "10.0.0.01", "0x0a.0.0.1", "10.1", "167772161", "10.0.1", "010.0.0.1.",
     "08.8.8.8", "００８.8.8.8", "0x8080808", "8.8.2056"],
)  # fmt: skip
def test_an_address_that_two_programs_read_differently_is_refused(host: str) -> None:
    """Also where the range is allowed: nobody knows which server was meant."""
    everywhere = (ip_network("0.0.0.0/0"),)
    with pytest.raises(ConnectFailed) as refused:
        resolve(Server(host, 993), NetworkPolicy(allowed_networks=everywhere))
    assert refused.value.code is Code.HOST_REFUSED
    assert is_odd_number(host)
    with pytest.raises(HostFault):
        split_host(host)


def test_a_resolver_that_says_nothing_has_the_time_of_a_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A look-up cannot be interrupted, and is not waited for longer than that."""
    silence = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: silence.wait(20))
    begun = time.monotonic()
    with pytest.raises(ConnectFailed) as refused:
        resolve(Server("slow.example", 993), NetworkPolicy(connect_timeout=0.3))
    silence.set()
    assert refused.value.code is Code.CONNECT_TIMEOUT
    assert time.monotonic() - begun < 5
