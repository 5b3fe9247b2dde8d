"""Keeps the newest reading of every table, and makes an answer of them when somebody scrapes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from gobs_core import Frame, Reading, Sink, Source
from gobs_sinks.prometheus.settings import PrometheusConfig

if TYPE_CHECKING:  # loaded when the sink runs, since most agents have none
    from gobs_core.exposition import Families, Form
    from gobs_sinks.prometheus.http import HttpServer


MISSED = 3
"""Intervals without a reading after which what was read last is not exposed any more, as by a server."""


class PrometheusSink(Sink):
    """Answers scrapes; a frame costs nothing but keeping it."""

    name = "prometheus"
    Config: ClassVar[type[PrometheusConfig]] = PrometheusConfig
    config: PrometheusConfig

    def __init__(self, config: PrometheusConfig, source: Source, *, patience: float | None = None) -> None:
        super().__init__(config, source)
        self._patience = patience
        self._newest: dict[str, Reading] = {}
        self._now_ns = 0
        """When the newest frame was read."""
        self._families: Families | None = None
        self._server: HttpServer | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def port(self) -> int:
        """Where it listens once it is open."""
        return self._server.port if self._server else 0

    async def open(self) -> None:
        """Listen; raises OSError where that cannot be."""
        from gobs_core.exposition import Families
        from gobs_sinks.prometheus.http import HttpServer

        self._families = Families(self.source.tables)
        self._server = HttpServer(self.config, self._answer, self._patience)
        await self._server.open()

    async def send(self, frame: Frame) -> None:
        """Keep what was read."""
        self._now_ns = frame.monotonic_ns
        for reading in frame.readings:
            if reading.table.name not in self.config.leave_out:
                self._newest[reading.table.name] = reading

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            await self._server.close()

    async def _answer(self, form: Form) -> bytes:
        """The newest of everything, made beside the event loop, once at a time."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._text, form, [one for one in self._newest.values() if self._holds(one)])

    def _holds(self, reading: Reading) -> bool:
        """Whether it is young enough to be told as what is so now; a collector that fails has read nothing since."""
        interval = self.source.intervals.get(reading.table.name, self.source.interval)
        return self._now_ns - reading.read_ns <= MISSED * interval * 1e9

    def _text(self, form: Form, readings: list[Reading]) -> bytes:
        from gobs_core.exposition import Exposition
        from gobs_core.exposition.rows import expose

        assert self._families is not None
        out = Exposition(form, series=self.config.series, rows=self.config.rows)
        expose(out, self.source.node, readings, self._families)
        return out.text()
