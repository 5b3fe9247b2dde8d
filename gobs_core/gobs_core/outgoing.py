"""Where calls to addresses that people typed may go: which addresses are inside, and who may be called all the same.

A page or an API in which somebody types an address must not become a way to ask machines that only the server can
reach. So every address a name stands for is judged at the moment of connecting, whatever the name was a moment ago.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from gobs_core.errors import GobsError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_INSIDE: dict[Network, str] = {
    ipaddress.ip_network(network): what
    for network, what in {
        "0.0.0.0/8": "this machine",
        "10.0.0.0/8": "a private network",
        "100.64.0.0/10": "a carrier's or cluster's network",
        "127.0.0.0/8": "this machine",
        "169.254.0.0/16": "a link-local address, where clouds keep credentials",
        "172.16.0.0/12": "a private network",
        "192.0.0.0/24": "a protocol's own addresses",
        "192.0.2.0/24": "addresses for documentation",
        "192.88.99.0/24": "a relay",
        "192.168.0.0/16": "a private network",
        "198.18.0.0/15": "addresses for measurements",
        "198.51.100.0/24": "addresses for documentation",
        "203.0.113.0/24": "addresses for documentation",
        "224.0.0.0/4": "a multicast address",
        "240.0.0.0/4": "a reserved address",
        "::/96": "this machine",
        "64:ff9b:1::/48": "a private network behind a translator",
        "100::/64": "addresses that lead nowhere",
        "2001::/32": "a tunnel",
        "2001:db8::/32": "addresses for documentation",
        "3fff::/20": "addresses for documentation",
        "5f00::/16": "a network's own segments",
        "fc00::/7": "a private network",
        "fe80::/10": "a link-local address",
        "fec0::/10": "a private network",
        "ff00::/8": "a multicast address",
    }.items()
}
_EMBEDDING = {
    ipaddress.IPv6Network("::ffff:0:0/96"): 0,
    ipaddress.IPv6Network("64:ff9b::/96"): 0,
    ipaddress.IPv6Network("2002::/16"): 80,
}
"""IPv6 networks whose addresses stand for an IPv4 address, and by how many bits that is shifted."""


class ForbiddenAddress(GobsError):
    """An address leads inside and nobody has allowed it; the text says what it is and what would allow it."""


@dataclass(frozen=True)
class Inside:
    """The targets on the inside that may be called. A value; made once from the settings by `parse`."""

    networks: tuple[Network, ...] = ()
    names: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def parse(cls, targets: Iterable[str]) -> Inside:
        """Return what a list of networks, addresses and host names allows; raises ValueError for what is none."""
        networks: list[Network] = []
        names: set[str] = set()
        for target in filter(None, (one.strip() for one in targets)):
            try:
                networks.append(ipaddress.ip_network(target))
            except ValueError:
                if not _is_name(target):
                    text = f"expected a network such as 10.1.0.0/16, an address or a host name, got {target!r:.80}"
                    raise ValueError(text) from None
                names.add(target.lower().rstrip("."))
        return cls(tuple(networks), frozenset(names))

    def check(self, host: str, address: str) -> None:
        """Raise ForbiddenAddress unless a call to `host` may be made by connecting to `address`."""
        found = ipaddress.ip_address(address.partition("%")[0])
        if host.lower().rstrip(".") in self.names:
            return
        for one in (found, *_embedded(found)):
            if any(one in network for network in self.networks):
                return
        reason = inside(found)
        if reason:
            raise ForbiddenAddress(
                f"{found} is {reason}, and calls to the inside are refused; if it is meant, name it in "
                "server.inside_targets"
            )


def inside(address: Address) -> str:
    """Return what makes an address one of the inside; empty for one that anybody could reach."""
    for one in (address, *_embedded(address)):
        for network, what in _INSIDE.items():
            if one in network:
                return what
    return ""


def _embedded(address: Address) -> tuple[Address, ...]:
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    return tuple(
        ipaddress.IPv4Address(int(address) >> shift & 0xFFFFFFFF)
        for network, shift in _EMBEDDING.items()
        if address in network
    )


def _is_name(target: str) -> bool:
    labels = target.rstrip(".").split(".")
    return (
        len(target) <= 253
        and all(
            label and len(label) <= 63 and label.replace("-", "a").replace("_", "a").isalnum() and label.isascii()
            for label in labels
        )
        and not labels[-1].isdigit()
    )
