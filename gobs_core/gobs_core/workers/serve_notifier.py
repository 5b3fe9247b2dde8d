"""A notifier in its worker: on an event loop of its own, one message at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from gobs_core.notification import Notification, Receipt
from gobs_core.notifier import Channel, Notifier
from gobs_core.plugins.places import noted_at
from gobs_core.workers.serving import serve
from gobs_core.workers.wire import Ask, Line


class ServedNotifier:
    """Holds one notifier, for one channel."""

    def __init__(self, cls: type[Notifier], config: Any, about: Mapping[str, Any]) -> None:
        self._notifier = cls(config, msgspec.convert(about["channel"], Channel))
        self._opened = False

    def serve(self, line: Line) -> None:
        """Answer until nobody asks."""
        asyncio.run(serve(line, self._answer))

    async def _answer(self, ask: Ask) -> Receipt | None:
        if ask.method == "close":
            await self._notifier.close()
            return None
        if not self._opened:  # a worker that was started again is asked for the next message, not to open
            await self._notifier.open()
            self._opened = True
        if ask.method == "open":
            return None
        receipt = await self._notifier.send(msgspec.msgpack.decode(ask.body, type=Notification))
        if not isinstance(receipt, Receipt):
            raise noted_at(TypeError(f"send must return a Receipt, not {receipt!r:.200}"), type(self._notifier), "send")
        return msgspec.convert(msgspec.to_builtins(receipt), Receipt)
