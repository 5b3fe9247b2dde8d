"""A collector that speaks OTLP is told the same numbers, with what each is of by the semantic conventions."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as service
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as service_grpc
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE, Metric

from gobs_core import Frame, Reading, Secret, Source, Table, Unit, counter, derived, gauge, info, key
from gobs_core.testing import check_sink
from gobs_sinks.otlp import OtlpConfig, OtlpSink
from tests.support.programs import searched
from tests.support.secrets import marked

DISK = Table(
    "disk",
    "Disks",
    [
        key("device", "Its name"),
        counter("busy", "Busy", Unit.SECONDS, scale=0.001),
        counter("reads", "Reads", Unit.OPERATIONS),
        gauge("all", "All", Unit.BYTES),
        gauge("free", "Free", Unit.BYTES),
        derived("used", "Used", "100 * (all - free) / all", Unit.PERCENT),
        derived("load", "Load", "100 * rate(busy)", Unit.PERCENT),
        info("model", "What it is called"),
        info("secret", "Nobody's business", private=True),
    ],
)
CONTAINER = Table(
    "container",
    "Containers",
    [
        key("workload", "Its pod"),
        key("container", "Its id"),
        counter("cpu", "CPU time", Unit.SECONDS, scale=1e-6),
        info("namespace", "Its namespace"),
        info("pod", "Its pod's name"),
        info("name", "Its name"),
        info("owner", "Whose"),
    ],
)
SOURCE = Source(node="n1", version="1", run="r1", tables=(DISK, CONTAINER))
DISKS = (("sda", 1500, 7, 4096.0, 1024.0, "Fast", "hidden"), ("sdb", None, None, None, None, None, None))
CONTAINERS = (
    ("uid-1", "id-1", 2_000_000, "shop", "web-0", "app", "Deployment/web"),
    ("unit", "id-2", 1, "", "", "cron", ""),
)
SECOND = 1_000_000_000


def frame(second: int = 1, disks: Any = DISKS) -> Frame:
    readings = (Reading(DISK, disks, 0), Reading(CONTAINER, CONTAINERS, 0))
    return Frame(second, 1_700_000_000 * SECOND + second * SECOND, second * SECOND, readings)


@dataclass
class Collector(service_grpc.MetricsServiceServicer):
    """Takes what it is sent, or answers as it is told to."""

    address: str = ""
    taken: list[service.ExportMetricsServiceRequest] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    answer: service.ExportMetricsServiceResponse = field(default_factory=service.ExportMetricsServiceResponse)

    async def Export(self, request: Any, context: Any) -> service.ExportMetricsServiceResponse:
        self.tokens += [str(value) for name, value in context.invocation_metadata() if name == "authorization"]
        self.taken.append(request)
        return self.answer


@asynccontextmanager
async def collector() -> AsyncIterator[Collector]:
    server, made = grpc.aio.server(), Collector()
    service_grpc.add_MetricsServiceServicer_to_server(made, server)  # type: ignore[no-untyped-call]  # generated
    made.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield made
    finally:
        await server.stop(None)


@asynccontextmanager
async def opened(**settings: Any) -> AsyncIterator[OtlpSink]:
    sink = OtlpSink(OtlpConfig(**settings), SOURCE)
    await sink.open()
    try:
        yield sink
    finally:
        await sink.close()


def attributes(of: Any) -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in of.attributes}


def metrics(request: service.ExportMetricsServiceRequest) -> dict[tuple[str, str], Metric]:
    """(pod, name) -> metric."""
    return {
        (attributes(part.resource).get("k8s.pod.name", ""), metric.name): metric
        for part in request.resource_metrics
        for scope in part.scope_metrics
        for metric in scope.metrics
    }


async def test_a_collector_is_told_values_units_and_what_each_is_of() -> None:
    async with collector() as peer, opened(endpoint=peer.address) as sink:
        await sink.send(frame())
    [request] = peer.taken
    found = metrics(request)
    assert {name for pod, name in found if not pod} == {
        *(f"gobs.disk.{name}" for name in ("busy", "reads", "all", "free", "used", "info")),
        "gobs.container.cpu",
        "gobs.container.info",
    }
    busy = found["", "gobs.disk.busy"]
    assert (busy.unit, busy.description) == ("s", "Busy")
    assert busy.sum.is_monotonic
    assert busy.sum.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
    [point] = busy.sum.data_points
    assert (point.as_double, attributes(point)) == (1.5, {"device": "sda"})
    assert point.time_unix_nano == 1_700_000_001 * SECOND
    assert found["", "gobs.disk.reads"].sum.data_points[0].as_int == 7
    assert found["", "gobs.disk.used"].gauge.data_points[0].as_double == 75.0
    [told] = found["", "gobs.disk.info"].gauge.data_points
    assert attributes(told) == {"device": "sda", "model": "Fast"}
    own = {"service.name": "gobservability-agent", "service.version": "1", "service.instance.id": "r1"}
    assert [attributes(part.resource) for part in request.resource_metrics] == [
        {**own, "host.name": "n1"},
        {
            **own,
            "host.name": "n1",
            "k8s.node.name": "n1",
            "k8s.namespace.name": "shop",
            "k8s.pod.name": "web-0",
            "k8s.pod.uid": "uid-1",
            "k8s.container.name": "app",
            "k8s.deployment.name": "web",
            "container.id": "id-1",
        },
    ]
    assert attributes(found["web-0", "gobs.container.cpu"].sum.data_points[0]) == {}
    assert attributes(found["", "gobs.container.cpu"].sum.data_points[0]) == {"workload": "unit", "container": "id-2"}


async def test_exports_are_as_far_apart_as_the_settings_say_and_hold_the_newest() -> None:
    async with collector() as peer, opened(endpoint=peer.address, every=10) as sink:
        for second in range(1, 22):
            await sink.send(frame(second, (("sda", second * 1000, 1, 1.0, 1.0, None, None),)))
    seen = [metrics(request)["", "gobs.disk.busy"].sum.data_points[0].as_double for request in peer.taken]
    assert seen == [1.0, 11.0, 21.0]


async def test_many_points_travel_in_several_requests_and_rows_are_bounded() -> None:
    disks = tuple((f"d{n}", n, n, 1.0, 1.0, None, None) for n in range(300))
    async with (
        collector() as peer,
        opened(endpoint=peer.address, points=100, rows=200, leave_out=["container"]) as sink,
    ):
        await sink.send(frame(1, disks))
    sizes = [sum(len(m.sum.data_points) + len(m.gauge.data_points) for m in metrics(r).values()) for r in peer.taken]
    assert sum(sizes) == 200 * 5
    assert max(sizes) <= 104


async def test_what_a_collector_refuses_and_one_that_is_not_there_are_told_and_the_next_export_goes_on() -> None:
    async with collector() as peer, opened(endpoint=peer.address, every=1, token=Secret(marked("token"))) as sink:
        peer.answer.partial_success.rejected_data_points = 3
        peer.answer.partial_success.error_message = "too old"
        with pytest.raises(RuntimeError, match="3 points were refused: too old"):
            await sink.send(frame(1))
        peer.answer = service.ExportMetricsServiceResponse()
        await sink.send(frame(2))
        assert peer.tokens == [f"Bearer {marked('token')}"] * 2
    async with opened(endpoint="127.0.0.1:1") as sink:
        with pytest.raises(grpc.RpcError):
            await sink.send(frame())


def test_no_token_travels_in_plain_text_to_another_machine() -> None:
    with pytest.raises(ValueError, match=r"token: would be sent to far:4317 in plain text"):
        OtlpConfig(endpoint="far:4317", insecure=True, token=Secret("x"))
    assert not OtlpConfig(endpoint="far:4317").plain
    assert OtlpConfig().plain


async def test_it_keeps_the_contract() -> None:
    async with collector() as peer:
        await asyncio.to_thread(check_sink, OtlpSink, config=OtlpConfig(endpoint=peer.address, every=1))
    assert peer.taken


def test_grpc_and_otlp_are_not_imported_before_it_runs() -> None:
    code = "import sys, gobs_sinks.otlp; print({'grpc', 'google.protobuf', 'opentelemetry'} & set(sys.modules))"
    run = searched(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True))
    assert run.stdout == "set()\n"
