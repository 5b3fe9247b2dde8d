"""What a person does with a table, and that it lasts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Response, expect

from gobs_core import PluginState
from gobs_core.table import MAX_ROWS
from gobs_server.app import Server
from tests.browser.conftest import Watched, make_server
from tests.browser.holding import SELDOM, holds, news
from tests.server.feeding import Cluster, HeldClock, Machine
from tests.server.tables import CPU, CPU_ROWS, MEMORY, MEMORY_ROWS, PROCESS, processes

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TABLES = {CPU: CPU_ROWS[0], MEMORY: MEMORY_ROWS, PROCESS: processes(300)}


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = make_server(tmp_path, clock=HeldClock(), refresh=SELDOM)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def machine(server: Server) -> Machine:
    assert isinstance(server.clock, HeldClock)
    machine = Cluster(server.clock, server.live, server.history).machine("node-1", *TABLES)
    machine.feed(TABLES)
    return machine


def rows(page: Page, table: str = "process") -> Locator:
    """Return the rows on the page, of however many there are."""
    return page.locator(f"#t-{table} [data-items] > tr")


async def first(page: Page, *pids: str) -> None:
    """Wait until the first rows are of these processes."""
    for place, pid in enumerate(pids):
        await expect(rows(page).nth(place).locator("bdi").first).to_have_text(pid)


async def test_an_order_lasts_through_updates_turns_around_and_takes_a_second_column(
    machine: Machine, watched: Watched
) -> None:
    page = await watched.open("/nodes/node-1/tables/process")
    heads = page.locator("thead")
    await heads.get_by_role("link", name="rss").click()
    await first(page, "300", "299", "298")
    machine.feed({PROCESS: processes(301)}, after=5)
    await news(page, "/tables/process")
    await first(page, "301", "300", "299")
    await heads.get_by_role("link", name="rss").click()
    await first(page, "1", "2", "3")
    await expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    await heads.get_by_role("link", name="start").click()
    await heads.get_by_role("link", name="pid").click(modifiers=["Shift"])
    await heads.get_by_role("link", name="pid").click(modifiers=["Shift"])
    await first(page, "301", "300")
    await expect(page.locator("th[aria-sort='descending'] sup")).to_have_text("2")
    assert page.url.endswith("?sort=start,-pid")
    await page.go_back()
    await first(page, "1", "2")
    await page.goto(watched.origin + "/nodes/node-1?process.sort=start,-pid")
    await first(page, "301", "300")


async def test_a_filter_is_applied_while_typing_and_keeps_focus_through_updates(
    machine: Machine, watched: Watched
) -> None:
    page = await watched.open("/nodes/node-1")
    field = page.get_by_label("Filter the rows of process")
    await field.press_sequentially("worker-12")
    await expect(rows(page)).to_have_count(11)
    for count in (301, 302):
        machine.feed({PROCESS: processes(count)}, after=5)
        await news(page, "/tables/process")
    await expect(field).to_be_focused()
    await expect(field).to_have_value("worker-12")
    await expect(rows(page)).to_have_count(11)
    await field.fill("worker-12 rss>=1120KiB")
    await expect(rows(page)).to_have_count(10)
    await field.fill("no such process")
    await expect(page.get_by_text("No row matches “no such process”")).to_be_visible()
    await expect(page.locator("#t-cpu [data-items] > tr")).to_have_count(2)
    await page.get_by_role("link", name="Show all").click()
    await expect(field).to_have_value("")
    await expect(rows(page).first).to_be_visible()


async def test_rows_are_grouped_idle_ones_hidden_columns_chosen_and_rows_pinned(
    machine: Machine, watched: Watched
) -> None:
    busy = [(*row[:4], int(str(row[4])) + 500 * (int(str(row[0])) % 3 == 0)) for row in processes(30)]
    machine.feed({PROCESS: processes(30)}, after=5)
    machine.feed({PROCESS: busy}, after=5)
    page = await watched.open("/nodes/node-1/tables/process?sort=pid")
    section, choices = page.locator("#t-process"), page.get_by_role("button", name="Rows and columns of process")
    await rows(page).nth(1).hover()
    await rows(page).nth(1).get_by_role("button", name="Pin 2").click()
    await first(page, "2", "1", "3")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await first(page, "2", "3", "1")
    await expect(section.get_by_text("2 pinned")).to_be_visible()
    await choices.click()
    await page.get_by_label("Hide rows that do nothing").check()
    await first(page, "2", "3", "6")
    await expect(section.get_by_text("20 idle hidden")).to_be_visible()
    await page.get_by_label("read bytes", exact=True).uncheck()
    await expect(section.locator("thead th", has_text="read bytes")).to_have_count(0)
    await expect(page.get_by_label("Hide rows that do nothing")).to_be_visible()  # the menu is still open
    await expect(page.get_by_label("read bytes", exact=True)).to_be_focused()
    await page.get_by_label("read bytes", exact=True).check()
    await expect(section.locator("thead th", has_text="read bytes")).to_have_count(1)
    assert "columns" not in page.url
    await page.get_by_label("Group by").select_option("start")
    await expect(rows(page)).to_have_count(1)
    await expect(rows(page).first).to_contain_text("77")
    await expect(section.get_by_text("10 rows, 1 by start")).to_be_visible()
    async with page.expect_download() as download:
        await page.get_by_role("link", name="CSV").click()
    assert (await download.value).suggested_filename == "node-1-process.csv"
    await page.keyboard.press("Escape")
    await rows(page).first.get_by_role("link", name="77").click()
    await expect(page.get_by_label("Filter the rows of process")).to_have_value('start="77"')


async def test_focus_selection_scroll_and_the_rows_themselves_survive_thirty_updates(
    machine: Machine, watched: Watched
) -> None:
    page = await watched.open("/nodes/node-1/tables/process?sort=pid")
    scroller = page.locator("#t-process .scroll")
    await scroller.evaluate("(element) => { element.scrollTop = 900; }")
    await expect(page.get_by_role("link", name="40", exact=True)).to_be_visible()
    await page.get_by_role("link", name="40", exact=True).focus()
    await page.evaluate("getSelection().selectAllChildren(document.activeElement)")
    where = await scroller.evaluate("(element) => element.scrollTop")
    await page.evaluate("document.activeElement.closest('tr').mark = 'same'")
    for step in range(30):
        some = [(*row[:3], 1000 + step, row[4]) for row in processes(300 - step % 3)]
        machine.feed({PROCESS: some}, after=5)
        await news(page, "/tables/process")
    assert await scroller.evaluate("(element) => element.scrollTop") == where
    await expect(page.get_by_role("link", name="40", exact=True)).to_be_focused()
    assert await page.evaluate("getSelection().toString()") == "40"
    assert await page.evaluate("document.activeElement.closest('tr').mark") == "same"


async def test_of_a_long_table_those_rows_are_on_the_page_that_are_in_view(machine: Machine, watched: Watched) -> None:
    machine.feed({PROCESS: processes(5000)}, after=5)
    page = await watched.open("/nodes/node-1?process.sort=pid")
    scroller = page.locator("#t-process .scroll")
    await scroller.scroll_into_view_if_needed()
    await expect(page.locator("#t-process table")).to_have_attribute("aria-rowcount", "5001")
    for share, pid in ((1, "5000"), (0, "1")):
        await scroller.evaluate(f"(one) => {{ one.scrollTop = {share} * one.scrollHeight; }}")
        await expect(page.get_by_role("link", name=pid, exact=True)).to_be_in_viewport()
    assert await rows(page).count() < 150


async def test_a_table_as_long_as_may_be_costs_a_page_what_is_in_view(machine: Machine, watched: Watched) -> None:
    machine.feed({PROCESS: processes(MAX_ROWS)}, after=5)
    said = f"table 'process': more than {MAX_ROWS} rows at one tick"
    state = PluginState(kind="collector", name="process", state="failing", error=said)
    machine.cluster.live.set_plugins(machine.node, (state,))
    page = await watched.open("/nodes/node-1/tables/process?sort=pid")
    await expect(page.locator("#t-process table")).to_have_attribute("aria-rowcount", f"{MAX_ROWS + 1}")
    scroller = page.locator("#t-process .scroll")
    await scroller.scroll_into_view_if_needed()
    for share, pid in ((1, MAX_ROWS), (0, 1)):
        await scroller.evaluate(f"(one) => {{ one.scrollTop = {share} * one.scrollHeight; }}")
        await expect(page.get_by_role("link", name=str(pid), exact=True)).to_be_in_viewport()
        assert await rows(page).count() < 150
    machine.feed({PROCESS: processes(MAX_ROWS, "other")}, after=5)
    await news(page, "/tables/process")
    await expect(rows(page).first).to_contain_text("other-1")
    await page.get_by_label("Filter the rows of process").fill(f"other-{MAX_ROWS - 1}")
    await expect(rows(page)).to_have_count(1)
    assert await page.evaluate("document.querySelectorAll('*').length") < 5000
    assert await page.evaluate("document.documentElement.scrollWidth") <= 1280
    # One that has more is not taken: its page says so, shows what was there last, and leads on.
    await expect(page.locator("#t-process .note")).to_contain_text(said)
    await page.locator("#t-process .note").get_by_role("link", name="the plugins").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Plugins")


async def test_on_paper_are_all_rows_not_only_those_in_view(machine: Machine, watched: Watched) -> None:
    await watched.page.add_init_script("window.print = () => { window.asked = (window.asked ?? 0) + 1; }")
    page = await watched.open("/nodes/node-1/tables/process?sort=-pid&filter=worker-1")
    assert await rows(page).count() < 111
    await page.keyboard.press("Control+p")
    await holds(page, "window.asked === 1")
    paper = page.locator("#t-process .paper > tr")
    await expect(paper).to_have_count(111)
    await expect(paper.first).to_be_hidden()
    await page.emulate_media(media="print")
    await expect(paper.last).to_be_visible()
    await expect(rows(page).first).to_be_hidden()
    told = await paper.locator("th:first-child").all_text_contents()
    assert [text.strip() for text in (told[0], told[-1])] == ["199", "1"]
    await page.evaluate("dispatchEvent(new Event('afterprint'))")
    await expect(paper).to_have_count(0)


async def test_nothing_new_costs_a_304_and_what_is_out_of_view_nothing(machine: Machine, watched: Watched) -> None:
    machine.feed({CPU: [(str(number), 1) for number in range(64)]}, after=5)
    await watched.page.set_viewport_size({"width": 1280, "height": 600})
    polls: set[tuple[str, int]] = set()

    def note(response: Response) -> None:
        if "/fragments/" in response.url:
            polls.add((response.url.partition("?")[0].rpartition("/")[2], response.status))

    page = await watched.open("/nodes/node-1")
    page.on("response", note)
    for _ in range(2):
        await news(page, "/tables/cpu", 304)
    assert {("node-1", 304), ("cpu", 304)} <= polls
    assert not {name for name, _ in polls} & {"process"}
    await page.locator("#t-process").scroll_into_view_if_needed()
    await news(page, "/tables/process", 304)


async def test_new_tables_bring_their_sections(server: Server, machine: Machine, watched: Watched) -> None:
    page = await watched.open("/nodes/node-1")
    tables = dict(machine.node.tables)
    machine.node.tables = {name: table for name, table in tables.items() if name != "process"}
    server.live.set_notes(machine.node, ("fewer",))
    await news(page, "/fragments/nodes/node-1?")
    await expect(page.locator("#t-process")).to_have_count(0)
    machine.node.tables = tables
    server.live.set_notes(machine.node, ("all of them",))
    await news(page, "/fragments/nodes/node-1?")
    await expect(page.locator("#t-process")).to_be_visible()


async def test_a_traceback_that_was_opened_stays_open_through_updates(
    server: Server, machine: Machine, watched: Watched
) -> None:
    def broken(runs: int) -> tuple[PluginState, ...]:
        error = "Traceback\nValueError: no"
        return (PluginState(kind="collector", name="x", state="quarantined", error=error, runs=runs),)

    server.live.set_plugins(machine.node, broken(1))
    page = await watched.open("/plugins")
    await page.get_by_text("ValueError: no").first.click()
    for runs in (2, 3):
        server.live.set_plugins(machine.node, broken(runs))
        await news(page, "/fragments/plugins")
        await expect(page.locator("#plugins tbody tr").first).to_contain_text(str(runs))
        await expect(page.locator("details pre")).to_be_visible()
    watched.forgiven = ("409",)
    await page.get_by_role("button", name="Try again x").click()
    await expect(page.get_by_role("alert")).to_have_text(re.compile("agent of .* is not connected"))


async def test_it_is_used_by_keyboard_alone(machine: Machine, watched: Watched) -> None:
    page = await watched.open("/")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    for _ in range(7):  # the past, the three looks, the filter, the order
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="node-1")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("node-1")
    await page.locator("#t-process thead").get_by_role("link", name="rss").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#t-process th[aria-sort='descending']")).to_contain_text("rss")
    await expect(page.locator("#t-process thead").get_by_role("link", name="rss")).to_be_focused()


@pytest.mark.parametrize("width", [360, 2560])
async def test_a_page_fits_its_screen(machine: Machine, watched: Watched, width: int) -> None:
    await watched.page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/nodes/node-1", "/plugins", "/nothing"):
        watched.forgiven = ("404",)
        page = await watched.open(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
