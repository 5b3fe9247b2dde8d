"""A real Chromium, a real server, and a watch for everything a page must not do."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright, expect

from gobs_server.app import Server
from gobs_server.clock import Clock
from gobs_server.settings import ServerSettings
from tests.browser.pages import prepare
from tests.support.database import fresh
from tests.support.needs import MISSING, this_machine
from tests.support.secrets import logs_below, told_in
from tests.support.server import Served
from tests.support.shared import shared_cluster

LAUNCH = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LEFT_OUT = (
    # What Playwright leaves out, as far as it changes what a page does or asks of others: the last list counts alone.
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
    # Pages behind the address bar, which nobody sees here: they cost twice what a tab of our own does.
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxPopup",
)
PATIENCE = 20_000
"""Milliseconds a page may take on two busy cores."""
expect.set_options(timeout=PATIENCE)
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
"""A narrow one, used by touch."""
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""


@dataclass
class Watched:
    """A page, and what it did that it must not."""

    page: Page
    origin: str
    faults: list[str] = field(default_factory=list)
    forgiven: tuple[str, ...] = ()
    """Parts of faults a test brings about on purpose."""

    async def open(self, path: str) -> Page:
        """Go to a path of the server."""
        await self.page.goto(self.origin + path)
        return self.page

    async def faultless(self) -> None:
        """Raise AssertionError with all it did that it must not."""
        violations = await self.page.evaluate("window.violations")
        faults = [fault for fault in self.faults if not any(part in fault for part in self.forgiven)]
        assert (faults, violations, await self.page.evaluate("window.hit")) == ([], [], None)

    def watch(self) -> None:
        """Begin to watch."""

        def console(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

        def request(made: Request) -> None:
            if not made.url.startswith((self.origin, "data:")):
                self.faults.append(f"foreign request: {made.url}")

        self.page.on("console", console)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", request)
        self.page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))


@pytest.fixture(scope="session")
def chromium() -> str:
    path = this_machine().chromium()
    if path is None:
        pytest.fail(MISSING["chromium"])
    return path


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server with seven simulated nodes for all tests that only look, whoever runs them."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cluster"
    with shared_cluster(folder, lambda data: prepare(data, time.time())) as server:
        yield server
    assert told_in(logs_below(folder)) == []


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One browser for all tests, which is why they share a loop: `pytest.mark.asyncio(loop_scope="session")`."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=[*LAUNCH, f"--disable-features={','.join(LEFT_OUT)}"]
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def visiting(browser: Browser, server: Server | Served, **options: Any) -> AsyncIterator[Watched]:
    """A fresh tab on a server, as Playwright's options describe it; it must do nothing it must not."""
    given = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", **options}
    context = await browser.new_context(**given)
    await context.add_init_script(WATCH)
    context.set_default_timeout(PATIENCE)
    watched = Watched(await context.new_page(), f"http://{server.http}")
    watched.watch()
    try:
        yield watched
        await watched.faultless()
    finally:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def tab(browser: Browser, cluster: Served) -> AsyncIterator[Watched]:
    """A tab on the simulated cluster."""
    async with visiting(browser, cluster) as watched:
        yield watched


@pytest_asyncio.fixture(loop_scope="session")
async def watched(browser: Browser, server: Server) -> AsyncIterator[Watched]:
    """A tab on a server of its own; at the end of the test it must have done nothing it must not."""
    async with visiting(browser, server) as watched:
        yield watched


def make_server(
    folder: Path,
    http: str = "127.0.0.1:0",
    clock: Clock | None = None,
    refresh: float = 2.0,
    grpc: str = "127.0.0.1:0",
) -> Server:
    """A server on loopback that takes a silent node for stale after two seconds."""
    settings = ServerSettings(http=http, grpc=grpc, stale=2.0, down=60.0, drain=0.5, refresh=refresh)
    return Server(settings, fresh(folder), clock=clock)


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = make_server(tmp_path)
    await server.start()
    yield server
    await server.stop()


@asynccontextmanager
async def agent(server: Server, node: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The real agent over this machine's /proc, sending to the server every second."""
    command = (Path(sys.executable).parent / "gobs", "agent", "--interval", "1s", "--node", node)
    target = ("--server", f"127.0.0.1:{server.grpc_port}")
    null = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, *target, *arguments, stdin=null, stdout=null, stderr=null)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
