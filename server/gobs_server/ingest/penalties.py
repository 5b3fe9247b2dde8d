"""Who is made to wait: a peer whose streams are refused again and again for what it sent."""

from __future__ import annotations

from collections import OrderedDict

from gobs_server.clock import Clock

STRIKES = 5
"""Streams refused for what they carried, within a minute, after which their peer has to wait."""
WITHIN = 60.0
WAIT = 30.0
"""Seconds it has to wait then."""
_MOST = 10_000
"""Peers remembered."""


class Penalties:
    """Lives as long as the server."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._strikes: OrderedDict[str, list[float]] = OrderedDict()

    def strike(self, peer: str) -> None:
        """A stream of that peer was refused for what it carried."""
        now = self._clock.monotonic()
        recent = [at for at in self._strikes.pop(peer, []) if now - at < WITHIN]
        self._strikes[peer] = [*recent, now][-STRIKES:]
        if len(self._strikes) > _MOST:
            self._strikes.popitem(last=False)

    def waits(self, peer: str) -> bool:
        """Whether that peer has to wait now."""
        strikes = self._strikes.get(peer, [])
        return len(strikes) >= STRIKES and self._clock.monotonic() - strikes[-1] < WAIT
