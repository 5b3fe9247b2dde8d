"""What strangers can cause to be logged is logged once a minute and place, with how often it happened since."""

from __future__ import annotations

from collections import OrderedDict

from gobs_core.logs import get_logger
from gobs_server.access.throttle import network
from gobs_server.clock import Clock

log = get_logger("gobs.access")
EVERY = 60.0
_MOST = 1000


class Saying:
    """Lives as long as the server."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def now_and_then(self, what: str, address: str, **more: object) -> None:
        """Log it, unless the same was logged of that address of late."""
        key, now = (what, network(address)), self._clock.monotonic()
        last, times = self._said.get(key, (float("-inf"), 0))
        if now - last < EVERY:
            self._said[key] = (last, times + 1)
            return
        self._said[key] = (now, 0)
        self._said.move_to_end(key)
        while len(self._said) > _MOST:
            self._said.popitem(last=False)
        log.warning(what, address=address, more_since=times, **more)
