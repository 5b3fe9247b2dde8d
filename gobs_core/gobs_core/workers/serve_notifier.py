"""A notifier in its worker: on an event loop of its own, one message at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from gobs_core.notification import Notification, Receipt
from gobs_core.notifier import Channel, Notifier
from gobs_core.workers.child import failure_of
from gobs_core.workers.wire import Ask, Failure, Line


class ServedNotifier:
    """Holds one notifier, for one channel."""

    def __init__(self, cls: type[Notifier], config: Any, about: Mapping[str, Any]) -> None:
        self._notifier = cls(config, msgspec.convert(about["channel"], Channel))
        self._opened = False

    def serve(self, line: Line) -> None:
        """Answer until nobody asks."""
        asyncio.run(self._serve(line))

    async def _serve(self, line: Line) -> None:
        asked = asyncio.Event()
        asyncio.get_running_loop().add_reader(line.fileno(), asked.set)
        while True:
            await asked.wait()
            asked.clear()
            ask = line.read()
            if ask is None:
                return
            try:
                said = await self._answer(ask)
            except Exception as error:  # noqa: BLE001  whatever a plugin raises is its own failure
                said = failure_of(error)
            line.say(ask.id, "failed" if isinstance(said, Failure) else "done", said)

    async def _answer(self, ask: Ask) -> Receipt | Failure | None:
        if ask.method == "close":
            await self._notifier.close()
            return None
        if not self._opened:  # a worker that was started again is asked for the next message, not to open
            await self._notifier.open()
            self._opened = True
        if ask.method == "open":
            return None
        receipt = await self._notifier.send(msgspec.msgpack.decode(ask.body, type=Notification))
        return msgspec.convert(msgspec.to_builtins(receipt), Receipt)
