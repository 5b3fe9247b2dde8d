"""Flamegraphs: from perf's words to what is stored, what a recording costs the agent's tick, the page's first paint."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple

from playwright.async_api import async_playwright

from benchmarks.agent import GOBS
from benchmarks.profile_readers import measured
from benchmarks.report import Report
from gobs_collectors.perf.child import record_command
from gobs_collectors.perf.probe import probe
from gobs_core import ProfileOrder, ProfileProcesses, ProfileTarget
from gobs_server.app import Server
from gobs_server.profiles.task import Task
from tests.browser.conftest import LAUNCH, make_server
from tests.browser.test_profiles import many
from tests.server.profiles.stored import done, store
from tests.support.needs import MISSING, this_machine
from tests.support.waiting import until

SAMPLES = 600 * 99 * 3
"""Ten minutes of three busy threads at the usual frequency."""
FAST = 4999
"""The frequency at which as many samples are taken in less time."""
THREADS = 3
TURNS = 2
"""How often the ticks are measured without a recording and with one."""
BUSY = r"""
#include <pthread.h>
#include <stdint.h>
volatile uint64_t x;
#define KIND(name) \
  __attribute__((noinline)) void name(long level, long n) { \
    if (level == 0) for (long i = 0; i < n; i++) x += i * i; else name(level - 1, n); x++; }
KIND(parse) KIND(hash) KIND(copy)
void *loop(void *depth) {
  for (;;) { parse((long)depth, 7000); hash((long)depth + 5, 2000); copy((long)depth + 10, 1000); }
}
int main(void) {
  pthread_t threads[3];
  for (long one = 0; one < 3; one++) pthread_create(&threads[one], 0, loop, (void *)(5 + 10 * one));
  pthread_join(threads[0], 0);
}
"""
DRAWN = """
new MutationObserver((found) => {
  const there = found.some(({ target }) => Number(target.dataset?.drawn) > 0);
  if (there && !window.drawnAt) requestAnimationFrame(() => (window.drawnAt = performance.now()));
}).observe(document, { subtree: true, attributeFilter: ["data-drawn"] });
"""


def run(quick: bool) -> list[Report]:
    """Measure with all samples, 30 ticks and 100,000 stacks, or little of each."""
    samples, ticks, stacks = (5_000, 3, (1_000,)) if quick else (SAMPLES, 15, (10_000, 100_000))
    return [_reading(samples, 1 if quick else 3), asyncio.run(_ticking(ticks)), asyncio.run(_painting(stacks))]


def _reading(samples: int, rounds: int) -> Report:
    """A real recording with as many samples, read by both in turn."""
    perf = probe().perf
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        _record(perf, data, samples)
        found = {name: [measured(name, perf, data) for _ in range(rounds)] for name in ("ours", "stackcollapse") * 1}
    taken = found["ours"][0]
    report = Report(
        f"Flamegraphs: {taken['samples']:,} samples of {THREADS} threads, from perf script to what is stored"
    )
    for name, note in (
        ("ours", f"stacks by thread, packed: {taken['stacks']:,} counts in {taken['bytes']:,} bytes"),
        ("stackcollapse", "lines of text, not packed, threads not told apart"),
    ):
        each = found[name]
        report.figure(f"{name}, with perf script", median(one["seconds"] for one in each), "s", note)
        report.figure(f"{name}, CPU of its own", median(one["cpu"] for one in each), "s")
        imports = f"{each[0]['imports']:.0f} of them what it imports"
        report.figure(f"{name}, memory", median(one["memory"] for one in each), "MiB RSS", imports)
    cpu = {name: median(one["cpu"] for one in each) for name, each in found.items()}
    report.bar("ours beside stackcollapse, CPU", cpu["ours"] / cpu["stackcollapse"], at_most=1)
    memory = median(one["memory"] - one["imports"] for one in found["ours"])
    report.bar("memory beyond its imports", memory, at_most=16, unit="MiB")
    return report


@contextmanager
def _busy() -> Iterator[int]:
    """A program of three busy threads, with call chains of 5 to 35 functions; gives its pid."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "busy.c").write_text(BUSY)
        build = [
            "cc",
            "-O1",
            "-fno-omit-frame-pointer",
            "-fno-optimize-sibling-calls",
            "-pthread",
            "-o",
            "busy",
            "busy.c",
        ]
        subprocess.run(build, cwd=folder, check=True)
        with subprocess.Popen([Path(folder, "busy")]) as program:
            try:
                time.sleep(0.2)  # until it has its threads
                yield program.pid
            finally:
                program.kill()


def _record(perf: str, data: Path, samples: int) -> None:
    order = ProfileOrder(id="x", target=ProfileTarget(kind="process"), frequency=FAST)
    at_once = min(THREADS, len(os.sched_getaffinity(0)))
    with _busy() as pid:
        command = record_command(perf, order, ProfileProcesses((pid,)), "cpu-clock", data, 1 << 30)
        command += ["--", "sleep", f"{samples / FAST / at_once:.1f}"]
        subprocess.run(command, check=True, capture_output=True)


