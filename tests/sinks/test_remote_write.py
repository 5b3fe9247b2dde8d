"""What is pushed by remote write: which samples, in which order, and what becomes of it where nobody takes it."""

from __future__ import annotations

import asyncio
import struct
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import cramjam
import pytest
from aiohttp import web

from gobs_core import Frame, Reading, Secret, Source, Table, Unit, counter, gauge, info, key
from gobs_core.testing import check_sink
from gobs_proto import remote_write_pb2 as pb
from gobs_sinks.remote_write import RemoteWriteConfig, RemoteWriteSink
from tests.support.secrets import marked
from tests.support.waiting import until

DISK = Table(
    "disk",
    "Disks",
    [
        key("device", "Its name"),
        counter("busy", "Busy", Unit.SECONDS, scale=0.001),
        gauge("free", "Free", Unit.BYTES),
        info("model", "Its model"),
    ],
)
PROCESS = Table("process", "Processes", [key("pid", "Its number"), gauge("rss", "Memory", Unit.BYTES)])
SOURCE = Source(node="n1", version="1", tables=(DISK, PROCESS))
SECOND = 1_000_000_000
ONE: tuple[tuple[Any, ...], ...] = (("sda", 1500, 7.0, "Fast\ud800"),)


def frame(second: int = 1, disks: Any = ONE) -> Frame:
    readings = (Reading(DISK, disks, 0), Reading(PROCESS, (("7", 1.0),), 0))
    return Frame(second, (1_700_000_000 + second) * SECOND, second * SECOND, readings)


@dataclass
class Receiver:
    """Takes what it is sent, or answers as it is told to."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    """What it answers, one after the other; then 204."""
    retry_after: str = ""
    asked: int = 0
    headers: list[Any] = field(default_factory=list)
    taken: list[pb.WriteRequest] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Take one request."""
        self.asked += 1
        body = await request.read()
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 204:
            self.headers.append(request.headers)
            self.taken.append(pb.WriteRequest.FromString(bytes(cramjam.snappy.decompress_raw(body))))
            return web.Response(status=204)
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        return web.Response(status=status, text="not now\x1b[2J", headers=headers)

    @property
    def values(self) -> list[dict[str, float]]:
        """Name -> value, of each request."""
        return [{name: value for name, (_, value, _) in series(one).items()} for one in self.taken]


def series(request: pb.WriteRequest) -> dict[str, tuple[dict[str, str], float, int]]:
    """Name -> labels, value, time, of the series of one request."""
    found = {}
    for one in request.timeseries:
        names = [label.name for label in one.labels]
        assert names == sorted(names), "the protocol wants labels sorted"
        labels = {label.name: label.value for label in one.labels}
        [sample] = one.samples
        found[labels.pop("__name__")] = (labels, sample.value, sample.timestamp)
    return found


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/write", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/write"
    try:
        yield made
    finally:
        await runner.cleanup()


@asynccontextmanager
async def opened(url: str, **settings: Any) -> AsyncIterator[RemoteWriteSink]:
    sink = RemoteWriteSink(RemoteWriteConfig(url=url, every=1, **settings), SOURCE, first_pause=0.01)
    await sink.open()
    try:
        yield sink
    finally:
        await sink.close()


async def test_every_series_is_pushed_with_its_labels_its_value_and_its_time() -> None:
    async with receiver() as peer:
        async with opened(peer.url, labels={"cluster": "north"}, token=Secret(marked("token"))) as sink:
            await sink.send(frame())
        [request], [headers] = peer.taken, peer.headers
    own = {"job": "gobservability", "instance": "n1", "cluster": "north", "node": "n1", "device": "sda"}
    at = 1_700_000_001_000
    assert series(request) == {
        "gobs_disk_busy_seconds_total": (own, 1.5, at),
        "gobs_disk_free_bytes": (own, 7.0, at),
        "gobs_disk_info": ({**own, "model": r"Fast\ud800"}, 1.0, at),
    }
    assert headers["Content-Encoding"] == "snappy"
    assert headers["Content-Type"] == "application/x-protobuf"
    assert headers["X-Prometheus-Remote-Write-Version"] == "0.1.0"
    assert headers["Authorization"] == f"Bearer {marked('token')}"


