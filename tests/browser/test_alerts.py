"""A rule written, tried, saved, fired by a real busy process, seen, dismissed and silenced, all on the pages."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from gobs_core.plugins import Plugins
from gobs_notifiers.webhook import WebhookNotifier
from gobs_server.alerts.conditions import gobs_register_conditions
from gobs_server.alerts.holding import Extensions
from gobs_server.alerts.rules.rule import RuleFields
from gobs_server.app import Server
from gobs_server.settings import ServerSettings
from tests.browser.axe import check
from tests.browser.conftest import Watched, agent
from tests.notifiers.service import Script, answer, service
from tests.support.database import fresh
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server that judges, with the rules a new one begins with."""
    conditions = {cls.name: cls for cls in gobs_register_conditions()}
    plugins = Plugins(conditions=conditions, notifiers={"webhook": WebhookNotifier})
    settings = ServerSettings(
        http="127.0.0.1:0", grpc="127.0.0.1:0", drain=0.5, refresh=1.0, inside_targets=("127.0.0.0/8",)
    )
    server = Server(settings, fresh(tmp_path), extensions=Extensions(plugins))
    await server.start()
    yield server
    await server.stop()


@contextmanager
def busy() -> Iterator[int]:
    """A process that uses all of a CPU it can get."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


async def drag_to_half(page: Page) -> None:
    """Drag the line of the threshold to the middle of the picture."""
    box = await page.locator("#preview svg").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.up()


async def test_a_rule_is_written_tried_saved_and_fires_and_its_alert_is_dismissed_and_found_again(
    server: Server, watched: Watched
) -> None:
    with busy() as pid:
        async with agent(server, "here"):
            await _through(server, watched, pid)


async def _through(server: Server, watched: Watched, pid: int) -> None:
    watched.forgiven = ("422", "htmx:afterRequest", "htmx:sendAbort")
    page = await watched.open("/")
    await expect(page.locator(".card")).to_be_visible()
    await page.keyboard.press("g")
    await page.keyboard.press("a")
    await expect(page.get_by_role("heading", name="Nothing fires")).to_be_visible()
    await page.get_by_role("link", name="Rules", exact=True).click()
    await expect(page.get_by_role("row", name=re.compile("^node cpu"))).to_be_visible()
    await check(page)

    await page.get_by_role("link", name="New rule").click()
    await page.locator("#f-name").fill("busy process")
    await page.locator("#f-target").select_option("row")
    await page.locator("#f-metric").fill("process.cpux")
    await expect(page.locator("#preview .faults")).to_contain_text("process.cpu")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#w-metric")).to_contain_text("the nearest are")
    await page.locator("#f-metric").fill("process.cpu")
    await page.locator("#f-where").fill(f"pid={pid}")
    await page.locator("#f-threshold").fill("0.001")
    await page.locator("#f-for_seconds").fill("")
    await expect(page.locator("#preview .summary")).to_contain_text("would have fired once on 1 row")
    await drag_to_half(page)
    threshold = await page.locator("#f-threshold").input_value()
    assert float(threshold) > 0.001
    suggested = page.get_by_role("group", name="Suggested thresholds").get_by_role("button").last
    number = await suggested.get_attribute("data-suggested")
    await suggested.click()
    await expect(page.locator("#f-threshold")).to_have_value(number or "")
    await expect(page.locator("#preview line.mark")).not_to_have_count(0)
    await page.locator("#f-threshold").fill("0.001")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="busy process")).to_be_visible()

    await page.goto(watched.origin + "/")
    await expect(page.locator(".card .firing")).to_contain_text("1")
    await page.locator(".card .firing").click()
    await expect(page.get_by_role("region", name="Contributors")).to_contain_text(str(pid))
    await page.get_by_role("link", name="Alerts", exact=True).first.click()
    row = page.locator("#alerts tr", has_text="busy process")
    await expect(row).to_contain_text(str(pid))
    await expect(page.locator("#alerting")).to_contain_text("1")
    await row.get_by_text("Dismiss, silence").click()
    await row.get_by_label("Why", exact=True).fill("it is a test")
    await check(page)
    await row.get_by_role("button", name="Dismiss").click()
    await expect(page.get_by_role("heading", name="Nothing fires")).to_be_visible()
    await page.locator("#alerts-state").select_option("resolved")
    await expect(row).to_contain_text("dismissed by local: it is a test")
    await row.get_by_role("link", name="busy process").click()
    await expect(page.get_by_role("region", name="Contributors")).to_contain_text(str(pid))
    await check(page)

    await page.goto(watched.origin + "/alerts/silences")
    await page.locator("#s-rule").fill("busy*")
    await expect(page.locator("#matched")).to_contain_text("0 of what fires now")
    await page.locator("#s-for").fill("2h")
    await page.get_by_role("button", name="Silence").click()
    await expect(page.get_by_role("row", name=re.compile("busy"))).to_contain_text("holds")
    await check(page)
    await page.get_by_role("link", name="Channels", exact=True).click()
    await expect(page.get_by_role("heading", name="Nobody is told")).to_be_visible()
    await check(page)
    assert [rule.name for rule in server.alerts.book.rules.values() if rule.origin == "user"] == ["busy process"]


async def test_a_channel_is_made_and_tried_and_what_was_refused_is_seen_and_sent_again(
    server: Server, watched: Watched
) -> None:
    script = Script(answer(200, "thanks <b>a lot</b>"))
    watched.forgiven = ("422",)
    async with service(script) as url, agent(server, "here"):
        await _told(server, watched, script, url)


async def _told(server: Server, watched: Watched, script: Script, url: str) -> None:
    page = await watched.open("/alerts/channels")
    await page.get_by_role("link", name="New: webhook").click()
    await page.locator("#c-name").fill("ops <i>room</i>")
    await page.locator("#c-url").fill("ftp://nowhere")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#w-url")).to_contain_text("http")
    assert server.alerts.book.channels == {}
    await page.locator("#c-url").fill(f"{url}/hook")
    await page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name=re.compile("room"))
    await expect(row).to_contain_text("on")

    script.next.append(answer(418, "no <script>tea</script> here"))
    await row.get_by_role("button", name="Test").click()
    await expect(page.locator("main .note[role=status]")).to_contain_text("HTTP 418: no <script>tea</script> here")
    await expect(page.locator("main .note[role=status]")).to_contain_text("Not taken")
    await row.get_by_role("button", name="Test").click()
    await expect(page.locator("main .note[role=status]")).to_contain_text(
        "Taken: ops <i>room</i>: HTTP 200: thanks <b>a lot</b>"
    )
    await check(page)

    script.next.append(answer(400, "no such field"))
    fields = RuleFields(name="any load", target="node", metric="load", operator=">=", threshold=0.0, repeat_seconds=0)
    await server.alerts.desk.add_rule(fields, "ann")
    await until(lambda: "dead" in {state for _, state in server.alerts.post.counts})
    asked = len(script.asked)
    await page.goto(watched.origin + "/alerts/channels")
    dead = page.get_by_role("region", name="Messages").get_by_role("row", name=re.compile("any load"))
    await expect(dead).to_contain_text("HTTP 400: no such field")
    await expect(dead).to_contain_text("dead")
    await page.get_by_role("link", name="1 message was given up").click()
    await page.wait_for_url("**/alerts/channels?state=dead")
    cut = "(cells) => cells.filter((cell) => cell.scrollWidth > cell.clientWidth).length"
    assert await dead.locator(":is(th, td)").evaluate_all(cut) == 0, "what the service said is there to be read"
    await check(page)
    await dead.get_by_role("button", name="Send again").click()
    await until(lambda: len(script.asked) > asked)
    await page.wait_for_url("**/alerts/channels")
    async with asyncio.timeout(20):
        while "sent" not in await dead.inner_text():
            await page.reload()
    assert script.asked[-1].headers["Idempotency-Key"] == script.asked[asked - 1].headers["Idempotency-Key"]
    await expect(dead.get_by_role("button", name="Send again")).to_have_count(0)
