"""Recording a machine: a real agent reads it tick for tick, and what it is answered goes into a file."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from gobs_core import __version__
from gobs_core.agent.clock import Clock
from gobs_core.agent.loop import Agent
from gobs_core.described import WorkloadInfo
from gobs_core.frame import Frame
from gobs_core.plugins import Plugins
from gobs_core.replay.clocks import NotingClock
from gobs_core.replay.layout import Header, Known
from gobs_core.replay.tape import Tape
from gobs_core.replay.taping import TapingProc
from gobs_core.replay.watched import WatchedRunner
from gobs_core.replay.writing import Writer
from gobs_core.scrub import compile_patterns
from gobs_core.settings import Settings
from gobs_core.settings.inside import all_inside
from gobs_core.workloads import Workloads


class Progress(NamedTuple):
    """One tick was recorded."""

    tick: int
    ticks: int
    files: int
    """Files that were read for the first time, or were otherwise than at the tick before."""
    past: int
    """Files read past the Proc so far."""
    refused: dict[str, str]
    """Collectors that cannot be replayed, since they read past their Proc -> what they read, and where."""
    taken: int
    """Bytes of all that was recorded so far, before they are compressed."""
    frame: Frame | None
    """What the collectors made of it."""


class Recorder:
    """Records `ticks` ticks of the machine at these roots into a file, with collectors alone: nothing is sent."""

    def __init__(
        self,
        settings: Settings,
        plugins: Plugins,
        root: str | os.PathLike[str],
        sys: str | os.PathLike[str],
        *,
        clock: Clock | None = None,
    ) -> None:
        self._settings = all_inside(replace(settings, agent=msgspec.structs.replace(settings.agent, sinks=[])))
        self._plugins = replace(plugins, profilers={}, sinks={})
        self._clock = NotingClock(clock)
        self._tape = Tape(_patterns(settings.configs.values()))
        self._proc = TapingProc(root, sys, self._tape, self._clock.seconds)
        self._told: tuple[Mapping[str, WorkloadInfo], str] | None = None
        self._past: set[str] = set()

    async def record(
        self, path: Path, ticks: int, stop: asyncio.Event, told: Callable[[Progress], object] = lambda _: None
    ) -> int:
        """Return how many ticks were recorded, fewer where `stop` was set before; raises UserError.

        What was recorded until then is whole.
        """
        with Writer(path, self._header()) as writer, self._proc.noticing():
            agent = Agent(self._settings, self._plugins, self._proc, clock=self._clock)
            await agent.open()
            done, opened = 0, agent.next_ns()
            try:
                while done < ticks and not stop.is_set():
                    await self._clock.sleep_until(agent.next_ns(), stop)
                    if stop.is_set():
                        break
                    known = self._known(agent.workloads)
                    frame = (await agent.tick()).frame
                    self._proc.copy_past()
                    files = self._write(writer, known, None if done else opened)
                    done += 1
                    told(Progress(done, ticks, files, len(self._past), _refused(agent), writer.taken, frame))
            finally:
                await agent.close()
                self._proc.close()
            if done:
                writer.end()
            return done

    def _write(self, writer: Writer, known: Known | None, opened: int | None) -> int:
        tick, contents = self._tape.take()
        self._past.update(tick.past)
        times = self._clock
        tick = msgspec.structs.replace(
            tick,
            wall_ns=times.wall,
            monotonic_ns=times.monotonic,
            read_ns=dict(times.read_ns),
            known=known,
            opened_ns=opened,
        )
        writer.tick(tick, contents)
        return len(contents)

    def _known(self, workloads: Workloads) -> Known | None:
        """What inventories tell, where that is something else than at the tick before."""
        told = (workloads.known(), workloads.unnamed())
        if self._told is not None and told[0] is self._told[0] and told[1] == self._told[1]:
            return None
        self._told = told
        return Known(workloads=tuple(told[0].values()), lacking=told[1])

    def _header(self) -> Header:
        agent = self._settings.agent
        return Header(
            node=agent.node,
            interval=agent.interval,
            version=__version__,
            kernel=os.uname().release if str(self._proc.root) == "/proc" else "",
            started_ns=self._clock.wall,
        )


def _refused(agent: Agent) -> dict[str, str]:
    watched = ((name, runner) for name, runner in agent.runners.items() if isinstance(runner, WatchedRunner))
    return {name: runner.past.found for name, runner in watched if runner.past.found}


def _patterns(configs: Iterable[object]) -> tuple[re.Pattern[str], ...]:
    """What collectors were told to hide in command lines besides."""
    found = [hide for config in configs if isinstance(hide := getattr(config, "hide", None), tuple)]
    return compile_patterns(pattern for hide in found for pattern in hide if isinstance(pattern, str))
