"""How often somebody may guess: freely at first, then after delays that grow, by name and by address."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

from gobs_server.clock import Clock

FREE = 5
"""Failures before the first delay."""
_FIRST, _LONGEST = 1.0, 900.0
_FORGIVE = 3600.0
"""Seconds without a failure after which none is remembered."""
_MOST = 20_000


@dataclass(slots=True)
class _Past:
    failures: int = 0
    last: float = 0.0
    until: float = 0.0


class Throttle:
    """Failures of the last hour, of so many names and addresses at most. Lives as long as the server.

    A name's delay holds for everybody but for addresses from which that name has come in: nobody can lock out those
    who are here by guessing from elsewhere.
    """

    def __init__(self, clock: Clock, most: int = _MOST) -> None:
        self._clock = clock
        self._most = most
        self._names: OrderedDict[tuple[str, ...], _Past] = OrderedDict()
        self._addresses: OrderedDict[tuple[str, ...], _Past] = OrderedDict()
        self._familiar: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait(self, name: str, address: str) -> float:
        """Return how many seconds are left until that name may be tried from that address; 0: it may now."""
        now = self._clock.monotonic()
        pasts = [self._names.get(self._name(name, address)), self._addresses.get((network(address),))]
        return max([0.0, *(past.until - now for past in pasts if past is not None)])

    def failed(self, name: str, address: str) -> None:
        """Note that a guess was wrong."""
        self._add(self._names, self._name(name, address), FREE)
        self._add(self._addresses, (network(address),), 4 * FREE)

    def succeeded(self, name: str, address: str) -> None:
        """Take the last failure back: it was none, and that name is known to come from there."""
        self._names.pop(self._name(name, address), None)
        if (past := self._addresses.get((network(address),))) is not None:
            past.failures, past.until = past.failures - 1, 0.0
        pair = (name, network(address))
        self._familiar[pair] = None
        self._familiar.move_to_end(pair)
        while len(self._familiar) > self._most:
            self._familiar.popitem(last=False)

    def _name(self, name: str, address: str) -> tuple[str, ...]:
        where = network(address)
        return (name, where) if (name, where) in self._familiar else (name,)

    def _add(self, pasts: OrderedDict[tuple[str, ...], _Past], key: tuple[str, ...], free: int) -> None:
        now = self._clock.monotonic()
        past = pasts.setdefault(key, _Past())
        pasts.move_to_end(key)
        if now - past.last > _FORGIVE:
            past.failures = 0
        past.failures += 1
        past.last = now
        if past.failures >= free:
            past.until = now + min(_FIRST * 2.0 ** min(past.failures - free, 30), _LONGEST)
        while len(pasts) > self._most:
            pasts.popitem(last=False)


def network(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the 64 bits of an IPv6 one that a single site is given."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
