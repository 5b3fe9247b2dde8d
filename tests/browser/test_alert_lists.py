"""What is asked of the lists of alerts and rules stands in the address, by pages; on a phone nothing is aside."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import NAMESPACE_OID, uuid5

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gobs_core.plugins import Plugins
from gobs_server.alerts.conditions import gobs_register_conditions
from gobs_server.alerts.holding import Extensions
from gobs_server.alerts.rules.rule import RuleFields
from gobs_server.app import Server
from gobs_server.settings import ServerSettings
from tests.browser.aside import ASIDE
from tests.browser.conftest import PHONE, Watched, visiting
from tests.browser.holding import SELDOM, news
from tests.server.feeding import Cluster, HeldClock
from tests.server.tables import PROCESS, processes
from tests.support.database import fresh

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server with a thousand rules, one of which fires for a hundred and fifty processes."""
    plugins = Plugins(conditions={cls.name: cls for cls in gobs_register_conditions()})
    settings = ServerSettings(http="127.0.0.1:0", grpc="127.0.0.1:0", drain=0.5, refresh=SELDOM)
    folder = tmp_path_factory.mktemp("alerting")
    server = Server(settings, fresh(folder), clock=HeldClock(), extensions=Extensions(plugins))
    await server.start()
    assert isinstance(server.clock, HeldClock)
    alerts = server.alerts
    for rule in list(alerts.book.rules):
        alerts.book.drop_rule(rule)
    fields = RuleFields(name="large", target="row", metric="process.rss", threshold=0.0)
    made = (await alerts.desk.add_rule(fields, "ann")).rule
    for number in range(1, 1000):
        named = {"id": str(uuid5(NAMESPACE_OID, f"rule {number}")), "name": f"rule {number:03}"}
        alerts.book.put_rule(msgspec.structs.replace(made, enabled=number % 2 == 0, **named))
    machine = Cluster(server.clock, server.live, server.history).machine("node-1", PROCESS)
    machine.feed({PROCESS: processes(150)}, after=5)
    async with alerts.keeper.lock:
        await alerts.keeper.settle()
    yield server
    await server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def watched(browser: Browser, server: Server) -> AsyncIterator[Watched]:
    async with visiting(browser, server) as tab:
        yield tab


async def at(page: Page, query: str) -> None:
    """Wait until that is what the address asks for."""
    await page.wait_for_url(re.compile(rf"/alerts(/rules)?{re.escape(query)}$"))


async def test_what_is_asked_of_the_alerts_is_in_the_address_and_back_undoes_it(watched: Watched) -> None:
    page = await watched.open("/alerts")
    summary, state = page.locator("#alerts .summary"), page.locator("#alerts-state")
    severity = page.locator("#alerts-severity")
    await expect(summary).to_contain_text("150 alerts")
    await state.select_option("firing")
    await at(page, "?state=firing")
    await severity.select_option("critical")
    await at(page, "?state=firing&severity=critical")
    await expect(page.get_by_text("No alert is as asked for.")).to_be_visible()
    await page.reload()
    await expect(severity).to_have_value("critical")
    await page.go_back()
    await at(page, "?state=firing")
    await expect(severity).to_have_value("")
    await expect(summary).to_contain_text("150 alerts")
    await page.get_by_role("link", name="older").click()
    await at(page, "?state=firing&page=2")
    await expect(page.locator("#alerts tbody tr")).to_have_count(50)
    await news(page, "/fragments/alerts?", 304)
    await page.locator("#alerts-q").fill("worker-12")
    await at(page, "?state=firing&q=worker-12")
    await expect(summary).to_contain_text("11 alerts")
    await expect(page.locator("#alerts-q")).to_be_focused()
    await page.go_back()
    await at(page, "?state=firing")
    await expect(page.locator("#alerts-q")).to_have_value("")
    await page.go_back()
    await at(page, "")
    await expect(state).to_have_value("")


async def test_a_thousand_rules_are_shown_a_page_at_a_time(watched: Watched) -> None:
    page = await watched.open("/alerts/rules")
    rows, first = page.locator("#rules tbody tr"), page.locator("#rules tbody tr a").first
    await expect(page.locator("#rules .summary")).to_have_text("1,000 rules")
    await expect(rows).to_have_count(100)
    await expect(first).to_have_text("large")
    await page.get_by_role("link", name="next").click()
    await at(page, "?page=2")
    await expect(first).to_have_text("rule 200")
    await page.go_back()
    await expect(first).to_have_text("large")
    await page.locator("#rules-state").select_option("off")
    await at(page, "?state=off")
    await page.locator("#rules-q").fill("rule 77")
    await at(page, "?state=off&q=rule+77")
    await expect(page.locator("#rules .summary")).to_have_text("14 rules of 1,000")
    await rows.first.get_by_role("button").click()
    await expect(page.locator("#rules .summary")).to_have_text("13 rules of 1,000")
    await at(page, "?q=rule+77&state=off")  # where one was


async def test_on_a_phone_what_can_be_done_with_a_line_is_at_hand(browser: Browser, server: Server) -> None:
    async with visiting(browser, server, **PHONE) as phone:
        page = await phone.open("/alerts?state=firing&q=worker-1")
        line = page.locator("#alerts tbody tr").first
        await line.locator("summary").tap()
        assert await page.evaluate(ASIDE) == []
        summary = await page.locator("#alerts .summary").text_content() or ""
        await line.get_by_label("Why", exact=True).fill("known")
        await line.get_by_role("button", name="Dismiss").tap()
        await page.wait_for_url("**/alerts?state=firing&q=worker-1")
        await expect(page.locator("#alerts .summary")).not_to_have_text(summary)
        for path in ("/alerts/rules", "/alerts/silences", "/alerts/channels"):
            assert await (await phone.open(path)).evaluate(ASIDE) == [], path
