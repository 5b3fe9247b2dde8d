"""The pages: what a poll of all nodes costs the server, how it carries many viewers, and what it costs a browser."""

from __future__ import annotations

import asyncio
import gzip
import sys
import time
from collections.abc import Iterator, Sequence
from statistics import median

from quart import Quart, Response

from benchmarks.fleet import Wandering, fleet
from benchmarks.report import Report
from benchmarks.web_browser import HOUR, in_browser
from benchmarks.web_viewers import VIEWERS, viewers
from gobs_server.garbage import settle
from gobs_server.tags import Tags
from gobs_server.web import Assets, Templates
from gobs_server.web.cluster.pages import NodesNow
from gobs_server.web.cluster.past import NodesThen
from gobs_server.web.everywhere import Everywhere
from tests.server.feeding import Cluster

SIZES = (100, 1000, 5000)
SCREEN = 60
"""Cards on a page at once: a screen and what is above and below it."""
SHARES = {"a tenth": 0.1, "two fifths": 0.4}
LOOKS = {"cards": SCREEN, "table": 100, "heat": 5000}


def run(quick: bool) -> list[Report]:
    """Measure with 100, 1,000 and 5,000 nodes, or with 50 for a quick run."""
    nodes = 50 if quick else 1000
    fragments = [
        asyncio.run(_fragment(size, rounds=3 if quick or size > 1000 else 7)) for size in ([50] if quick else SIZES)
    ]
    return [
        *fragments,
        viewers(nodes, seconds=4 if quick else 15, many=10 if quick else VIEWERS),
        *asyncio.run(in_browser(nodes, updates=5 if quick else 40, hour=20 if quick else HOUR)),
    ]


async def _fragment(size: int, rounds: int) -> Report:
    report = Report(f"Pages: a poll of {size:,} nodes")
    cluster = Cluster()
    nodes = fleet(cluster, size)
    settle()  # garbage is collected as in a server, and what stands for the agents is no part of it
    page = Page(cluster)
    for look, shown in LOOKS.items():
        await page.poll(look, shown)
        unchanged = median([await page.poll(look, shown) for _ in range(20 * rounds)])
        report.figure(f"{look}: nothing changed", unchanged * 1e3, "ms")
        if size == 1000:
            report.bar(f"{look}: nothing changed", unchanged * 1e3, at_most=0.3, unit="ms")
        for name, share in SHARES.items():
            taken = min([await _changed(cluster, some, page, look, shown) for some in _turns(nodes, share, rounds)])
            report.figure(f"{look}: {name} changed", taken * 1e3, "ms", page.sizes())
            if size == 1000:
                limit = 8 if share == 0.1 else 25
                report.bar(f"{look}: {name} changed", taken * 1e3, at_most=limit, unit="ms")
    await _all_cards(report, cluster, nodes, page, rounds)
    return report


async def _all_cards(report: Report, cluster: Cluster, nodes: Sequence[Wandering], page: Page, rounds: int) -> None:
    """Render every card anew, as a template without a cache would for each poll, and as many viewers apart need."""
    for name, share in (*SHARES.items(), ("all", 1.0)):
        taken = []
        for some in _turns(nodes, share, max(rounds // 2, 2)):
            await _feed(cluster, some)
            taken.append(sum([await page.poll("cards", 400, first) for first in range(0, len(nodes), 400)]))
        report.figure(f"every card in view of somebody: {name} changed", median(taken) * 1e3, "ms")


def _turns(nodes: Sequence[Wandering], share: float, rounds: int) -> Iterator[list[Wandering]]:
    """Which nodes change in each round: others every time, spread over all of them."""
    step = round(1 / share) if share < 0.3 else 5
    for turn in range(rounds):
        if share >= 1:
            yield list(nodes)
        else:
            yield [node for at, node in enumerate(nodes) if (at + turn) % step < round(step * share)]


async def _changed(cluster: Cluster, some: Sequence[Wandering], page: Page, look: str, shown: int) -> float:
    await _feed(cluster, some)
    return await page.poll(look, shown)


async def _feed(cluster: Cluster, some: Sequence[Wandering]) -> None:
    cluster.clock.move(5)
    for node in some:
        node.feed()


class Page:
    """A page that polls, without the way to it: what is measured is this project's own work on one request."""

    def __init__(self, cluster: Cluster) -> None:
        tags = Tags()
        self._app = Quart("benchmark")
        services, templates = cluster.services(), Templates(Assets(), "0.1.0", tags.run)
        now, then = NodesNow(services, tags, templates), NodesThen(services, templates)
        self._pages = Everywhere(services, tags, templates, "nodes", now, then, path="/")
        self._tags: dict[tuple[str, int], tuple[str, str]] = {}
        self._last: list[bytes] = []

    async def poll(self, look: str, shown: int, first: int = 0) -> float:
        """Return the CPU seconds of one poll that names what the page has."""
        tag, have = self._tags.get((look, first), ("", ""))
        headers = {"If-None-Match": tag, "Gobs-Have": have} if tag else {}
        path = f"/fragments/nodes?view={look}&first={first}&count={shown}"
        async with self._app.test_request_context(path, headers=headers):
            began = time.process_time_ns()
            response = await self._pages.fragment()
            taken = (time.process_time_ns() - began) / 1e9
        if response.status_code == 200:
            await self._take(response, look, first)
        return taken

    def sizes(self) -> str:
        """Return how large the last answers were, on the wire and compressed."""
        sizes = [(len(body), len(gzip.compress(body, 6))) for body in self._last[-5:]]
        return f"{median(s for s, _ in sizes):,.0f} bytes, compressed {median(s for _, s in sizes):,.0f}"

    async def _take(self, response: Response, look: str, first: int) -> None:
        body = await response.get_data(as_text=False)
        self._last.append(body)
        order = body.partition(b'data-order="')[2].partition(b'"')[0].decode()
        self._tags[look, first] = (response.headers["ETag"], order)


if __name__ == "__main__":
    for one in run("--quick" in sys.argv):
        print(one.text())
