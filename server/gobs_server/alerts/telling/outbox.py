"""The outbox of one channel: what waits to be told, put together by cause, and when each group may be told again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from gobs_core import Event
from gobs_server.alerts.records import Group, Intent

WAIT = 0.2
"""Seconds the first intent of a group waits for others of the same frames."""
INTERVAL = 30.0
"""Seconds between two messages about one group at least."""
_MINUTE = 60.0


class Outbox:
    """What waits on one channel. Times: seconds of one clock, whichever."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self.groups: dict[str, Group] = {}
        """What was said last about each group."""
        self._waiting: dict[str, list[Intent]] = {}
        self._sent: deque[float] = deque()

    def __len__(self) -> int:
        """How many intents wait."""
        return sum(map(len, self._waiting.values()))

    def add(self, intents: Iterable[Intent]) -> None:
        """Let them wait."""
        for intent in intents:
            self._waiting.setdefault(intent.group, []).append(intent)

    def due(self, now: float) -> tuple[str, float] | None:
        """The group to be told of next, and how many seconds from now; None: nothing waits."""
        if not self._waiting:
            return None
        group, at = min(((group, self._when(group)) for group in self._waiting), key=lambda pair: pair[1])
        return group, max(at, self._allowed(now)) - now

    def take(self, group: str) -> list[Intent]:
        """All that waits of a group; they wait no more."""
        return self._waiting.pop(group)

    def waits(self, group: str) -> bool:
        """Whether anything of a group waits."""
        return group in self._waiting

    def groups_waiting(self) -> list[list[Intent]]:
        """What waits, by group."""
        return list(self._waiting.values())

    def put_back(self, intents: list[Intent]) -> None:
        """They could not be written down as a message, and wait on."""
        group = intents[0].group
        self._waiting[group] = [*intents, *self._waiting.get(group, ())]

    def attempted(self, now: float) -> None:
        """Something was sent, with or without success."""
        self._sent.append(now)

    def drop(self) -> list[Intent]:
        """All that waits; nothing does any more."""
        found = [intent for intents in self._waiting.values() for intent in intents]
        self._waiting.clear()
        return found

    def _when(self, group: str) -> float:
        first = self._waiting[group][0]
        if first.event is Event.SILENCE:
            return first.at
        known = self.groups.get(group)
        return max(first.at + WAIT, known.sent + INTERVAL if known is not None else 0.0)

    def _allowed(self, now: float) -> float:
        """When the next message may be sent."""
        while self._sent and self._sent[0] <= now - _MINUTE:
            self._sent.popleft()
        return self._sent[-self.per_minute] + _MINUTE if len(self._sent) >= self.per_minute else now
