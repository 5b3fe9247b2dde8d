"""Numbers nobody believes, and none: every view keeps its layout, has a dash for none, and tells them exactly."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gobs_collectors.process.tables import POD
from gobs_core import Chart, Kind, RowValues, Table, Unit, gauge, info, key
from gobs_server.app import Server
from gobs_server.web.format import UNKNOWN
from gobs_server.web.headlines import HEADLINES
from tests.browser.conftest import make_server, visiting
from tests.browser.holding import SELDOM, holds
from tests.server.feeding import Cluster, HeldClock
from tests.server.pods import pod

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HUGE, SHOWN, EXACT = 1.2345678e300, "1.23e+300", "1.23457e+300"
VALUES: Mapping[str, float | None] = {"huge": HUGE, "less": -HUGE, "below": -5.0, "none": None}
"""Node, row and pod -> what all of its numbers are."""
WHOLE: Mapping[str, float | None] = {"huge": 2**52, "less": -(2**52), "below": -5, "none": None}
"""The same of columns that hold whole numbers alone."""
FARTHEST = 1.7e308
"""A difference of two such is no number any more."""
COLUMNS = [gauge(f"of_{unit.name.lower()}", f"In {unit.value}", unit) for unit in Unit]
ODD = Table(
    "odd", "Every unit", [key("name", "Its name"), info("text", "A text"), *COLUMNS],
    charts=[Chart(one.name, each=True) for one in COLUMNS[:4]],
)  # fmt: skip
LOOSE = """([shown, exact]) => {
  const own = (one) => [...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join("");
  return [...document.querySelectorAll("main *")].filter((one) => own(one).includes(shown))
    .filter((one) => !one.closest(`[title*="${exact}"]`) && !one.closest("option, .legend > li:not(:has(button))"))
    .map((one) => one.outerHTML.slice(0, 200));
}"""
"""What is shown rounded, and tells nobody who points at it the exact number."""
OVER = """() => {
  const hides = (one) => getComputedStyle(one).overflowX === "hidden";
  const cut = (one, box) => one !== box && (hides(one) || cut(one.parentElement, box));
  return [...document.querySelectorAll("main :is(.card, .tile, .value, .facts-grid > div, .summary, .chart)")]
  .filter((box) => box.checkVisibility())
  .flatMap((box) => [...box.querySelectorAll(":is(span, b, dd, small, p, button):not(.hidden)")]
    .filter((one) => one.checkVisibility() && !one.closest(".scroll") && !cut(one.parentElement, box)
      && one.getBoundingClientRect().right > box.getBoundingClientRect().right + 1)
    .map((one) => `${one.outerHTML.slice(0, 120)} in ${box.className}`));
}"""
"""What sticks out of what it stands in."""
PATHS = (
    "/", "/?view=table", "/?view=heat&by=memory_used", "/?at=0&view=cards", "/?at=0&against=5&view=heat&by=load",
    "/nodes/huge", "/nodes/none/tables/odd?group=text", "/nodes/huge/tables/odd/row?key=huge",
    "/pods?view=heat&by=memory_limit",
)  # fmt: skip


def head(value: float | None) -> dict[Table, list[RowValues]]:
    """The tables that a node is summed up by, each number of which is this one."""
    made: dict[Table, list[RowValues]] = {}
    for name in dict.fromkeys(one.table for one in HEADLINES):
        some = [one for one in HEADLINES if one.table == name]
        columns = {one.column: gauge(one.column, "As it is summed up", one.unit) for one in some}
        keys = [one.key for one in some if one.key is not None]
        table = Table(name, "Summed up", [*([key("resource", "Which")] if keys else []), *columns.values()])
        made[table] = [(*one, *(value for _ in columns)) for one in keys or [()]]
    return made


def odd(sign: int) -> list[RowValues]:
    return [(name, "alike", *(turned(value, sign) for _ in COLUMNS)) for name, value in VALUES.items()]


def pods(node: str) -> list[RowValues]:
    gauges: dict[str, Any] = {
        one.name: (VALUES if not one.integral else WHOLE)[node] for one in POD.stored if one.kind is Kind.GAUGE
    }
    return [pod(node, node, **gauges)]


def turned(value: float | None, sign: int) -> float | None:
    return None if value is None else sign * value


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    server = make_server(tmp_path_factory.mktemp("odd"), clock=HeldClock(), refresh=SELDOM)
    await server.start()
    assert isinstance(server.clock, HeldClock)
    cluster = Cluster(server.clock, server.live, server.history)
    machines = {name: cluster.machine(name, *head(None), ODD, POD) for name in VALUES}
    far = cluster.machine("far", *head(None))
    for sign in (-1, 1):
        for name, machine in machines.items():
            machine.feed({**head(turned(VALUES[name], sign)), ODD: odd(sign), POD: pods(name)})
        far.feed(head(sign * FARTHEST))
        cluster.clock.move(5)
    yield server
    await server.stop()


async def _faults(page: Page, path: str, width: int) -> list[str]:
    await page.set_viewport_size({"width": width, "height": 1200})
    with suppress(TimeoutError):  # what follows a window's size by script does so a little later
        await holds(page, "(width) => document.documentElement.scrollWidth <= width", width, seconds=5)
    found = [f"not told: {one}" for one in await page.evaluate(LOOSE, [SHOWN, EXACT])]
    found += [f"sticks out: {one}" for one in await page.evaluate(OVER)]
    if await page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("wider than the screen")
    if re.search(r"\b(NaN|inf|Infinity|undefined)\b", await page.locator("main").inner_text()):
        found.append("no number")
    return [f"{path} at {width}: {one}" for one in found]


async def test_every_view_holds_them_and_tells_them_exactly(browser: Browser, server: Server) -> None:
    found: list[str] = []
    async with visiting(browser, server) as tab:
        for path in PATHS:
            page = await tab.open(path)
            await expect(page.locator("main h1")).to_be_visible()
            for figure in await page.locator(".chart:visible").all():
                await figure.scroll_into_view_if_needed()
                await expect(figure.locator(".plot-note")).not_to_have_text("Loading …")
            found += [*await _faults(page, path, 1280), *await _faults(page, path, 360)]
    assert not found, "\n".join(found)


async def test_what_is_not_known_is_a_dash_wherever_it_stands_and_empty_in_a_file(
    browser: Browser, server: Server
) -> None:
    async with visiting(browser, server) as tab:
        page = await tab.open("/?view=heat&by=memory_used")
        heat = {
            name: await page.locator(f".tile:has(a[href='/nodes/{name}'])").get_attribute("data-heat")
            for name in VALUES
        }
        assert heat == {"huge": "0", "less": "0", "below": "0", "none": "-1"}, "one is farther"
        await expect(page.locator(".tile:has(a[href='/nodes/none']) b")).to_have_text(UNKNOWN)
        page = await tab.open("/?view=table")
        cells = await page.locator("tr:has(a[href='/nodes/none']) td:not(.t)").all_inner_texts()
        assert set(cells) == {UNKNOWN}
        for path, name in (
            ("/nodes.csv", "memory_used"),
            ("/nodes/huge/tables/odd/rows.csv", "of_bytes"),
            ("/pods.csv", "memory_limit"),
        ):
            answer = await page.request.get(tab.origin + path)
            rows = list(csv.DictReader(io.StringIO(await answer.text())))
            told = {
                row.get("node" if path == "/nodes.csv" else "name" if "odd" in path else "pod"): row[name]
                for row in rows
            }
            wanted = {**(WHOLE if path == "/pods.csv" else VALUES), "none": ""}
            assert {one: told[one] and float(told[one]) for one in VALUES} == wanted, path