async def test_a_series_that_is_no_more_is_ended_with_the_mark_prometheus_knows() -> None:
    async with receiver() as peer:
        async with opened(peer.url, username="ann", token=Secret(marked("token"))) as sink:
            await sink.send(frame(1))
            await sink.send(frame(2, (("sda", 1500, None, "Fast\ud800"),)))
            await sink.send(frame(3, (("sda", 1500, None, "Fast\ud800"),)))
        assert peer.headers[0]["Authorization"] == "Basic " + b64encode(f"ann:{marked('token')}".encode()).decode()
        ended = [one.samples[0].value for one in peer.taken[1].timeseries if one.labels[0].value.endswith("free_bytes")]
        assert [struct.pack("<d", value) for value in ended] == [struct.pack("<Q", 0x7FF0000000000002)]
        assert "gobs_disk_free_bytes" not in peer.values[2]


async def test_what_is_not_taken_now_is_tried_again_and_comes_in_order() -> None:
    async with receiver() as peer, opened(peer.url) as sink:
        peer.statuses, peer.retry_after = [503, 500, 429], "0"
        for second in (1, 2, 3):
            await asyncio.gather(sink.send(frame(second)), return_exceptions=True)
        await until(lambda: len(peer.taken) == 3)
        assert [one.timeseries[0].samples[0].timestamp % 100_000 for one in peer.taken] == [1000, 2000, 3000]
        assert (peer.asked, sink.dropped()) == (6, 0)
        await until(lambda: sink._post is not None and sink._post.fault == "")
        await sink.send(frame(4))


async def test_what_is_refused_is_dropped_and_told_with_what_the_receiver_said() -> None:
    async with receiver() as peer, opened(peer.url) as sink:
        peer.statuses = [400]
        await sink.send(frame(1))
        await until(lambda: sink.dropped() == 1)
        with pytest.raises(RuntimeError, match=r"^the receiver answered 400: not now\\x1b\[2J$"):
            await sink.send(frame(2))
        await until(lambda: len(peer.taken) == 1)
        assert peer.asked == 2


async def test_while_nobody_answers_so_much_waits_and_the_oldest_is_dropped() -> None:
    async with opened("http://127.0.0.1:1/write", pending=2) as sink:
        await sink.send(frame(1))
        await until(lambda: sink._post is not None and sink._post.fault)
        for second in (2, 3, 4, 5):
            with pytest.raises(RuntimeError, match="Cannot connect to host"):
                await sink.send(frame(second))
        assert sink.dropped() == 2


async def test_many_samples_travel_in_several_requests_and_rows_and_series_are_bounded() -> None:
    disks = tuple((f"d{n}", n, 1.0, None) for n in range(300))
    async with receiver() as peer:
        async with opened(peer.url, samples=100, rows=200, series=450) as sink:
            await sink.send(frame(1, disks))
        assert [len(one.timeseries) for one in peer.taken] == [100, 100, 100, 100, 50]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"url": "far:9090"}, "url: expected http:// or https:// and a host"),
        ({"url": "http://[::1/write"}, "url: expected http:// or https:// and a host"),
        ({"url": "http://far/write"}, "url: far is another machine: use https://, or set insecure"),
        (
            {"url": "http://far/", "insecure": True, "token": Secret("x")},
            "url: the token would be sent to far in plain",
        ),
        ({"url": "https://ann:pw@far/write"}, "url: expected no user or password in it"),
        ({"labels": {"a-b": "x"}}, "labels: 'a-b' is no name of a label"),
        ({"labels": {"__name__": "x"}}, "labels: '__name__' is no name of a label"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("[", r"\[")):
        RemoteWriteConfig(**settings)


async def test_it_keeps_the_contract() -> None:
    async with receiver() as peer:
        await asyncio.to_thread(check_sink, RemoteWriteSink, config=RemoteWriteConfig(url=peer.url, every=1))
