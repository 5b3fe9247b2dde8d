"""The server's parts that work in the background: one that fails is started again, and is said to have failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from gobs_core.logs import get_logger

log = get_logger("gobs.server")


class Parts:
    """Background work by name. A part that fails begins anew after `pause` seconds, each time later up to `longest`.

    One that has worked for `healed` seconds is in order again.
    """

    def __init__(self, *, pause: float = 1.0, longest: float = 30.0, healed: float = 60.0) -> None:
        self._pause = pause
        self._longest = longest
        self._healed = healed
        self._failed: dict[str, str] = {}

    def troubles(self) -> dict[str, str]:
        """Part -> what is to be said of it, of those that have failed of late."""
        return dict(self._failed)

    async def keep(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do the work until it ends by itself, or this is cancelled."""
        loop = asyncio.get_running_loop()
        pause = self._pause
        while True:
            began = loop.time()
            healed = loop.call_later(self._healed, self._failed.pop, name, None)
            try:
                return await work()
            except Exception:
                log.exception("a part of the server has failed and is started again", part=name)
            finally:
                healed.cancel()
            self._failed[name] = "it has failed and was started again; the server's log says more"
            pause = self._pause if loop.time() - began >= self._healed else pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._longest)
