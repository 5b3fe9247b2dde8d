"""Frames refused in a row: twice the stream ends, which mends a slip; the third is set aside, the stream goes on."""

from __future__ import annotations

from gobs_core import __version__
from gobs_core.logs import get_logger
from gobs_core.text import one_line
from gobs_server.clock import Clock
from gobs_server.ingest.deadletters import DeadLetters
from gobs_server.ingest.session import Session
from gobs_server.metrics import Metrics
from gobs_server.tables import BadFrame

log = get_logger("gobs.ingest")
STRIKES = 3
"""The refusal in a row at which a frame is set aside."""
_EVERY = 3600.0
"""Seconds between two letters of one node."""


class Strikes:
    """By node, over all its streams. Lives as long as the server."""

    def __init__(self, letters: DeadLetters, metrics: Metrics, clock: Clock) -> None:
        self._letters = letters
        self._metrics = metrics
        self._clock = clock
        self._in_a_row: dict[str, int] = {}
        self._kept_at: dict[str, float] = {}

    def refused(self, session: Session, bad: BadFrame, raw: bytes) -> bool:
        """A frame was refused; whether the stream goes on without it, until the next keyframe."""
        name = session.node.name
        count = self._in_a_row[name] = self._in_a_row.get(name, 0) + 1
        if count < STRIKES:
            return False
        self._metrics.add("gobs_server_set_aside")
        self._keep(session, bad, raw)
        return True

    def taken(self, session: Session) -> None:
        """A frame was taken."""
        self._in_a_row.pop(session.node.name, None)

    def _keep(self, session: Session, bad: BadFrame, raw: bytes) -> None:
        name, now = session.node.name, self._clock.monotonic()
        if now - self._kept_at.get(name, float("-inf")) < _EVERY:
            return
        self._kept_at[name] = now
        greeting = session.greeting
        log.warning("a frame was refused again and again; it is set aside and the stream goes on", node=name,
                    reason=bad.reason, why=one_line(str(bad)))  # fmt: skip
        facts = {
            "reason": bad.reason,
            "why": one_line(str(bad)),
            "run": greeting.run,
            "agent_version": greeting.agent_version,
            "protocol": greeting.protocol,
            "server_version": __version__,
            "tables": [table.name for table in greeting.schemas.tables if table is not None],
        }
        self._letters.put(name, raw, facts)
