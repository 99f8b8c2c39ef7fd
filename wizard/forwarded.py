"""Who asks, where a proxy stands in front: believed from the operator's proxies alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from flask import request

from settings import Network

_SAME_HOLDER = 64
"""Bits of an IPv6 address that one customer of a provider has in common."""


class Forwarded:
    """WSGI: the address and the scheme as TRUSTED_PROXIES tell them."""

    def __init__(self, app: Callable[..., Any], proxies: Sequence[Network]) -> None:
        self._app = app
        self._proxies = proxies

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if self._trusted(_address(environ.get("REMOTE_ADDR", ""))):
            environ["REMOTE_ADDR"] = self._client(
                environ["REMOTE_ADDR"], environ.get("HTTP_X_FORWARDED_FOR", "")
            )
            if environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip() == "https":
                environ["wsgi.url_scheme"] = "https"
        answer: Iterable[bytes] = self._app(environ, start)
        return answer

    def _client(self, proxy: str, forwarded: str) -> str:
        """From the right, where our proxies write: the first that is none of them. What stands
        before it may be invented."""
        found = proxy
        for word in reversed(forwarded.split(",")):
            address = _address(word.strip())
            if address is None:
                break
            found = str(address)
            if not self._trusted(address):
                break
        return found

    def _trusted(self, address: IPv4Address | IPv6Address | None) -> bool:
        return address is not None and any(address in network for network in self._proxies)


def origin() -> str:
    """The address itself, as the audit trail has it."""
    return str(_address(request.remote_addr or "") or "")


def asker() -> str:
    """The key under which somebody's attempts are counted."""
    address = _address(request.remote_addr or "")
    if isinstance(address, IPv6Address):
        holder: IPv6Network = ip_network((address, _SAME_HOLDER), strict=False)  # type: ignore[assignment]
        return str(holder)
    return str(address or "")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
