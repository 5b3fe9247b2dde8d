"""One recording by perf, from its start to its profile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from gobs_collectors.perf.child import Child, Starter, record_command, script_command, started
from gobs_collectors.perf.crowd import Crowd
from gobs_collectors.perf.probe import CLOCK, NAME, Ability, why
from gobs_collectors.perf.script import DEEPEST, FIELDS, Script
from gobs_collectors.perf.symbols import OWN, Symbols
from gobs_core import (
    NoData,
    Proc,
    Profile,
    ProfileFailed,
    ProfileOrder,
    ProfileProcesses,
    ProfileProgress,
    ProfileThread,
    Stacks,
)

_LOOK = 1.0
"""Seconds between two looks at what the processes run."""
_CHUNK = 1 << 20
_FINE = (0, 130, -2, 143)
"""Exit codes of a perf that ended by itself or was told to."""
_TRIES = 5
_SPARE = 60.0
"""Seconds of every CPU that perf may take beyond the time it records."""
_LONGEST_FOLD = 150.0
_DEEPER = " (the node's kernel.perf_event_max_stack, which may be raised)"


class Recording:
    """One recording from its start to its profile."""

    def __init__(
        self,
        proc: Proc,
        ability: Ability,
        order: ProfileOrder,
        processes: ProfileProcesses,
        symbols: Symbols,
        folder: Path,
        tell: Callable[[ProfileProgress], None],
        most: int,
    ) -> None:
        self._proc, self._most = proc, most
        self._ability, self._order, self._processes = ability, order, processes
        self._symbols, self._folder, self._tell = symbols, folder, tell
        self._data = folder / "data"
        self._crowd = Crowd(proc, processes, symbols.look)
        self._notes: list[str] = []
        self._alive: list[int] = []

    async def run(self) -> Profile:
        """Record, then fold what perf prints; raises ProfileFailed."""
        wall, duration = await self._record()
        self._tell(ProfileProgress(state="processing"))
        stacks = Stacks()
        script = await self._fold(stacks)
        return await asyncio.to_thread(self._profile, stacks, script, wall, duration)

    async def _record(self) -> tuple[float, float]:
        """Record; returns when it began and how long it took."""
        for _ in range(_TRIES):
            self._alive = await asyncio.to_thread(self._crowd.look)
            if not self._processes.whole and not self._alive:
                raise ProfileFailed("the processes are gone")
            times, said = await self._attempt()
            if times is not None:
                if self._data.stat().st_size >= self._most * 0.99:
                    self._notes.append("the recording reached its largest size and ended early")
                return times
        # Of a group whose processes come and go, one may be gone whenever perf begins.
        raise _failure(said)

    async def _attempt(self) -> tuple[tuple[float, float] | None, str]:
        """Record those that are alive now; no times where perf could not begin, and what it said."""
        processes = ProfileProcesses(tuple(self._alive), whole=self._processes.whole)
        ability, most = self._ability, self._most
        command = record_command(ability.perf, self._order, processes, ability.event, self._data, most)
        with closing(Starter()) as starter:
            command[2:2] = starter.options
            # perf looks at --max-size between two writes; twice that is for one that does not.
            seconds = self._order.duration + _SPARE
            async with started(command, self._folder, starter.passed, most=2 * most, seconds=seconds) as child:
                begun = await starter.begin()
                began, wall = time.monotonic(), time.time()
                while begun and not await self._ended(child, began + self._order.duration):
                    await asyncio.to_thread(self._crowd.look)
                duration = time.monotonic() - began
                await child.interrupt()
                code, said = await child.outcome()
        if begun and self._data.exists() and code in _FINE:
            return (wall, duration), said
        if begun:
            raise _failure(said)
        return None, said

    async def _ended(self, child: Child, end: float) -> bool:
        """Wait a little; whether the recording is over."""
        left = end - time.monotonic()
        if left <= 0:
            return True
        self._tell(ProfileProgress(state="recording", left=round(left, 1)))
        return await child.wait(min(left, _LOOK)) or time.monotonic() >= end

    async def _fold(self, stacks: Stacks) -> Script:
        """Read what perf prints, once for each mount namespace that names come from."""
        await asyncio.to_thread(self._crowd.look, closely=True)
        script = Script(stacks, self._depth(), idle=self._ability.event != CLOCK)
        spaces: dict[str, list[int]] = {}
        for pid, space in self._symbols.pids.items():
            spaces.setdefault(space, []).append(pid)
        trees = self._symbols.trees
        if len(spaces) <= 1:
            await self._read(script, trees.get(next(iter(spaces), OWN)), ())
        else:
            # One process may be in several: those nobody looked at are read with the agent's own files.
            seen = await self._seen()
            for space, pids in spaces.items():
                if space != OWN and (mine := sorted(seen.intersection(pids))):
                    await self._read(script, trees[space], mine)
                    seen.difference_update(mine)
            if seen:
                await self._read(script, None, sorted(seen))
        return script

    def _depth(self) -> int:
        """Frames of a stack that are recorded: by frame pointers the kernel walks it, and stops there."""
        if self._order.call_graph == "dwarf":
            return DEEPEST
        try:
            return min(int(self._proc.read_once("sys/kernel/perf_event_max_stack")), DEEPEST)
        except (NoData, ValueError):
            return DEEPEST

    async def _seen(self) -> set[int]:
        """The processes that samples were taken of."""
        stacks = Stacks()
        script = Script(stacks)
        await self._read(script, None, (), fields="pid,tid,time,event,ip")
        return {pid for pid, _ in stacks.threads()}

    async def _read(self, script: Script, tree: Path | None, pids: Iterable[int], fields: str = FIELDS) -> None:
        command = script_command(self._ability.perf, self._data, fields, tree, tuple(pids))
        async with started(command, self._folder, seconds=_LONGEST_FOLD) as child:
            while part := await child.stdout.read(_CHUNK):
                await asyncio.to_thread(script.feed, part)
            script.finish()
            code, said = await child.outcome()
        if code and not script.stacks.samples:
            raise _failure(said)

    def _profile(self, stacks: Stacks, script: Script, wall: float, duration: float) -> Profile:
        if script.strange and not script.idle and not stacks.samples:
            perf, version = self._ability.perf, ".".join(map(str, self._ability.version))
            raise ProfileFailed(
                f"nothing that perf {version} printed was understood, in {script.strange:,} lines: is {perf} the "
                "kernel's own perf, and whole? Set profilers.perf.perf to one that is"
            )
        if script.idle and not stacks.samples:
            self._notes.append("no CPU of the node had anything to do meanwhile")
        elif not stacks.samples:
            self._notes.append("no sample was taken: what was recorded did not run on a CPU meanwhile")
        threads = stacks.threads()
        return Profile(
            profiler=NAME,
            event=self._ability.event,
            frequency=self._order.frequency,
            started=wall,
            duration=round(duration, 3),
            frames=stacks.frames,
            parents=stacks.parents,
            functions=stacks.functions,
            threads=[ProfileThread(pid, tid, *self._crowd.names.get((pid, tid), ("", ""))) for pid, tid in threads],
            counts=stacks.counts(threads),
            samples=stacks.samples,
            lost=script.lost,
            call_graph=self._order.call_graph,
            notes=[
                *self._notes,
                *_missing(script, self._ability.event),
                *sorted(self._symbols.missed),
                *_unnamed(script),
            ],
        )


def _failure(said: str) -> ProfileFailed:
    line = " ".join(said.split())
    return ProfileFailed(why(said) or f"perf failed: {line[:300] or 'it does not say why'}")


def _missing(script: Script, event: str) -> list[str]:
    """What of the stacks, and which of them, is missing."""
    notes = []
    if script.cut:
        notes.append(
            f"{script.cut:,} of {script.stacks.samples:,} samples have stacks of {script.depth} functions, and no more "
            "are recorded: their outermost callers may be missing" + (_DEEPER if script.depth < DEEPEST else "")
        )
    if script.idle and event == CLOCK:
        everything = script.stacks.samples + script.idle
        notes.append(
            f"{script.idle:,} of {everything:,} samples are left out, as they are of CPUs that had nothing to do: the "
            f"event {CLOCK} counts time, whatever is done in it"
        )
    if script.stacks.full:
        notes.append("there were too many different stacks: the last ones count for their nearest known callers")
    return notes


def _unnamed(script: Script) -> list[str]:
    """What could not be named, the most frequent first."""
    total = script.stacks.samples or 1
    worst = sorted(script.unnamed.items(), key=lambda item: -item[1])[:5]
    notes = [
        f"{count:,} of {total:,} samples are in {module or 'code of no file'} and have no name: {_reason(module)}"
        for module, count in worst
        if count * 100 >= total
    ]
    if script.lost:
        notes.append(f"the kernel dropped {script.lost:,} samples: the machine was too busy, or the frequency too high")
    if script.strange:
        notes.append(f"{script.strange:,} lines of perf's output were not understood and left out")
    return notes


def _reason(module: str) -> str:
    if module.startswith("[") and not module.startswith(("[unknown", "[heap", "[vdso")):
        return "the kernel's names take the capability SYSLOG, and kernel.kptr_restrict may be 1 at most"
    if not module or module.startswith(("//anon", "[unknown", "[heap")):
        return "code made while running needs a map: Node.js --perf-basic-prof, Java perf-map-agent, Python -X perf"
    return "the file has no symbols, or could not be read"
