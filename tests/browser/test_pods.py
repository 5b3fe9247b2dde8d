"""What a person does with the page of all pods: goes there by a key, narrows it down, colours it, opens one."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Watched

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_pods_are_found_by_a_key_narrowed_down_grouped_coloured_and_opened(tab: Watched) -> None:
    page = await tab.open("/plugins")
    await page.keyboard.press("g")
    await page.keyboard.press("p")
    await expect(page).to_have_url(re.compile("/pods$"))
    rows = page.locator("#pods-table-rows tr")
    await expect(rows.first).to_be_visible()
    await page.locator("#pods-filter").fill("app=api node:worker-1")
    await expect(rows).to_have_count(1)
    await expect(rows.locator("th")).to_contain_text("api-")
    await page.locator("#pods-filter").fill("recommender")
    await expect(rows.first).to_contain_text("recommender")
    await expect(page.locator("#pods-ill")).to_have_attribute("aria-pressed", "false")
    await page.locator("#pods-ill").click()
    await expect(page.locator("#pods-ill")).to_have_attribute("aria-pressed", "true")
    await expect(page).to_have_url(re.compile("filter=health:unhealthy"))
    await expect(rows.first).to_contain_text("ImagePullBackOff")
    await page.locator("#pods-filter").fill("")
    await page.locator("select[name=group]").select_option("namespace")
    groups = page.locator("#pods-table-namespace tr")
    await expect(groups.filter(has_text="shop")).to_have_count(1)
    await groups.filter(has_text="kube-system").locator("a").click()
    await expect(page.locator("#pods-filter")).to_have_value("namespace=kube-system")
    await page.get_by_role("link", name="Heat map").click()
    await page.locator("select[name=by]").select_option("memory_of_request")
    await expect(page.locator("#pods-legend")).to_contain_text("memory of request")
    tile = page.locator("#pods-heat .tile a").filter(has_text="etcd")
    await expect(tile.first).to_be_visible()
    await tile.first.press("Enter")
    await expect(page.locator("h1")).to_contain_text("etcd-")
    await expect(page.locator("#containers tbody tr").filter(has_text="etcd")).to_have_count(1)
    await expect(page.locator("#members tbody tr").filter(has_text="etcd")).not_to_have_count(0)
    await expect(page.locator("#row-changes")).not_to_contain_text("Waiting")
    await page.locator(".pod-facts a").filter(has_text="kube-system").first.click()
    await expect(page.locator("#pods-filter")).to_have_value("ns=kube-system")
