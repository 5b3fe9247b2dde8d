"""The page of a real process, read by a real agent: what it says is what /proc says, also after it has ended."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from gobs_core import Unit
from gobs_server.app import Server
from gobs_server.web.format import full
from tests.browser.conftest import Watched, agent
from tests.support.programs import searched

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CHILD = """
import sys, threading, time
for _ in range(4):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
keep = open(sys.argv[1], "w")
print("ready", flush=True)
time.sleep(600)
"""

KINDS = ("ancestor", "sibling")
INSET = "(all) => all.map((one) => parseFloat(getComputedStyle(one).marginLeft))"


@asynccontextmanager
async def child(file: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of five threads that has a file open."""
    process = searched(
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, str(file), stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
        )
    )
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def started(pid: int) -> str:
    """When it started, in clock ticks, as the kernel says."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]


def vm_size(pid: int) -> int:
    """The bytes of its address space, as the kernel says."""
    return int(re.findall(r"VmSize:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))[0]) * 1024


async def reported(server: Server, pid: int) -> None:
    """Wait until the server knows a process, and its rates."""
    while True:
        node = server.live.node("here")
        table = None if node is None else node.tables.get("process")
        if table is not None and any(key[0] == str(pid) for key in table.view().keys) and node and node.frames > 2:
            return
        await asyncio.sleep(0.1)


async def opened(page: Page, section: str) -> str:
    """Open a section and wait for what it holds."""
    details = page.locator(f"#inspect-{section}")
    await details.locator("summary").click()
    await expect(details.get_by_role("button", name="Read again")).to_be_visible()
    return await details.inner_text()


async def test_a_process_is_shown_as_the_kernel_has_it_and_its_end_is_told(
    server: Server, watched: Watched, tmp_path: Path
) -> None:
    file = tmp_path / "open file"
    async with agent(server, "here"), child(file) as process:
        pid, start = process.pid, started(process.pid)
        page = watched.page
        await reported(server, pid)
        await watched.open(f"/nodes/here/processes/{pid}/{start}")
        await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("python"))
        await expect(page.locator("#row")).to_contain_text("It runs")
        await expect(page.locator(".tree [aria-current]")).to_contain_text(str(pid))
        await expect(page.locator(".tree")).to_contain_text(str(os.getpid()))
        ancestors, siblings = [await page.locator(f".tree > .{kind}").evaluate_all(INSET) for kind in KINDS]
        assert ancestors == [16 * min(generation, 4) for generation in range(len(ancestors))]
        assert set(siblings) == {16 * min(max(len(ancestors), 1), 5)}

        threads = await opened(page, "threads")
        assert all(name in threads for name in os.listdir(f"/proc/{pid}/task"))
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        assert re.search(rf"Max open files\s+{soft}\s+{hard}\s+files", await opened(page, "limits"))
        descriptors = await opened(page, "descriptors")
        assert str(file) in descriptors
        rss = await opened(page, "smaps")
        assert re.search(r"Rss\s+\d", rss)
        assert re.search(rf"Pid:\s+{pid}\n", await opened(page, "status"))

        field = page.locator(".group dl div", has=page.locator("dt", has_text=re.compile("^vm size$"))).locator(
            "dd bdi"
        )
        size = vm_size(pid)
        await expect(field).to_have_text(full(size, Unit.BYTES))
        chart = page.locator(".chart", has=page.locator("figcaption b", has_text=re.compile("^Memory$")))
        await chart.scroll_into_view_if_needed()
        await expect(chart.locator("canvas")).to_be_visible()
        await expect(chart.locator("[data-line='0'] b")).to_contain_text("MiB")

        process.kill()
        await process.wait()
        await expect(page.locator("#row")).to_contain_text("It has ended; it was last read at")
        await expect(field).to_have_text(full(size, Unit.BYTES))
        details = page.locator("#inspect-threads")
        await details.get_by_role("button", name="Read again").click()
        await expect(details).to_contain_text("has ended")
        await page.reload()
        await expect(page.locator("#row")).to_contain_text("It has ended")
        await expect(page.locator("#inspect-threads")).to_have_count(0)
        await expect(field).to_have_text(full(size, Unit.BYTES))


async def test_a_row_is_one_enter_away_from_its_page(server: Server, watched: Watched) -> None:
    async with agent(server, "here"):
        await reported(server, os.getpid())
        page = await watched.open("/nodes/here")
        await expect(page.locator("#t-process tr[id]").first).to_be_visible()
        await page.get_by_label("Filter the rows of process").fill(str(os.getpid()))
        link = page.locator("#t-process tbody th a", has_text=re.compile(f"^{os.getpid()}$"))
        await link.focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/nodes/here/processes/{os.getpid()}/{started(os.getpid())}")
        await page.locator("dd a").first.click()
        await page.wait_for_url("**/nodes/here/workloads/*")
        await expect(page.locator("#members")).to_contain_text(str(os.getpid()))
