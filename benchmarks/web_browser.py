"""What the page of a large cluster costs a browser: its weight, its first paint, each update, and an hour of them."""

from __future__ import annotations

import asyncio
import gzip
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from playwright.async_api import Browser, CDPSession, Page, Request, async_playwright

from benchmarks.fleet import Wandering, fleet
from benchmarks.report import Report
from benchmarks.web_server import server_of
from gobs_server.app import Server
from tests.browser.conftest import LAUNCH
from tests.browser.holding import SELDOM, holds, news
from tests.server.feeding import Cluster, HeldClock
from tests.support.needs import MISSING, this_machine

SHARE = 0.4
"""Of the nodes have news at a poll: every 2 s, of frames every 5 s."""
HOUR = 1800
"""Polls in an hour."""
LOOKS = {"cards": "/", "table": "/?view=table"}
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
MIB = 2**20


class Taken(NamedTuple):
    """What updates cost the page's own thread, in milliseconds."""

    scripting: float
    """In the mean of an update; the same for `all`."""
    all: float
    """Scripts, style, layout and painting."""
    longest: float
    """Task of all."""
    over: int
    """Tasks over 50 ms."""


async def in_browser(nodes: int, updates: int, hour: int = HOUR) -> list[Report]:
    """Measure so many updates of each look, and the memory over an hour of them."""
    chromium = this_machine().chromium()
    assert chromium is not None, MISSING["chromium"]
    with tempfile.TemporaryDirectory(prefix="gobs-bench-") as folder:
        clock = HeldClock()
        server = server_of(Path(folder), clock, SELDOM)
        await server.start()
        some = fleet(Cluster(clock, server.live, server.history), nodes)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=LAUNCH)
            reports = [
                await _first(browser, server, nodes),
                await _updates(browser, server, some, updates),
                await _hour(browser, server, some, hour),
            ]
            await browser.close()
        await server.stop()
    return reports


async def _first(browser: Browser, server: Server, nodes: int) -> Report:
    report = Report(f"Pages in a browser: a first visit, {nodes:,} nodes")
    for look, path in LOOKS.items():
        bodies: dict[str, bytes] = {}
        painted = []
        for _ in range(5):
            async with _opened(browser) as page:
                arrived = _arrivals(page)
                await page.goto(f"http://{server.http}{path}", wait_until="networkidle")
                await holds(page, f"({PAINTED}) !== null")
                painted.append(float(await page.evaluate(PAINTED)))
                bodies = {one.url: await _body(one) for one in arrived}
        weight = sum(len(gzip.compress(body, 6)) for body in bodies.values())
        note = f"{len(bodies)} answers, {sum(map(len, bodies.values())):,} bytes before"
        report.figure(f"{look}: weight, compressed", weight / 1000, "kB", note)
        report.figure(f"{look}: first contentful paint", median(painted), "ms", f"at most {max(painted):.0f}")
        report.bar(f"{look}: weight, compressed", weight / 1000, at_most=150, unit="kB")
        report.bar(f"{look}: first contentful paint", median(painted), at_most=1000, unit="ms")
    return report


def _arrivals(page: Page) -> list[Request]:
    """Return a list that grows with what the page has asked for and got."""
    arrived: list[Request] = []

    def note(made: Request) -> None:
        arrived.append(made)

    page.on("requestfinished", note)
    return arrived


async def _body(made: Request) -> bytes:
    answer = await made.response()
    return b"" if answer is None else await answer.body()


async def _updates(browser: Browser, server: Server, nodes: list[Wandering], updates: int) -> Report:
    report = Report(f"Pages in a browser: an update of {len(nodes):,} nodes, two fifths changed")
    for look, path in LOOKS.items():
        async with _opened(browser) as page:
            await page.goto(f"http://{server.http}{path}", wait_until="networkidle")
            for _ in range(3):
                await _update(page, server, nodes)
            taken = await _taken(browser, page, server, nodes, updates)
            shown = await page.evaluate("document.querySelector('[data-items]').childElementCount")
        report.figure(f"{look}: scripting", taken.scripting, "ms an update", f"{shown} items on the page")
        report.figure(f"{look}: all of the page's thread", taken.all, "ms an update")
        report.figure(f"{look}: longest task", taken.longest, "ms", f"{taken.over} of all over 50 ms")
        report.bar(f"{look}: longest task", taken.longest, at_most=50, unit="ms")
    return report


