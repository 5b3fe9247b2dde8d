"""Where a request came from: its address, whether it was encrypted all the way, and whether a proxy is believed."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any, NamedTuple

from werkzeug.datastructures import Headers

from gobs_server.local_socket import LOCAL

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host", "X-Forwarded-Proto")
_MOST_HOPS = 20


class Origin(NamedTuple):
    """Where one request came from."""

    address: str
    """Of the client, behind all proxies that are believed; empty: not known."""
    encrypted: bool
    """Whether the client speaks TLS, with this server or with a proxy that is believed."""
    by_proxy: bool
    """Whether a proxy that is believed passed it on."""
    passed_on: bool
    """Whether it says that somebody passed it on, believed or not."""
    local: bool
    """Whether it came through the socket that only this user of this machine can open."""

    @property
    def exposed(self) -> bool:
        """Whether a password that is typed there can be read by others on the way."""
        return not (self.encrypted or self.local) and (self.passed_on or not is_loopback(self.address))


class Origins:
    """Knows the networks that proxies are in. A value."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks: list[_Network] = [ipaddress.ip_network(network) for network in networks]

    def of(self, scope: Any, headers: Headers) -> Origin:
        """Return where a request came from."""
        client = scope.get("client")
        peer = str(client[0]) if client else ""
        local = LOCAL in scope
        by_proxy = self._is_proxy(peer)
        encrypted = scope.get("scheme") == "https"
        passed_on = any(name in headers for name in _FORWARDED)
        if not by_proxy:
            return Origin(peer, encrypted, False, passed_on, local)
        said = headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip().lower()
        address = self._first_stranger(headers.getlist("X-Forwarded-For"), peer)
        return Origin(address, encrypted or said == "https", True, passed_on, local)

    def _first_stranger(self, said: Sequence[str], peer: str) -> str:
        """Return the address nearest to us that is no proxy of ours; what stands before it anybody may have written."""
        hops = [hop.strip() for line in said for hop in line.split(",")]
        nearest = peer
        for hop in reversed(hops[-_MOST_HOPS:]):
            if (address := _address(hop)) is None:
                return nearest
            nearest = str(address)
            if not self._is_proxy(nearest):
                return nearest
        return nearest

    def _is_proxy(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and any(address in network for network in self._networks)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine to itself."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that may have a port behind it; an IPv4 one that IPv6 carries is itself again."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found
