"""The page of a real server with a real agent, in a real browser."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from gobs_server.app import Server
from tests.browser.conftest import Watched, agent, make_server, visiting
from tests.browser.holding import holds
from tests.support.ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CPU = ".card .value:has(dt:text-is('CPU')) dd span"
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
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
        await page.locator("#t-memory").scroll_into_view_if_needed()
        seen = await page.evaluate(NUMBERS)
        await holds(page, f"(seen) => {NUMBERS} !== seen", seen)

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


async def test_a_server_that_is_gone_is_told_and_comes_back_by_itself(tmp_path: Path, browser: Browser) -> None:
    first = make_server(tmp_path, f"127.0.0.1:{free_port()}")
    await first.start()
    async with visiting(browser, first) as watched:
        watched.forgiven = ("ERR_", "htmx:")
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
        finally:
            await again.stop()


async def test_ages_grow_without_news(server: Server, watched: Watched) -> None:
    page = await watched.open("/")
    async with agent(server, "n"):
        await expect(page.locator(".card")).to_be_visible()
    age = page.locator(".card time")
    await expect(age).to_have_text("3 s ago")
    await expect(age).to_have_text("4 s ago")


async def test_a_person_chooses_how_often_and_may_pause(server: Server, watched: Watched) -> None:
    page = await watched.open("/")
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url) if "/fragments/" in request.url else None)
    await page.get_by_role("button", name="Display").click()
    await expect(page.get_by_role("radio", name="2 s")).to_be_checked()
    await page.get_by_role("radio", name="1 s", exact=True).check()
    async with agent(server, "n"):
        await expect(page.locator(".card")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("p")
        paused = page.get_by_role("button", name="Paused since")
        await expect(paused).to_be_visible()
        polls.clear()
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        seen = await page.locator(".card time").text_content()
        await expect(page.locator(".card time")).not_to_have_text(seen or "")
        assert polls == []
        await page.reload()
        await expect(paused).to_be_visible()
        await paused.click()
        await expect(page.get_by_role("button", name="Live")).to_be_visible()
        async with page.expect_response("**/fragments/nodes*"):
            pass
        await page.get_by_role("button", name="Display").click()
        await expect(page.get_by_role("radio", name="1 s", exact=True)).to_be_checked()


async def test_a_hidden_page_asks_seldom_and_at_once_when_it_is_seen_again(server: Server, watched: Watched) -> None:
    page = await watched.open("/")
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url) if "/fragments/" in request.url else None)
    await page.evaluate(HIDE, True)
    polls.clear()
    await page.wait_for_timeout(5000)
    assert polls == []
    async with page.expect_response("**/fragments/nodes*"):
        await page.evaluate(HIDE, False)


async def test_a_moment_is_told_in_the_viewers_zone_and_in_utc_on_hover(server: Server, browser: Browser) -> None:
    async with agent(server, "n"), visiting(browser, server, timezone_id="Asia/Tokyo") as watched:
        page = await watched.open("/")
        time = page.locator(".card time")
        await time.hover()
        stamp = datetime.fromisoformat(str(await time.get_attribute("datetime")))
        here = stamp.astimezone(timezone(timedelta(hours=9)))
        await expect(time).to_have_attribute(
            "title", re.compile(f"{here:%H:%M:%S} GMT\\+9\n{stamp:%Y-%m-%d %H:%M:%S} UTC")
        )