async def _taken(browser: Browser, page: Page, server: Server, nodes: list[Wandering], updates: int) -> Taken:
    """Let updates come, and see what the page's thread does meanwhile."""
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    before = await _metrics(session)
    await browser.start_tracing(page=page, categories=["disabled-by-default-devtools.timeline", "toplevel"])
    for _ in range(updates):
        await _update(page, server, nodes)
    tasks = _tasks(json.loads(await browser.stop_tracing()))
    after = await _metrics(session)
    scripting, everything = (
        1e3 * (after[name] - before[name]) / updates for name in ("ScriptDuration", "TaskDuration")
    )
    return Taken(scripting, everything, max(tasks), sum(task > 50 for task in tasks))


async def _hour(browser: Browser, server: Server, nodes: list[Wandering], hour: int) -> Report:
    """As many updates as come in an hour, of a table half of them; all that is in view changes with each.

    They come as fast as they go. The heap grows at first, by what the browser keeps of its last answers and of scripts
    that have become warm: it must be flat from half of the time on.
    """
    report = Report(f"Pages in a browser: memory over {hour:,} updates of cards, and {hour // 2:,} of a table")
    for look, path in LOOKS.items():
        count = hour if look == "cards" else hour // 2
        async with _opened(browser) as page:
            await page.goto(f"http://{server.http}{path}", wait_until="networkidle")
            session = await page.context.new_cdp_session(page)
            await session.send("Performance.enable")
            used: list[tuple[float, float, float]] = []
            for part in range(5):
                for _ in range(max(1, count // (20 if part == 0 else 4))):
                    await _update(page, server, nodes[:40])
                used.append(await _kept(session))
        (early, *_), (half, elements, listeners), (last, more, others) = used[0], used[2], used[-1]
        report.figure(f"{look}: heap after a twentieth", early / MIB, "MiB")
        report.figure(f"{look}: heap after half", half / MIB, "MiB", f"{elements:.0f} nodes of the document")
        report.figure(f"{look}: heap in the end", last / MIB, "MiB", f"{more:.0f} nodes of the document")
        report.bar(f"{look}: heap in the end / after half", last / half, at_most=1.05, unit="x")
        report.bar(f"{look}: nodes of the document, the same", more / elements, at_most=1.1, unit="x")
        report.bar(f"{look}: listeners, the same", others / listeners, at_most=1.1, unit="x")
    return report


async def _update(page: Page, server: Server, nodes: list[Wandering]) -> None:
    assert isinstance(server.clock, HeldClock)
    server.clock.move(2)
    for node in nodes[:: round(1 / SHARE)] if len(nodes) > 100 else nodes:
        node.feed()
    await news(page, "/fragments/nodes")


async def _metrics(session: CDPSession) -> dict[str, float]:
    return {one["name"]: one["value"] for one in (await session.send("Performance.getMetrics"))["metrics"]}


async def _kept(session: CDPSession) -> tuple[float, float, float]:
    """Return what is left after collecting garbage: bytes of the heap, nodes of the document, listeners."""
    for _ in range(2):
        await session.send("HeapProfiler.collectGarbage")
        await asyncio.sleep(0.1)
    found = await _metrics(session)
    return found["JSHeapUsedSize"], found["Nodes"], found["JSEventListeners"]


def _tasks(trace: dict[str, Any]) -> list[float]:
    """Return how long each task of the page's own thread took, in milliseconds."""
    events = trace["traceEvents"]
    threads = {
        (one["pid"], one["tid"])
        for one in events
        if one.get("name") == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    return [
        one["dur"] / 1000
        for one in events
        if one.get("name") == "RunTask" and "dur" in one and (one["pid"], one["tid"]) in threads
    ]


@asynccontextmanager
async def _opened(browser: Browser) -> AsyncIterator[Page]:
    """A window as people have them, in a profile of its own: nothing is in its cache."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        yield await context.new_page()
    finally:
        await context.close()
