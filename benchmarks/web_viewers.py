"""Many viewers of one large cluster beside a single one: the server's share of a core, and how long each waits."""

from __future__ import annotations

import asyncio
import contextlib
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.accounting import Account, account, pin
from benchmarks.report import Report

POLL = 2.0
"""Seconds between two polls of a viewer."""
VIEWERS = 100
PATH = "/fragments/nodes?view=cards&first=0&count=60"
"""What a page asks for: those in view, and some above and below."""


class Measured(NamedTuple):
    """What so many viewers did to a server."""

    share: float
    """Of one core, in percent."""
    waited: list[float]
    """Seconds of each poll, in order of length."""
    changed: float
    """Share of the polls that were answered with more than 304, in percent."""
    bytes: float
    """Of an answer that was, in the mean."""

    def quantile(self, part: float) -> float:
        """Return how long that part of the polls waited at most, in milliseconds."""
        return 1e3 * self.waited[min(len(self.waited) - 1, int(part * len(self.waited)))] if self.waited else 0.0


def viewers(nodes: int, seconds: float, many: int = VIEWERS) -> Report:
    """Measure with nobody looking, with one viewer, and with many; the server has one core, the viewers another."""
    report = Report(f"Pages: {many} viewers of {nodes:,} nodes, a poll every {POLL:g} s")
    with _server(nodes) as (address, accounted):
        found = {count: asyncio.run(_look(address, accounted, count, seconds)) for count in (0, 1, many)}
    idle, one, all_ = (found[count] for count in (0, 1, many))
    report.figure(
        "nobody looks: share of a core", idle.share, "%", "the nodes and their frames are in the same process"
    )
    for name, each in (("one viewer", one), (f"{many} viewers", all_)):
        note = f"{each.changed:.0f} % of the polls brought something, {each.bytes:,.0f} bytes in the mean"
        report.figure(f"{name}: share of a core", each.share, "%", note)
        report.figure(f"{name}: a poll waits, median", each.quantile(0.5), "ms", f"{len(each.waited)} polls")
        report.figure(f"{name}: a poll waits, p99", each.quantile(0.99), "ms")
    report.bar(f"{many} viewers: share of a core beyond that of nobody", all_.share - idle.share, at_most=50, unit="%")
    report.bar(f"{many} viewers: p99 of a poll", all_.quantile(0.99), at_most=250, unit="ms")
    return report


async def _look(address: str, accounted: Account, count: int, seconds: float) -> Measured:
    host, _, port = address.rpartition(":")
    waited: list[float] = []
    sizes: list[int] = []
    end = asyncio.get_running_loop().time() + POLL + seconds  # the first poll of each is of the whole page
    watching = [asyncio.create_task(_view(host, int(port), end, waited, sizes, at)) for at in range(count)]
    await asyncio.sleep(POLL)
    waited.clear()
    sizes.clear()
    before, began = accounted.cpu_seconds(), time.monotonic()
    await asyncio.sleep(seconds)
    share = 100 * (accounted.cpu_seconds() - before) / (time.monotonic() - began)
    polls = sorted(waited)
    for error in await asyncio.gather(*watching, return_exceptions=True):
        if isinstance(error, BaseException):
            raise error
    return Measured(
        share, polls, 100 * len(sizes) / len(polls) if polls else 0.0, sum(sizes) / len(sizes) if sizes else 0.0
    )


async def _view(host: str, port: int, end: float, waited: list[float], sizes: list[int], number: int) -> None:
    """Poll as a page does, over a connection that is kept."""
    loop, tag, have = asyncio.get_running_loop(), "", ""
    reader, writer = await asyncio.open_connection(host, port)
    await asyncio.sleep(random.Random(number).random() * POLL)
    while (began := loop.time()) < end:
        known = f"If-None-Match: {tag}\r\nGobs-Have: {have}\r\n" if tag else ""
        writer.write(f"GET {PATH} HTTP/1.1\r\nHost: {host}:{port}\r\n{known}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = dict(line.lower().partition(": ")[::2] for line in head[1:])
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        waited.append(loop.time() - began)
        status = int(head[0].split()[1])
        assert status in {200, 304}, head[0]
        if status == 200:
            sizes.append(len(body))
            tag = next(line for line in head if line.lower().startswith("etag:")).partition(": ")[2]
            have = body.partition(b'data-order="')[2].partition(b'"')[0].decode()
        await asyncio.sleep(max(0.0, began + POLL - loop.time()))
    writer.close()


@contextlib.contextmanager
def _server(nodes: int) -> Iterator[tuple[str, Account]]:
    command = [sys.executable, "-m", "benchmarks.web_server", str(nodes)]
    with (
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent
        ) as child,
        account(child.pid) as accounted,
    ):
        assert child.stdin is not None
        assert child.stdout is not None
        pin(child.pid, 0)
        yield next(line.split()[1] for line in child.stdout if line.startswith("listens ")), accounted
        child.stdin.close()
        child.wait(30)
