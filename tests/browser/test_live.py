"""The page of a real server with a real agent, in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from gobs_server.app import Server
from tests.browser.conftest import Watched, agent, make_server

pytestmark = pytest.mark.browser

CPU = ".card .value:has-text('CPU') dd span"
NUMBERS = "[...document.querySelectorAll('.facts-grid dd')].map((dd) => dd.textContent).join(' ')"


async def test_the_page_shows_this_machine_and_its_values_move(server: Server, watched: Watched) -> None:
    page = await watched.open("/")
    await expect(page.get_by_role("heading", name="No node has reported yet")).to_be_visible()
    async with agent(server, "this machine"):
        card = page.locator(".card", has_text="this machine")
        await expect(card.get_by_text("fresh", exact=True)).to_be_visible()
        await expect(page.locator(CPU)).to_contain_text("%")
        await expect(page.get_by_text("1 node: 1 fresh")).to_be_visible()

        await page.get_by_role("link", name="this machine").click()
        for name in ("cpu", "memory", "load", "pressure", "net", "disk", "process", "pod"):
            await expect(page.locator(f"#t-{name}")).to_be_visible()
        seen = await page.evaluate(NUMBERS)
        await page.wait_for_function(f"(seen) => {NUMBERS} !== seen", arg=seen)

        await page.get_by_label("Filter the rows of process").fill(str(os.getpid()))
        row = page.locator("#t-process tbody tr", has=page.get_by_text(str(os.getpid()), exact=True)).first
        await expect(row).to_contain_text("python")

        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        shown = await page.locator("#t-memory dl div", has_text="total").first.locator("dd").text_content()
        assert shown is not None
        assert abs(float(shown.split()[0]) - total) < 0.2


async def test_a_node_whose_agent_stops_is_told_stale_in_words(server: Server, watched: Watched) -> None:
    page = await watched.open("/")
    async with agent(server, "n") as process:
        await expect(page.locator(".card").get_by_text("fresh", exact=True)).to_be_visible()
        process.terminate()
        await process.wait()
        await expect(page.locator(".card").get_by_text("stale", exact=True)).to_be_visible()
        await expect(page.get_by_text("1 node: 0 fresh, 1 stale")).to_be_visible()
        await page.get_by_role("link", name="n", exact=True).click()
        await expect(page.get_by_text("what is shown is what it said last")).to_be_visible()
    async with agent(server, "n"):
        await expect(page.get_by_text("it reports in time")).to_be_visible()


async def test_a_server_that_is_gone_is_told_and_comes_back_by_itself(tmp_path: Path, context: BrowserContext) -> None:
    first = make_server(tmp_path)
    await first.start()
    watched = Watched(await context.new_page(), f"http://{first.http}", forgiven=("ERR_", "htmx:"))
    watched.watch()
    page = await watched.open("/plugins")
    await page.evaluate("window.same = true")
    await first.stop()
    status = page.locator("#connection")
    await expect(status).to_have_text("Connection lost, retrying. What is shown is what was last received.")
    again = make_server(tmp_path, first.http)
    await again.start()
    try:
        await expect(status).to_have_text("Connected again.")
        assert await page.evaluate("window.same")
        await watched.faultless()
    finally:
        await again.stop()


async def test_ages_grow_without_news(server: Server, watched: Watched) -> None:
    page = await watched.open("/")
    async with agent(server, "n"):
        await expect(page.locator(".card")).to_be_visible()
    age = page.locator(".card time")
    await expect(age).to_have_text("3 s ago")
    await expect(age).to_have_text("4 s ago")
