"""perf as a child: how it is called, within which limits, that it dies with the agent, what it says when it fails."""

from __future__ import annotations

import asyncio
import math
import os
import resource
import shutil
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from gobs_collectors.perf.script import DEEPEST
from gobs_core import ProfileFailed, ProfileOrder, ProfileProcesses

DWARF_STACK = 8192
"""Bytes of each stack that are copied with the call graph `dwarf`."""
_SAID = 16 * 1024
_END = 2.0
"""Seconds a child is given to end once asked, before it is killed."""
MOST_MEMORY = 2 << 30
"""Bytes of address space: the largest programs with all their symbols, and no more."""
_SCRATCH = 16 << 20
_NICER = 5
_FIRST_TO_GO = b"1000"
"""Where memory is short the kernel ends perf before anybody else in the container."""
_CAPABILITIES = "-sys_admin,-sys_chroot"
"""Taken from `perf script`: it must not enter mount namespaces, or it looks for the tree of links inside them."""


class Starter:
    """Two pipes by which a perf that is ready is told to begin: its time counts from there. Takes perf 5.10."""

    def __init__(self) -> None:
        self._told, self._tell = os.pipe()
        self._heard, self._hear = os.pipe()
        self._open = {self._told, self._tell, self._heard, self._hear}

    @property
    def options(self) -> list[str]:
        """For perf's command line."""
        return ["-D", "-1", f"--control=fd:{self._told},{self._hear}"]

    @property
    def passed(self) -> tuple[int, int]:
        """What perf inherits."""
        return self._told, self._hear

    async def begin(self) -> bool:
        """Tell perf to begin and wait until it has; False where it ended before that."""
        self._close(*self.passed)
        with suppress(BrokenPipeError):
            os.write(self._tell, b"enable\n")
        return b"ack" in await asyncio.to_thread(os.read, self._heard, 16)

    def close(self) -> None:
        """Close what is still open."""
        self._close(*self._open)

    def _close(self, *fds: int) -> None:
        for fd in self._open.intersection(fds):
            os.close(fd)
        self._open.difference_update(fds)


def record_command(
    perf: str, order: ProfileOrder, processes: ProfileProcesses, event: str, data: Path, most: int
) -> list[str]:
    """The command that records until it is interrupted, or until all its processes have ended."""
    graph = f"dwarf,{DWARF_STACK}" if order.call_graph == "dwarf" else "fp"
    target = ["-a"] if processes.whole else ["-p", ",".join(map(str, processes.pids))]
    options = ["-B", "-N", "-e", event, "-F", str(order.frequency), "--call-graph", graph, "-m", "64"]
    return [perf, "record", *options, f"--max-size={max(most >> 20, 1)}M", "-o", str(data), *target]


def script_command(perf: str, data: Path, fields: str, tree: Path | None, pids: Sequence[int] = ()) -> list[str]:
    """The command that prints the samples, of `pids` alone where there are any, with names from a tree of files."""
    options = ["--no-inline", "--show-lost-events", f"--max-stack={DEEPEST}", "-f", "-F", fields, "-i", str(data)]
    if tree is not None:
        # With a tree perf looks for the kernel's names in it, unless told where they are.
        options += [f"--symfs={tree}", "--kallsyms=/proc/kallsyms"]
    if pids:
        options.append(f"--pid={','.join(map(str, pids))}")
    command = [perf, "script", *options]
    setpriv = shutil.which("setpriv")
    return [setpriv, "--bounding-set", _CAPABILITIES, *command] if setpriv and tree and os.geteuid() == 0 else command


class Child:
    """One perf that runs. Made by `started`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._said = bytearray()
        self._listener = asyncio.create_task(self._listen())

    @property
    def stdout(self) -> asyncio.StreamReader:
        """What it prints."""
        assert self._process.stdout is not None
        return self._process.stdout

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end; whether it has ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._process.wait()
        return self._process.returncode is not None

    async def interrupt(self) -> None:
        """Let it finish its file and end."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT)
            await self._process.wait()

    async def outcome(self) -> tuple[int, str]:
        """Its exit code, once it has ended, and what it complained of."""
        code = await self._process.wait()
        await self._listener
        return code, self._said.decode("utf-8", "replace")

    async def end(self) -> None:
        """End it, by force if need be."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.returncode is None:
                with suppress(ProcessLookupError):
                    self._process.send_signal(number)
                await self.wait(_END)
        self._listener.cancel()

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while part := await self._process.stderr.read(4096):
            self._said += part[: max(_SAID - len(self._said), 0)]


@asynccontextmanager
async def started(
    command: Sequence[str], folder: Path, passed: tuple[int, ...] = (), *, most: int = _SCRATCH, seconds: float
) -> AsyncIterator[Child]:
    """Start a child that dies with the agent; it has ended when the block is left. Raises ProfileFailed.

    It may write files of `most` bytes, and use as much CPU time as all CPUs have in `seconds`.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *_tied(command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=1 << 20,
            pass_fds=passed,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": str(folder), "PERF_PAGER": "cat"},
        )
    except OSError as error:
        raise ProfileFailed(f"{command[0]} cannot be started: {error.strerror}") from None
    _limit(process.pid, most, seconds)
    child = Child(process)
    try:
        yield child
    finally:
        await child.end()


def _limit(pid: int, most: int, seconds: float) -> None:
    """Set what a child may take. One that has ended already needs none."""
    limits = {
        resource.RLIMIT_AS: MOST_MEMORY,
        resource.RLIMIT_FSIZE: most,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: math.ceil(seconds * (os.cpu_count() or 1)),
    }
    with suppress(OSError):
        for limit, value in limits.items():
            resource.prlimit(pid, limit, (value, value))
        os.setpriority(os.PRIO_PROCESS, pid, _NICER)
        Path(f"/proc/{pid}/oom_score_adj").write_bytes(_FIRST_TO_GO)


def _tied(command: Sequence[str]) -> list[str]:
    """The command through setpriv(1), which tells the kernel to kill it when its parent dies."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return list(command)
    if command[0] == setpriv:
        return [setpriv, "--pdeathsig", "KILL", *command[1:]]
    return [setpriv, "--pdeathsig", "KILL", *command]
