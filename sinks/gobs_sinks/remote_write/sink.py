"""Keeps the newest reading of every table, and from time to time pushes a sample of each of its series."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, ClassVar

from gobs_core import Frame, NoData, Reading, Sink, Source
from gobs_sinks.remote_write.settings import RemoteWriteConfig

if TYPE_CHECKING:  # the extra's packages are loaded when the sink runs
    from gobs_sinks.remote_write.convert import Converter
    from gobs_sinks.remote_write.post import Post

EXTRA = "the packages aiohttp and cramjam are not installed: pip install 'gobs-sinks[remote-write]'"
FLUSH = 1.0
"""Seconds what waits has to be sent when the agent ends."""


class RemoteWriteSink(Sink):
    """Pushes by Prometheus's remote-write protocol 1.0. What cannot be sent now waits, and is sent in order."""

    name = "remote_write"
    needs = ("the packages of gobs-sinks[remote-write]",)
    Config: ClassVar[type[RemoteWriteConfig]] = RemoteWriteConfig
    config: RemoteWriteConfig

    def __init__(self, config: RemoteWriteConfig, source: Source, *, first_pause: float | None = None) -> None:
        super().__init__(config, source)
        self._first_pause = first_pause
        self._newest: dict[str, Reading] = {}
        self._due_ns = 0
        self._converter: Converter | None = None
        self._post: Post | None = None

    async def open(self) -> None:
        """Get ready; nothing is asked of the receiver yet. Raises NoData where the extra is missing."""
        try:
            from gobs_sinks.remote_write.convert import Converter
            from gobs_sinks.remote_write.post import FIRST_PAUSE, Post
        except ImportError:
            raise NoData(EXTRA) from None
        config = self.config
        self._converter = Converter(
            self.source, config.labels, series=config.series, rows=config.rows, per_request=config.samples
        )
        post = Post(config, self.source.version, first_pause=self._first_pause or FIRST_PAUSE)
        await post.open()
        self._post = post

    async def send(self, frame: Frame) -> None:
        """Keep what was read, and push when it is time; raises while nothing can be sent, and keeps it all the same."""
        for reading in frame.readings:
            if reading.table.name not in self.config.leave_out:
                self._newest[reading.table.name] = reading
        converter, post = self._converter, self._post
        if converter is None or post is None:
            return
        if frame.monotonic_ns >= self._due_ns:
            self._due_ns = frame.monotonic_ns + int(self.config.every * 1e9)
            readings = list(self._newest.values())
            for request in await asyncio.to_thread(lambda: list(converter.requests(readings, frame.wall_ns))):
                post.put(request)
        if post.fault:
            raise RuntimeError(post.fault)

    def dropped(self) -> int:
        """Requests that were given up."""
        return self._post.dropped if self._post is not None else 0

    async def close(self) -> None:
        """Send what waits, for a moment, and let the connection go."""
        if self._post is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FLUSH):
                    await self._post.flushed()
            await self._post.close()
            self._post = None
