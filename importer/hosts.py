"""A server as people write it: 'host', 'host:port', '[v6]', '[v6]:port'."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address

from imap.address import is_odd_number

__all__ = ["HostFault", "is_odd_number", "split_host", "strip_invisible"]

_NAME = re.compile(r"[^\s/@:;,\"'<>\\\[\]()]+")
_INVISIBLE = "\u200b\u2060\ufeff"


class HostFault(ValueError):
    """The text is no server name; str() says why, for a person."""


def strip_invisible(text: str) -> str:
    """Without blanks and invisible characters at both ends, as they come with copy and paste."""
    return text.strip().strip(_INVISIBLE).strip()


def split_host(text: str) -> tuple[str, int]:
    """Host and port; 0 when no port was given. Raises HostFault."""
    text = strip_invisible(text)
    if not text or _is_v6(text):
        return text, 0
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or not _is_v6(host) or (rest and not rest.startswith(":")):
            raise HostFault("it begins like an IPv6 address in brackets, and is none")
        return host, _port(rest[1:]) if rest else 0
    host, colon, port = text.partition(":")
    if "://" in text:
        raise HostFault("only the server's name is wanted, without anything like 'imap://'")
    if not _NAME.fullmatch(host):
        raise HostFault("a server name has no blanks, no '@' and no '/'")
    if is_odd_number(host):
        raise HostFault("an IPv4 address has four decimal numbers without leading zeros")
    return host, _port(port) if colon else 0


def _is_v6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535:
        return int(text)
    raise HostFault("a port is a number from 1 to 65535")
