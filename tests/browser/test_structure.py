"""What each page says and offers, in order, as those hear it who do not see it: written down, and compared.

A picture differs from one machine to the next by its fonts; what a page is made of does not.
"""

from __future__ import annotations

import asyncio
import difflib
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from gobs_server.app import Server
from gobs_server.db.alerts import AlertSearch
from tests.browser.conftest import Watched, visiting
from tests.browser.fixed_cluster import fixed_server
from tests.browser.pages import RECORDED
from tests.server.feeding import START

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

GOLDEN = Path(__file__).parent / "structure"
NOW = START + 36 * 5
THEN, BEFORE = f"{NOW - 20:.0f}", f"{NOW - 120:.0f}"
AGE = re.compile(r"\b\d+ (s|min|h|d) ago\b")
MADE_UP = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\bgobs_\w+(?=…)")
"""Ids, and the beginnings of tokens."""
SECONDS = 20.0
"""A page may take until what it loads by itself is there."""


class Seen(NamedTuple):
    """A page whose structure is written down."""

    name: str
    path: str
    """`{alert}`, `{over}` and `{rule}` stand for an alert that fires, one that is over, and the rule of the first."""
    status: int = 200


SEEN = (
    Seen("nodes", "/"),
    Seen("nodes-table", "/?view=table&sort=-cpu"),
    Seen("nodes-heat", "/?view=heat&by=memory"),
    Seen("nodes-past", f"/?view=cards&at={THEN}"),
    Seen("nodes-changes", f"/?at={THEN}&against={BEFORE}"),
    Seen("node", "/nodes/web"),
    Seen("table", "/nodes/web/tables/process?sort=-rss"),
    Seen("groups", "/nodes/web/tables/process?group=comm&idle=hide"),
    Seen("changes", f"/nodes/web/tables/process?at={THEN}&against={BEFORE}"),
    Seen("process", "/nodes/web/processes/20/77"),
    Seen("process-changes", f"/nodes/web/processes/20/77?at={THEN}&against={BEFORE}"),
    Seen("pods", "/pods?sort=problems"),
    Seen("pods-heat", "/pods?view=heat&by=memory_of_limit"),
    Seen("pods-groups", "/pods?group=namespace"),
    Seen("pods-changes", f"/pods?at={THEN}&against={BEFORE}"),
    Seen("pod", "/nodes/web/workloads/u-1"),
    Seen("profiles", "/profiles"),
    Seen("gallery", "/gallery"),
    Seen("login", "/login"),
    Seen("missing", "/nodes/nowhere", 404),
    Seen("unclear", "/?at=yesterdayish", 400),
    Seen("gone", "/nodes/web/processes/4711/1", 404),
    Seen("recorded", f"/profiles/{RECORDED}"),
    Seen("past", f"/nodes/web?at={THEN}"),
    Seen("row", "/nodes/web/tables/net/row?key=eth0"),
    Seen("pods-past", f"/pods?at={THEN}"),
    Seen("alerts", "/alerts"),
    Seen("alerts-history", "/alerts?state=resolved"),
    Seen("alerts-none", "/alerts?q=nothing"),
    Seen("alert", "/alerts/{alert}"),
    Seen("alert-over", "/alerts/{over}"),
    Seen("rules", "/alerts/rules"),
    Seen("rule", "/alerts/rules/{rule}"),
    Seen("rule-new", "/alerts/rules/new"),
    Seen("silences", "/alerts/silences"),
    Seen("channels", "/alerts/channels"),
    Seen("channel", "/alerts/channels/c-1"),
    Seen("channel-new", "/alerts/channels/new?kind=webhook"),
    Seen("plugins", "/plugins"),
    Seen("account", "/account"),
    Seen("users", "/access/users"),
    Seen("user", "/access/users/ann"),
    Seen("tokens", "/access/tokens"),
    Seen("logins", "/access/logins"),
    Seen("audit", "/access/audit"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with fixed_server(tmp_path_factory.mktemp("fixed")) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tab(browser: Browser, server: Server) -> AsyncIterator[Watched]:
    """One tab, whose clock stands still as the server's does."""
    async with visiting(browser, server, timezone_id="UTC", locale="en-GB") as tab:
        await tab.page.clock.set_fixed_time(datetime.fromtimestamp(NOW, UTC))
        yield tab


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made(server: Server) -> dict[str, str]:
    """What the ids in addresses are."""
    [firing] = server.alerts.keeper.alerts.values()
    [over] = (await server.alerts.search(AlertSearch("resolved"), 2, 0)).alerts
    return {"alert": firing.id, "over": over.id, "rule": firing.rule}


@pytest.mark.parametrize("seen", SEEN, ids=lambda seen: seen.name)
async def test_a_page_says_and_offers_what_is_written_down(
    seen: Seen, tab: Watched, made: dict[str, str], pytestconfig: pytest.Config
) -> None:
    tab.forgiven = (*tab.forgiven, str(seen.status)) if seen.status >= 400 else tab.forgiven
    path = GOLDEN / f"{seen.name}.yaml"
    await tab.open(seen.path.format(**made))
    if pytestconfig.getoption("--update-golden"):
        path.write_text(await settled(tab), encoding="utf-8")
    wanted = path.read_text(encoding="utf-8")
    found = await waited(tab, wanted)
    if found != wanted:
        lines = difflib.unified_diff(wanted.splitlines(), found.splitlines(), "written down", "found", lineterm="")
        pytest.fail("\n".join([*lines, "If it is meant so: make golden, and read the difference"]), pytrace=False)


async def waited(tab: Watched, wanted: str) -> str:
    """Return it as soon as it is what is wanted, or what it is in the end."""
    until = time.monotonic() + SECONDS
    while (found := await structure(tab)) != wanted and time.monotonic() < until:  # noqa: ASYNC110  a page has no event
        await asyncio.sleep(0.1)
    return found


async def structure(tab: Watched) -> str:
    """Return what the page is made of now; ages go by the clock of the answers, which nobody can hold."""
    return MADE_UP.sub("…", AGE.sub("some time ago", await tab.page.locator("main").aria_snapshot())) + "\n"


async def settled(tab: Watched) -> str:
    """Return it once it has been the same for a while."""
    found, same = "", 0
    while same < 15:
        await asyncio.sleep(0.1)
        now = await structure(tab)
        found, same = now, same + 1 if now == found else 0
    return found