@contextmanager
def _agent(server: Server) -> Iterator[int]:
    """An agent of that server; gives its pid."""
    target = ["--server", f"127.0.0.1:{server.grpc_port}", "--node", "n", "--interval", "1s"]
    with subprocess.Popen([*GOBS, "agent", *target], stderr=subprocess.DEVNULL) as child:
        try:
            yield child.pid
        finally:
            child.terminate()


class Ticks(NamedTuple):
    """Some of an agent's ticks, in seconds."""

    apart: list[float]
    """From one reading to the next."""
    cpu: list[float]
    """What the agent took of a CPU from one to the next, in all its threads; what its children take is not in it."""

    @property
    def off(self) -> list[float]:
        """How far each was from its second, in milliseconds."""
        return [abs(one - 1.0) * 1000 for one in self.apart]

    def __add__(self, more: object) -> Ticks:
        """Return both."""
        assert isinstance(more, Ticks)
        return Ticks(self.apart + more.apart, self.cpu + more.cpu)


async def _ticking(ticks: int) -> Report:
    """What a tick costs and how punctual it is while the node is recorded, and beside it while it is not, in turns."""
    report = Report("Flamegraphs: the agent's tick while it records the whole node")
    still, moving, states = Ticks([], []), Ticks([], []), set()
    with tempfile.TemporaryDirectory() as folder:
        server = make_server(Path(folder))
        await server.start()
        with _agent(server) as pid, _busy():
            await until(lambda: (node := server.live.node("n")) is not None and node.frames > 5, 60)
            for _ in range(TURNS):
                still += await _ticks(server, pid, ticks)
                task = await _begin(server, ticks + 5)
                moving += await _ticks(server, pid, ticks)
                states.add(task.state)
                await until(lambda: not any(one.open for one in server.profiles.all()), 300)
                await _ticks(server, pid, 2)
        await server.stop()
    recorded = " and ".join(sorted(states))
    for name, each in (("recording nothing", still), (f"recording ({recorded} all the while)", moving)):
        note = f"median of {len(each.off)}; at most {max(each.off):.1f}"
        report.figure(f"{name}: off its second", median(each.off), "ms", note)
        report.figure(f"{name}: CPU of a tick", median(each.cpu) * 1000, "ms", f"mean {fmean(each.cpu) * 1000:.1f}")
    report.bar("longest time between two readings", max(moving.apart), at_most=1.9, unit="s")
    ratio, looks = fmean(moving.cpu) / fmean(still.cpu), "each second what is new or has changed is looked at"
    report.figure("CPU of a tick while recording, beside recording nothing", ratio, "times", looks)
    return report


async def _begin(server: Server, seconds: float) -> Task:
    task = server.profiles.begin(
        "n",
        ProfileTarget(kind="node"),
        profiler="perf",
        duration=seconds,
        frequency=99,
        call_graph="fp",
        by="benchmark",
    )
    await until(lambda: task.state == "recording", 60)
    return task


async def _ticks(server: Server, pid: int, count: int) -> Ticks:
    """Wait for so many; when each was is by the agent's own clock."""
    node = server.live.node("n")
    assert node is not None
    times: list[float] = []
    spent: list[float] = []
    end = time.monotonic() + 3 * count + 30
    while len(times) <= count:
        assert time.monotonic() < end, "the agent does not report"
        at = node.tables["cpu"].view().time
        if not times or at != times[-1]:
            times.append(at)
            spent.append(_cpu_of(pid))
        await asyncio.sleep(0.02)
    return Ticks([b - a for a, b in pairwise(times)], [b - a for a, b in pairwise(spent)])


def _cpu_of(pid: int) -> float:
    """Seconds of CPU a process has taken, to the nanosecond: the kernel's clock of it, as clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | 2)


async def _painting(sizes: tuple[int, ...]) -> Report:
    """From the click on a link to the painted graph, in a real browser."""
    report = Report("Flamegraphs: from opening the page to the painted graph")
    chromium = this_machine().chromium()
    assert chromium is not None, MISSING["chromium"]
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            profile = many(size)
            await store(Path(folder), (task := done("x", profile), profile))
            server = make_server(Path(folder))
            await server.start()
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium, args=LAUNCH)
                each = [await _painted(browser, f"http://{server.http}/profiles/x") for _ in range(3)]
                await browser.close()
            await server.stop()
        note = f"{len(profile.parents):,} boxes, {task.bytes / 1e6:.1f} MB packed; the first of three {each[0]:.0f}"
        report.figure(f"{size:,} stacks", median(each), "ms", note)
        report.bar(f"{size:,} stacks", median(each), at_most=1000 if size <= 10_000 else 3000, unit="ms")
    return report


async def _painted(browser: object, url: str) -> float:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})  # type: ignore[attr-defined]
    await context.add_init_script(DRAWN)
    page = await context.new_page()
    await page.goto(url)
    found = None
    end = time.monotonic() + 60
    while found is None and time.monotonic() < end:
        await asyncio.sleep(0.05)
        found = await page.evaluate("window.drawnAt ?? null")
    with suppress(Exception):
        await context.close()
    assert found is not None, "nothing was painted"
    return float(found)


if __name__ == "__main__":
    print("\n".join(report.text() for report in run("--quick" in sys.argv)))
