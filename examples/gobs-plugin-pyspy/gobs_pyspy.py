"""A profiler for Gobservability: stacks of Python programs by their functions' names, read from outside by py-spy."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gobs_core import (
    NoData,
    Profile,
    ProfileFailed,
    ProfileOrder,
    ProfileProcesses,
    ProfileProgress,
    Profiler,
    ProfilerConfig,
    ProfileThread,
    StackFrame,
    Stacks,
    hookimpl,
)

MOST_PROCESSES = 16
_TIMES_UP = 20.0
"""Seconds py-spy may take to write its file once its time is over."""
_THREAD = re.compile(r'Thread (?:0x)?([0-9A-Fa-f]{1,16})(?: "(.*)")?', re.DOTALL)


class PySpyConfig(ProfilerConfig, frozen=True, kw_only=True):
    """Settings under `[profilers.pyspy]`."""

    program: str = ""
    """The program; unset: the one that is found."""


class PySpyProfiler(Profiler):
    """Runs `py-spy record` for each Python process of what is to be recorded. Takes SYS_PTRACE."""

    name = "pyspy"
    title = "Python functions (py-spy)"
    kinds = ("workload", "container", "process")
    Config = PySpyConfig
    config: PySpyConfig

    def open(self) -> None:
        """Find the program; raises NoData where there is none."""
        places = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)))
        self._program = self.config.program or shutil.which("py-spy", path=places) or ""
        if not os.access(self._program, os.X_OK):
            raise NoData("the program py-spy is not installed here: pip install py-spy")

    async def record(
        self, order: ProfileOrder, processes: ProfileProcesses, tell: Callable[[ProfileProgress], None]
    ) -> Profile:
        """Record all of them at once."""
        pids = [pid for pid in processes.pids if self._is_python(pid)]
        if not pids:
            raise ProfileFailed("none of its processes runs Python")
        notes = (
            [f"{MOST_PROCESSES} of {len(pids)} Python processes were recorded"] if len(pids) > MOST_PROCESSES else []
        )
        stacks, names, started, begun = Stacks(), dict[tuple[int, int], str](), time.time(), time.monotonic()
        with tempfile.TemporaryDirectory(prefix="gobs-py-spy-") as folder:
            children = [asyncio.create_task(self._spy(pid, order, folder)) for pid in pids[:MOST_PROCESSES]]
            try:
                while (left := begun + order.duration - time.monotonic()) > 0 and not all(map(_done, children)):
                    tell(ProfileProgress(state="recording", left=left))
                    await asyncio.wait(children, timeout=min(left, 1.0))
                tell(ProfileProgress(state="processing"))
                said = await asyncio.gather(*children)
            finally:
                for child in children:
                    child.cancel()
                await asyncio.gather(*children, return_exceptions=True)
            for pid, problem in zip(pids, said, strict=False):
                if problem:
                    notes.append(f"process {pid} was not recorded: {problem}")
                else:
                    await asyncio.to_thread(_take, f"{folder}/{pid}", pid, stacks, names)
        if len(notes) >= len(pids) and not stacks.samples:
            raise ProfileFailed("; ".join(notes))
        threads = stacks.threads()
        return Profile(
            profiler=self.name,
            event="wall",
            frequency=order.frequency,
            started=started,
            duration=time.monotonic() - begun,
            frames=stacks.frames,
            parents=stacks.parents,
            functions=stacks.functions,
            threads=[ProfileThread(pid, tid, self._comm(pid), names.get((pid, tid), "")) for pid, tid in threads],
            counts=stacks.counts(threads),
            samples=stacks.samples,
            notes=[*notes, "threads that waited are left out, as py-spy tells them"],
        )

    async def _spy(self, pid: int, order: ProfileOrder, folder: str) -> str:
        """Run py-spy on one process; returns why it came to nothing, or nothing."""
        seconds = max(round(order.duration), 1)
        command = [
            self._program,
            "record",
            "--pid",
            str(pid),
            "--duration",
            str(seconds),
            "--rate",
            str(order.frequency),
        ]
        command += ["--format", "speedscope", "--threads", "--function", "--full-filenames", "--nonblocking"]
        tied = shutil.which("setpriv")  # has the kernel end it with the agent, however that dies
        child = await asyncio.create_subprocess_exec(
            *([tied, "--pdeathsig", "KILL"] if tied else []),
            *command,
            *("--output", f"{folder}/{pid}"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(order.duration + _TIMES_UP):
                _, said = await child.communicate()
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.send_signal(signal.SIGKILL)
                await child.wait()
        lines = said.decode("utf-8", "replace").strip().splitlines() or [""]
        return "" if child.returncode == 0 else lines[0][:200] or "py-spy failed"

    def _is_python(self, pid: int) -> bool:
        with suppress(NoData):
            return b"python" in self.proc.read_once(f"{pid}/maps").lower()
        return False

    def _comm(self, pid: int) -> str:
        with suppress(NoData):
            return self.proc.read_once(f"{pid}/comm").decode("utf-8", "replace").strip()
        return ""


def _done(task: asyncio.Task[str]) -> bool:
    return task.done()


def _take(path: str, pid: int, stacks: Stacks, names: dict[tuple[int, int], str]) -> None:
    """Add what py-spy wrote down: a profile for each thread, with a list of frames for each sample."""
    with open(path, "rb") as file:
        found: dict[str, Any] = json.load(file)
    frames = [
        stacks.frame(StackFrame(str(one["name"])[:512], str(one.get("file") or "")[:512], "python"))
        for one in found["shared"]["frames"]
    ]
    for profile in found["profiles"]:
        thread = _THREAD.search(profile["name"])
        tid = int(thread[1], 10 if thread[1].isdecimal() else 16) & 0x7FFFFFFF if thread else pid
        names[pid, tid] = (thread[2] if thread else None) or profile["name"]
        for sample in profile["samples"]:
            stacks.add(pid, tid, [frames[place] for place in sample])


@hookimpl
def gobs_register_profilers() -> list[type[Profiler]]:
    """Announce the profiler."""
    return [PySpyProfiler]
