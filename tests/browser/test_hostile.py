"""Forty hostile names on every page: none of them runs, and none leaves the page."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.async_api import expect

from gobs_core import PluginState
from gobs_server.app import Server
from gobs_server.web.text import visible
from tests.browser.conftest import Watched
from tests.browser.test_table import server  # noqa: F401  the same server with a clock that is held
from tests.server.feeding import Cluster, HeldClock
from tests.server.tables import NET, PROCESS
from tests.support.hostile import HOSTILE_NAMES

pytestmark = pytest.mark.browser


async def test_hostile_names_run_nowhere(server: Server, watched: Watched) -> None:  # noqa: F811  a fixture
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

    page = await watched.open("/")
    await expect(page.locator(".card")).to_have_count(len(HOSTILE_NAMES))
    shown = await page.locator(".card h2 bdi").all_text_contents()
    assert set(shown) == {visible(name) for name in HOSTILE_NAMES}
    for machine in machines:
        machine.feed({NET: [(each, each, 2) for each in HOSTILE_NAMES]}, after=5)
    async with page.expect_response("**/fragments/nodes"):
        pass
    await page.goto(watched.origin + "/plugins")
    await page.locator("summary").evaluate_all("(all) => all.forEach((summary) => summary.click())")
    await watched.faultless()
    for name in HOSTILE_NAMES:
        await page.goto(f"{watched.origin}/nodes/{quote(name, safe='')}")
        await expect(page.locator("h1 bdi")).to_have_text(visible(name), use_inner_text=False)
        assert await page.locator("#t-net tbody tr").count() == len(set(HOSTILE_NAMES))
        await page.locator("#t-net bdi, #t-net button").first.hover()
        await watched.faultless()
