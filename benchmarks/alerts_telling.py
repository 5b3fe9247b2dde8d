"""How soon people are told, and what becomes of 10,000 alerts at once: a process of its own, and two channels."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from benchmarks.accounting import Account, account, pin
from benchmarks.report import Report

_PATIENCE = 120.0
_BETWEEN = 31.0
"""Seconds that two messages about one rule are apart at least, and one more."""


class Told(NamedTuple):
    """What was told of an alert."""

    row: str
    state: str


class Services:
    """A webhook and a Discord that take everything, and remember it."""

    def __init__(self) -> None:
        self.at: dict[Told, float] = {}
        """When the webhook was told first."""
        self.messages: Counter[str] = Counter()
        """By path."""

    async def hook(self, request: web.Request) -> web.Response:
        """Take a webhook's message."""
        body, now = await request.read(), time.monotonic()
        self.messages["webhook"] += 1
        for alert in msgspec.json.decode(body)["alerts"]:
            labels = alert["labels"]
            self.at.setdefault(Told(f"{labels['node']} {labels['row']}", alert["status"]), now)
        return web.Response()

    async def discord(self, request: web.Request) -> web.Response:
        """Take a message for Discord."""
        await request.read()
        self.messages["Discord"] += 1
        return web.json_response({"id": "42"})

    def count(self, state: str) -> int:
        """Of how many rows the webhook was told that they are in a state."""
        return sum(told.state == state for told in self.at)


class Child(NamedTuple):
    """The process with the alerts."""

    process: asyncio.subprocess.Process
    account: Account
    services: Services

    async def do(self, what: str, **said: Any) -> dict[str, Any]:
        """Let it do something."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": what, **said}).encode() + b"\n")
        line = await asyncio.wait_for(self.process.stdout.readline(), _PATIENCE)
        if not line:
            raise RuntimeError("the process with the alerts has ended")
        found: dict[str, Any] = json.loads(line)
        return found

    async def until(self, done: Callable[[], bool]) -> float:
        """Wait for something; returns when it was so."""
        async with asyncio.timeout(_PATIENCE):
            while not done():  # noqa: ASYNC110  requests of others change it
                await asyncio.sleep(0.005)
        return time.monotonic()


async def telling(nodes: int, count: int) -> Report:
    """From the frame in which a box is too large to the webhook that has read of it, with other nodes going on."""
    report = Report(f"Alerts: {count} alerts one after the other, {nodes} nodes")
    async with _child() as child:
        await child.do("rule", group_by=["name"])
        await child.do("nodes", count=nodes)
        came = (await child.do("one_by_one", count=count, pause=0.05))["came"]
        await child.until(lambda: child.services.count("firing") >= count)
    at = {told.row.rpartition(" ")[2]: when for told, when in child.services.at.items()}
    taken = sorted(1e3 * (at[box] - when) for box, when in came.items())
    report.figure(
        "frame to webhook, median", taken[len(taken) // 2], "ms", "200 ms of it wait for others of the same cause"
    )
    report.figure("frame to webhook, at most", taken[-1], "ms")
    report.bar("frame to webhook, p99", taken[min(len(taken) - 1, int(0.99 * len(taken)))], at_most=1000, unit="ms")
    return report


async def burst(nodes: int, boxes: int) -> Report:
    """One cause, and so many rows of every node fire with their next frame; then all of it is over at once."""
    count = nodes * boxes
    report = Report(f"Alerts: {count:,} at once")
    async with _child() as child:
        services = child.services
        await child.do("rule")
        await child.do("nodes", count=nodes)
        before = child.account.rss_mib()
        fired = await child.do("all_at_once", boxes=boxes, size=60.0)
        firing = (await child.do("firing"))["firing"]
        told = await _all_told(child, "firing", count) - fired["began"]
        report.figure("judged", 1e3 * fired["judged"], "ms", f"{nodes} frames")
        report.figure("written into the journal", fired["written"], "s", "since the first frame")
        report.figure("the webhook knows of all", told, "s", "the half minute between two messages passes at once")
        for name, messages in services.messages.items():
            report.figure(f"messages to {name}", messages)
        first = services.messages["Discord"]
        over = await child.do("all_at_once", boxes=boxes, size=1.0)
        told = await _all_told(child, "resolved", count) - over["began"]
        report.figure("over: the webhook knows of all", told, "s")
        report.figure("memory before", before, "MiB RSS")
        report.figure("memory at most", child.account.rss_peak_mib(), "MiB RSS")
    report.bar("alerts that do not fire", count - firing, at_most=0)
    report.bar(
        "alerts nobody was told of", 2 * count - services.count("firing") - services.count("resolved"), at_most=0
    )
    report.bar("messages to Discord that they fire", first, at_most=20)
    return report


async def _all_told(child: Child, state: str, count: int) -> float:
    """Let time pass until the webhook knows of all; returns when it did."""
    services = child.services
    while services.count(state) < count:
        known = services.count(state)
        try:
            async with asyncio.timeout(2):
                await child.until(lambda: services.count(state) >= count)
        except TimeoutError:
            if services.count(state) == known:
                await child.do("later", seconds=_BETWEEN)
    return max(when for told, when in services.at.items() if told.state == state)


@asynccontextmanager
async def _child() -> AsyncIterator[Child]:
    services = Services()
    app = web.Application(client_max_size=64 << 20)
    app.router.add_post("/hook", services.hook)
    app.router.add_route("*", "/discord/{rest:.*}", services.discord)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    command = [sys.executable, "-m", "benchmarks.alerts_child"]
    try:
        with tempfile.TemporaryDirectory(prefix="gobs-bench-") as folder:
            process = await asyncio.create_subprocess_exec(
                *command,
                folder,
                url,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=Path(__file__).parent.parent,
                limit=16 << 20,
            )
            pin(process.pid, 0)
            with account(process.pid) as accounted:
                try:
                    yield Child(process, accounted, services)
                finally:
                    process.kill()
                    await process.wait()
    finally:
        await runner.cleanup()
