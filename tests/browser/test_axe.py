"""No page, and nothing that opens over one, has a fault that axe knows, in either theme."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page as Shown
from playwright.async_api import expect

from scripts.frontend import modules
from tests.browser.conftest import Watched
from tests.browser.pages import PAGES, Page, address
from tests.support.server import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ALIKE = "tbody tr:nth-child(n + 5), .card:nth-child(n + 5)"
"""What looks like its neighbours, and would only take time."""
RUN = """async ([alike, rules]) => {
  const only = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
  return (await axe.run({ exclude: [[alike]] }, only)).violations;
}"""


@pytest.fixture(scope="session")
def axe() -> str:
    """What axe-core is, to be run in a page; it is no part of what is served."""
    return (modules() / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


async def check(page: Shown, axe: str) -> None:
    """Raise AssertionError with what axe finds: in the dark theme all it knows, in the light one of colours."""
    await page.evaluate(axe)
    for theme, rules in (("dark", []), ("light", ["color-contrast"])):
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        found: list[dict[str, Any]] = await page.evaluate(RUN, [ALIKE, rules])
        faults = [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found]
        assert faults == [], theme


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_a_page_has_no_fault(page: Page, tab: Watched, cluster: ServerProcess, axe: str) -> None:
    tab.forgiven = ("404",) if page.status == 404 else ()
    await tab.page.goto(address(page, cluster))
    await expect(tab.page.locator(page.ready).first).to_be_visible()
    await check(tab.page, axe)


async def test_nothing_that_opens_over_a_page_has_a_fault(tab: Watched, axe: str) -> None:
    page = await tab.open("/")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await check(page, axe)
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await page.keyboard.type("nginx")
    await expect(page.locator("#palette mark").first).to_be_visible()
    await check(page, axe)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Display").click()
    await expect(page.get_by_role("group", name="Theme")).to_be_visible()
    await page.keyboard.press("p")
    await expect(page.get_by_role("button", name="Paused since")).to_be_visible()
    await check(page, axe)


async def test_a_lost_server_is_told_without_a_fault(tab: Watched, axe: str) -> None:
    tab.forgiven = ("ERR_", "htmx:")
    page = await tab.open("/")
    await page.route("**/fragments/**", lambda route: route.abort())
    await expect(page.get_by_text("Connection lost")).to_be_visible()
    await check(page, axe)
