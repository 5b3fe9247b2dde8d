"""What a person does with a table, and that it lasts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, Response, expect

from gobs_core import PluginState
from gobs_server.app import Server
from tests.browser.conftest import Watched, make_server
from tests.browser.holding import holds
from tests.server.feeding import Cluster, HeldClock, Machine
from tests.server.tables import CPU, CPU_ROWS, MEMORY, MEMORY_ROWS, PROCESS, processes

pytestmark = pytest.mark.browser

TABLES = {CPU: CPU_ROWS[0], MEMORY: MEMORY_ROWS, PROCESS: processes(300)}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = make_server(tmp_path, clock=HeldClock())
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def machine(server: Server) -> Machine:
    assert isinstance(server.clock, HeldClock)
    machine = Cluster(server.clock, server.live, server.history).machine("node-1", *TABLES)
    machine.feed(TABLES)
    return machine


async def polled(page: Page, fragment: str, times: int = 1, status: int = 200) -> None:
    """Wait until a fragment was polled."""
    for _ in range(times):
        async with page.expect_response(lambda r: fragment in r.url and r.status == status):
            pass


async def first_three(page: Page, pids: str) -> None:
    """Wait until the first rows are of these processes."""
    cells = "[...document.querySelectorAll('#t-process tbody th:first-child')].slice(0, 3)"
    await holds(page, f"(pids) => {cells}.map((th) => th.textContent).join() === pids", pids)


async def test_a_sort_lasts_through_updates_and_turns_around(machine: Machine, watched: Watched) -> None:
    page = await watched.open("/nodes/node-1/tables/process")
    await page.locator("thead").get_by_role("button", name="rss").click()
    await first_three(page, "300,299,298")
    machine.feed({PROCESS: processes(301)}, after=5)
    await first_three(page, "301,300,299")
    await page.locator("thead").get_by_role("button", name="rss").click()
    await first_three(page, "1,2,3")
    await expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "ascending")


async def test_a_filter_is_applied_while_typing_and_keeps_focus_through_updates(
    machine: Machine, watched: Watched
) -> None:
    page = await watched.open("/nodes/node-1")
    field = page.get_by_label("Filter the rows of process")
    await field.press_sequentially("worker-12")
    await expect(page.locator("#t-process tbody tr")).to_have_count(11)
    for count in (301, 302):
        machine.feed({PROCESS: processes(count)}, after=5)
        await polled(page, "/tables/process")
    await expect(field).to_be_focused()
    await expect(field).to_have_value("worker-12")
    await expect(page.locator("#t-process tbody tr")).to_have_count(11)
    await field.fill("no such process")
    await expect(page.get_by_text("No row matches “no such process”")).to_be_visible()


async def test_scroll_survives_updates(machine: Machine, watched: Watched) -> None:
    page = await watched.open("/nodes/node-1/tables/process")
    await page.locator(".scroll").evaluate("(element) => { element.scrollTop = 900; }")
    for count in (299, 298):
        machine.feed({PROCESS: processes(count)}, after=5)
        await polled(page, "/tables/process")
    assert await page.locator(".scroll").evaluate("(element) => element.scrollTop") == 900


async def test_all_rows_are_one_click_away(machine: Machine, watched: Watched) -> None:
    page = await watched.open("/nodes/node-1")
    await expect(page.locator("#t-process tbody tr")).to_have_count(100)
    await page.get_by_role("link", name="show all").click()
    await expect(page.locator("#t-process tbody tr")).to_have_count(300)
    await polled(page, "rows=all", status=304)
    await expect(page.locator("#t-process tbody tr")).to_have_count(300)


async def test_nothing_new_costs_a_304_and_what_is_out_of_view_nothing(machine: Machine, watched: Watched) -> None:
    machine.feed({CPU: [(str(number), 1) for number in range(64)]}, after=5)
    await watched.page.set_viewport_size({"width": 1280, "height": 600})
    polls: set[tuple[str, int]] = set()

    def note(response: Response) -> None:
        if "/fragments/" in response.url:
            polls.add((response.url.partition("?")[0].rpartition("/")[2], response.status))

    page = await watched.open("/nodes/node-1")
    page.on("response", note)
    await polled(page, "/tables/cpu", times=2, status=304)
    assert {("node-1", 304), ("cpu", 304)} <= polls
    assert not {name for name, _ in polls} & {"process"}
    await page.locator("#t-process").scroll_into_view_if_needed()
    await polled(page, "/tables/process", status=304)


async def test_new_tables_bring_their_sections(server: Server, machine: Machine, watched: Watched) -> None:
    page = await watched.open("/nodes/node-1")
    tables = dict(machine.node.tables)
    machine.node.tables = {name: table for name, table in tables.items() if name != "process"}
    server.live.set_notes(machine.node, ("fewer",))
    await expect(page.locator("#t-process")).to_have_count(0)
    machine.node.tables = tables
    server.live.set_notes(machine.node, ("all of them",))
    await expect(page.locator("#t-process")).to_be_visible()


async def test_a_traceback_that_was_opened_stays_open_through_updates(
    server: Server, machine: Machine, watched: Watched
) -> None:
    def broken(runs: int) -> tuple[PluginState, ...]:
        return (PluginState(kind="collector", name="x", state="failing", error="Traceback\nValueError: no", runs=runs),)

    server.live.set_plugins(machine.node, broken(1))
    page = await watched.open("/plugins")
    await page.get_by_text("ValueError: no").first.click()
    for runs in (2, 3):
        server.live.set_plugins(machine.node, broken(runs))
        await expect(page.locator("#plugins tbody tr").first).to_contain_text(str(runs))
        await expect(page.locator("details pre")).to_be_visible()


async def test_it_is_used_by_keyboard_alone(machine: Machine, watched: Watched) -> None:
    page = await watched.open("/")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    for _ in range(6):  # the three looks, the filter, the order
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="node-1")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("node-1")
    await page.locator("#t-process thead").get_by_role("button", name="rss").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#t-process th[aria-sort='descending']")).to_contain_text("rss")
    await expect(page.locator("#t-process thead").get_by_role("button", name="rss")).to_be_focused()


@pytest.mark.parametrize("width", [360, 2560])
async def test_a_page_fits_its_screen(machine: Machine, watched: Watched, width: int) -> None:
    await watched.page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/nodes/node-1", "/plugins", "/nothing"):
        watched.forgiven = ("404",)
        page = await watched.open(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
