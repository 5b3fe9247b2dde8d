"""What is replayed is what was read while it was recorded: the whole agent's frames, of this machine and of others."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gobs_core import Frame
from gobs_core.agent.clock import Clock
from gobs_core.agent.selftables import OWN_TABLES
from gobs_core.plugins import Plugins
from gobs_core.replay import Recording
from gobs_core.replay.player import Player
from gobs_core.replay.recorder import Progress, Recorder
from gobs_core.settings import AgentSettings, Settings
from tests.collectors.golden import LATER, lay
from tests.core.fakes import FakeSink
from tests.core.test_agent_golden import plugins
from tests.machines.make import MACHINES

MACHINE = "containerd-v2"


class Hasty(Clock):
    """Time as it is, and as much further as anybody would have slept."""

    def __init__(self) -> None:
        self._slept = 0

    def monotonic_ns(self) -> int:
        """Return the time with all that was slept."""
        return super().monotonic_ns() + self._slept

    def wall_ns(self) -> int:
        """Return the same on the other clock."""
        return super().wall_ns() + self._slept

    async def sleep_until(self, monotonic_ns: int, stop: asyncio.Event) -> None:
        """Be there at once."""
        self._slept += max(0, monotonic_ns - self.monotonic_ns())


SETTINGS = Settings(agent=AgentSettings(node="rack7", interval=5.0, sinks=["fake"]))


async def recorded(
    file: Path, roots: tuple[Any, Any], between: Callable[[int], object], ticks: int = 3, loaded: Plugins | None = None
) -> list[Frame]:
    """Record and return the frames that were made meanwhile."""
    frames: list[Frame] = []

    def told(progress: Progress) -> None:
        assert progress.frame is not None
        frames.append(progress.frame)
        between(progress.tick)

    recorder = Recorder(SETTINGS, loaded or plugins(), *roots, clock=Hasty())
    assert await recorder.record(file, ticks, asyncio.Event(), told) == ticks
    return frames


async def replayed(file: Path, folder: Path, loaded: Plugins | None = None, **how: Any) -> list[Frame]:
    """Replay as fast as it goes and return the frames."""
    kept: list[FakeSink] = []

    class Kept(FakeSink):
        def __init__(self, config: Any, source: Any) -> None:
            super().__init__(config, source)
            kept.append(self)

    loaded = dataclasses.replace(loaded or plugins(), sinks=MappingProxyType({"fake": Kept}))
    how = {"speed": None, **how}
    await Player(Recording(file), SETTINGS, loaded, folder, **how).play(asyncio.Event())
    return kept[0].frames


def shown(frames: list[Frame]) -> list[dict[str, Any]]:
    """Return all that is told of the machine; what an agent tells of itself is of the one that runs."""
    own = {table.name for table in OWN_TABLES}
    return [
        {
            "times": (frame.sequence, frame.wall_ns, frame.monotonic_ns),
            **{one.table.name: (one.read_ns, tuple(one.rows)) for one in frame.readings if one.table.name not in own},
        }
        for frame in frames
    ]


async def test_of_this_machine_every_row_is_the_same_when_it_is_replayed(tmp_path: Path) -> None:
    children: list[subprocess.Popen[bytes]] = []

    def between(tick: int) -> None:
        if tick == 1:
            children.append(
                subprocess.Popen([sys.executable, "-c", "input()", "--token=hunter2"], stdin=subprocess.PIPE)
            )
        elif tick == 2:
            children[0].communicate(b"\n")

    file = tmp_path / "here.gobs.xz"
    frames = await recorded(file, ("/proc", "/sys"), between)
    pids = [{row[0] for row in tick["process"][1]} for tick in shown(frames)]
    assert str(children[0].pid) in pids[1] - pids[0], "it came with the second tick"
    assert str(children[0].pid) not in pids[2], "and had gone by the third"
    again = await replayed(file, tmp_path / "again")
    for before, after in zip(shown(frames), shown(again), strict=True):
        for name, rows in before.items():
            assert rows == after[name], name
        assert before == after
    assert b"hunter2" not in b"".join(raw for _, contents in Recording(file).ticks() for raw in contents)


async def test_of_a_node_of_a_cluster_every_row_is_the_same_when_it_is_replayed(tmp_path: Path) -> None:
    folder = tmp_path / "machine"
    lay(MACHINES[MACHINE], folder)
    file = tmp_path / "node.gobs.xz"
    frames = await recorded(
        file, (folder / "proc", folder / "sys"), lambda tick: lay(MACHINES[MACHINE + LATER], folder)
    )
    assert {"container", "pod", "process", "disk", "net"} <= shown(frames)[2].keys()
    assert shown(await replayed(file, tmp_path / "again")) == shown(frames)
