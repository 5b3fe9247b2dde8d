"""Keeps the newest reading of every table, and exports all of them from time to time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from gobs_core import Frame, NoData, Reading, Sink, Source
from gobs_sinks.otlp.settings import OtlpConfig

if TYPE_CHECKING:  # gRPC, protobuf and OTLP's own types are loaded when the sink runs
    from gobs_sinks.otlp.convert import Converter

_METHOD = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
EXTRA = "the package opentelemetry-proto is not installed: pip install 'gobs-sinks[otlp]'"


class OtlpSink(Sink):
    """Sends to a collector. An export that fails is lost; the next one holds the newest of everything again."""

    name = "otlp"
    needs = ("the packages of gobs-sinks[otlp]",)
    Config: ClassVar[type[OtlpConfig]] = OtlpConfig
    config: OtlpConfig

    def __init__(self, config: OtlpConfig, source: Source) -> None:
        super().__init__(config, source)
        self._newest: dict[str, Reading] = {}
        self._due_ns = 0
        self._converter: Converter | None = None
        self._channel: Any = None
        self._export: Any = None

    async def open(self) -> None:
        """Get ready; the connection is made with the first export. Raises NoData where the extra is missing."""
        try:
            from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as service
        except ImportError:
            raise NoData(EXTRA) from None
        import grpc

        from gobs_sinks.otlp.convert import Converter

        self._converter = Converter(self.source, points=self.config.points, rows=self.config.rows)
        if self.config.plain:
            self._channel = grpc.aio.insecure_channel(self.config.endpoint)
        else:
            trusted = await asyncio.to_thread(_read, self.config.ca) if self.config.ca is not None else None
            self._channel = grpc.aio.secure_channel(self.config.endpoint, grpc.ssl_channel_credentials(trusted))
        self._export = self._channel.unary_unary(
            _METHOD,
            request_serializer=service.ExportMetricsServiceRequest.SerializeToString,
            response_deserializer=service.ExportMetricsServiceResponse.FromString,
        )

    async def send(self, frame: Frame) -> None:
        """Keep what was read, and export when it is time; raises where the collector did not take it."""
        for reading in frame.readings:
            if reading.table.name not in self.config.leave_out:
                self._newest[reading.table.name] = reading
        if self._converter is None or frame.monotonic_ns < self._due_ns:
            return
        self._due_ns = frame.monotonic_ns + int(self.config.every * 1e9)
        converter, readings = self._converter, list(self._newest.values())
        requests = await asyncio.to_thread(lambda: list(converter.requests(readings, frame.wall_ns)))
        token = self.config.token
        metadata = [("authorization", f"Bearer {token}")] if token else []
        for request in requests:
            answer = await self._export(request, timeout=self.config.timeout, metadata=metadata)
            refused = answer.partial_success
            if refused.rejected_data_points:
                raise RuntimeError(f"{refused.rejected_data_points} points were refused: {refused.error_message}")

    async def close(self) -> None:
        """Let the connection go."""
        if self._channel is not None:
            await self._channel.close(grace=1)
            self._channel = None


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
