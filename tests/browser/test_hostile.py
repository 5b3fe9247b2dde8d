"""Forty hostile names on every page: none of them runs, and none leaves the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import expect

from gobs_core import PluginState, Table, gauge, info, key
from gobs_server.app import Server
from gobs_server.web.text import visible
from tests.browser.conftest import Watched, make_server
from tests.browser.pages import PAGES, Page
from tests.server.feeding import Cluster, HeldClock, Machine
from tests.server.tables import NET, PROCESS
from tests.support.hostile import HOSTILE_NAMES

pytestmark = pytest.mark.browser

LONGEST = 1000
NAMED = [page for page in PAGES if page.hostile]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = make_server(tmp_path, clock=HeldClock())
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def machines(server: Server) -> list[Machine]:
    """A node of each name, each with a plugin, a note, a process and interfaces of these names."""
    assert isinstance(server.clock, HeldClock)
    cluster = Cluster(server.clock, server.live, server.history)
    machines = []
    for name in HOSTILE_NAMES:
        plugin = PluginState(
            kind="collector", name=name, state="failing", error=f"Traceback\n{name}", unknown={name: name}
        )
        machine = cluster.machine(name, NET, PROCESS, plugins=(plugin,))
        cluster.live.set_notes(machine.node, (name,))
        machine.feed({NET: [(each, each, 1) for each in HOSTILE_NAMES], PROCESS: [("1", name, name, 1, 1)]})
        machines.append(machine)
    everything = cluster.machine("all", NET, PROCESS, POD)
    everything.feed(
        {
            NET: [(each, each, 1) for each in HOSTILE_NAMES],
            PROCESS: [("1", each, each, 1, 1) for each in HOSTILE_NAMES],
            POD: [(each, each, 1) for each in HOSTILE_NAMES],
        }
    )
    return [*machines, everything]


POD = Table("pod", "Workloads", [key("workload", "Its id"), info("name", "Its name"), gauge("memory", "In use")])


async def test_where_many_nodes_are_shown(machines: list[Machine], watched: Watched) -> None:
    await watched.page.set_viewport_size({"width": 1280, "height": 5000})
    page = await watched.open("/")
    await expect(page.locator(".card")).to_have_count(len(HOSTILE_NAMES) + 1)
    shown = await page.locator(".card h2 bdi").all_text_contents()
    assert set(shown) == {"all", *map(visible, HOSTILE_NAMES)}
    for machine in machines:
        machine.feed({NET: [(each, each, 2) for each in HOSTILE_NAMES]}, after=5)
    async with page.expect_response("**/fragments/nodes*"):
        pass
    await watched.faultless()
    await page.goto(watched.origin + "/plugins")
    await page.locator("summary").evaluate_all("(all) => all.forEach((summary) => summary.click())")


async def test_in_the_search(machines: list[Machine], watched: Watched) -> None:
    page = await watched.open("/")
    await page.keyboard.press("/")
    for name in HOSTILE_NAMES:
        async with page.expect_response(lambda response: "/fragments/find?q=" in response.url):
            await page.locator("#palette-q").fill(name[:90].replace("\n", " ").strip() or "x")
    await expect(page.locator("#palette a").first).to_be_visible()
    await page.locator("#palette a").first.hover()


@pytest.mark.parametrize("named", NAMED, ids=lambda page: page.name)
async def test_where_one_name_is_in_the_address(named: Page, machines: list[Machine], watched: Watched) -> None:
    watched.forgiven = ("404",) if named.status == 404 else ()
    for name in sorted(HOSTILE_NAMES, key=len):
        if len(name) > LONGEST and "/nodes/all/" in named.hostile:
            watched.forgiven = ("404",)  # the key of a row is cut before it comes so far; the page says there is none
        await watched.page.goto(
            watched.origin + named.hostile.replace("{name}", quote(name, safe="")), wait_until="domcontentloaded"
        )
        assert await watched.page.locator("main h1").count() == 1
        await watched.page.locator("main bdi, main button, main a").first.hover()
        await watched.faultless()
