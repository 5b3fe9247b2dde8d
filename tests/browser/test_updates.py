"""What a person does with a page lasts through thirty updates: focus, scroll, selection, what is open, sort, filter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from gobs_core import PluginState
from gobs_server.app import Server
from tests.browser.conftest import Watched, make_server
from tests.browser.holding import SELDOM, news
from tests.server.feeding import Cluster, HeldClock, Machine, Rows
from tests.server.tables import CPU, CPU_ROWS, MEMORY, MEMORY_ROWS, NET, PROCESS, processes

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

UPDATES = 30


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = make_server(tmp_path, clock=HeldClock(), refresh=SELDOM)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def machines(server: Server) -> list[Machine]:
    """Sixty nodes, so that there is something to scroll."""
    assert isinstance(server.clock, HeldClock)
    cluster = Cluster(server.clock, server.live, server.history)
    machines = [cluster.machine(f"node-{number:02}", CPU, MEMORY, NET, PROCESS) for number in range(60)]
    for machine in machines:
        machine.feed({CPU: CPU_ROWS[0], MEMORY: MEMORY_ROWS, NET: [("eth0", "physical", 0)], PROCESS: processes(150)})
    return machines


def fail(machine: Machine, times: int) -> None:
    """Let a plugin of the node fail."""
    plugin = PluginState(kind="collector", name="x", state="failing", error=f"Traceback\nNo {times}", runs=times)
    machine.cluster.live.set_plugins(machine.node, (plugin,))


async def updated(page: Page, machines: list[Machine], fragment: str) -> None:
    """Let thirty updates arrive, each with other numbers and other rows."""
    for step in range(1, UPDATES + 1):
        for machine in machines:
            busy = [(str(cpu), 100 + step * (cpu + 1) * 7) for cpu in range(2)]
            rows: Rows = {CPU: [*busy, ("all", 150 + step * 11)], PROCESS: processes(150 + step % 3)}
            machine.feed(rows, after=0.2)
            fail(machine, step)
        await news(page, fragment)


async def test_on_the_page_of_nodes(machines: list[Machine], watched: Watched) -> None:
    page = await watched.open("/")
    await page.evaluate("scrollTo(0, 0.6 * document.documentElement.scrollHeight)")
    link = page.get_by_role("link", name="node-40", exact=True)
    await link.focus()
    name = page.locator(".card h2 bdi", has_text="node-41")
    await name.evaluate("(element) => getSelection().selectAllChildren(element)")
    top = await page.evaluate("scrollY")
    card = page.locator(".card", has=link)
    before = await card.text_content()
    await updated(page, machines, "/fragments/nodes")
    await expect(card).not_to_have_text(before or "")
    await expect(link).to_be_focused()
    assert await page.evaluate("getSelection().toString()") == "node-41"
    assert await page.evaluate("scrollY") == top > 0


async def test_on_the_page_of_a_node(machines: list[Machine], watched: Watched) -> None:
    page = await watched.open("/nodes/node-07")
    head = page.locator("#t-process thead").get_by_role("link", name="rss")
    await head.click()
    await expect(page.locator("#t-process th[aria-sort=descending]")).to_contain_text("rss")
    await page.get_by_label("Filter the rows of process").fill("worker-1")
    await expect(page.locator("#t-process .foot")).to_contain_text("62 rows")
    frame = page.locator("#t-process .scroll")
    await frame.evaluate("(element) => { element.scrollTop = 300; }")
    await page.get_by_role("button", name="Display").click()
    await page.get_by_role("radio", name="System").focus()
    await updated(page, machines[7:8], "/tables/process")
    await expect(page.get_by_role("radio", name="System")).to_be_focused()
    await expect(page.locator("#t-process th[aria-sort=descending]")).to_contain_text("rss")
    await expect(page.get_by_label("Filter the rows of process")).to_have_value("worker-1")
    assert await frame.evaluate("(element) => element.scrollTop") == 300


async def test_a_row_that_arrows_walked_to_keeps_the_focus(machines: list[Machine], watched: Watched) -> None:
    page = await watched.open("/nodes/node-07/tables/process")
    for _ in range(4):
        await page.keyboard.press("ArrowDown")
    pid = await page.evaluate("document.activeElement.closest('tr').cells[0].textContent")
    await updated(page, machines[7:8], "/tables/process")
    assert await page.evaluate("document.activeElement.closest('tr')?.cells[0].textContent") == pid


async def test_what_was_opened_stays_open(machines: list[Machine], watched: Watched) -> None:
    fail(machines[0], 0)
    page = await watched.open("/plugins")
    await page.locator("summary").first.click()
    await updated(page, machines[:3], "/fragments/plugins")
    await expect(page.locator("details pre").first).to_contain_text(f"No {UPDATES}")
    await expect(page.locator("details pre").first).to_be_visible()
