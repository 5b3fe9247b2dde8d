"""What is said in the log of streams that are refused: once when it begins, then now and then with a count."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from gobs_core.logs import get_logger
from gobs_core.text import one_line
from gobs_server.clock import Clock

log = get_logger("gobs.ingest")
EVERY = 60.0
"""Seconds between two lines on the same trouble."""
_MOST = 1000
"""Troubles told apart at once; the one that was said longest ago is forgotten first."""


@dataclass
class _Said:
    at: float
    more: int = 0


class Complaints:
    """Lives as long as the server."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: OrderedDict[tuple[str, str], _Said] = OrderedDict()

    def refused(self, peer: str, reason: str, why: str) -> bool:
        """Say that a stream of that peer was refused, unless the same was said of late; whether it was said."""
        trouble, now = (_host(peer), reason), self._clock.monotonic()
        said = self._said.get(trouble)
        if said is not None and now - said.at < EVERY:
            said.more += 1
            return False
        more = said.more if said is not None else 0
        self._said[trouble] = _Said(now)
        self._said.move_to_end(trouble)
        if len(self._said) > _MOST:
            self._said.popitem(last=False)
        log.warning("a stream was refused", peer=peer, reason=reason, why=one_line(why), more_since=more)
        return True


def _host(peer: str) -> str:
    """The peer without its port, which is another with every attempt."""
    return peer.rpartition(":")[0]
