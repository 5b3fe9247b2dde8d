"""The real agent with the real collectors reads a simulated machine as if it were one."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gobs_core import Frame, Proc
from gobs_core.agent.clock import NANO, Clock
from gobs_core.agent.loop import Agent, TickStats
from gobs_core.plugins import load_plugins
from gobs_core.settings import AgentSettings, Settings
from gobs_core.simulate.cluster import node_machine, pods_beside
from gobs_core.simulate.inventory import Telling
from gobs_core.simulate.mount import MountedMachine
from gobs_core.simulate.names import seeded
from gobs_core.simulate.node import Node
from gobs_core.simulate.overlay import FIRST_PID, Overlay, OverlayProc

START = 1_700_000_000.0
SETTINGS = Settings(agent=AgentSettings(node="worker-1", interval=5.0, sinks=[]))


class TurnedClock(Clock):
    """Time that passes only when somebody waits for it, and ends after `ticks` readings."""

    def __init__(self, ticks: int) -> None:
        self.now = 0
        self.left = ticks

    def monotonic_ns(self) -> int:
        return self.now

    def wall_ns(self) -> int:
        return int(START) * NANO + self.now

    async def sleep_until(self, monotonic_ns: int, stop: asyncio.Event) -> None:
        self.now = max(self.now, monotonic_ns)
        self.left -= 1
        if self.left < 0:
            stop.set()


class Recorder(Agent):
    """An agent whose frames stay here."""

    frames: tuple[Frame, ...] = ()

    async def tick(self) -> TickStats:
        stats = await super().tick()
        assert stats.frame is not None
        self.frames += (stats.frame,)
        return stats


def rows(frame: Frame, table: str) -> list[dict[str, object]]:
    reading = next(reading for reading in frame.readings if reading.table.name == table)
    names = [column.name for column in reading.table.stored]
    return [dict(zip(names, row, strict=True)) for row in reading.rows]


async def run(world: MountedMachine | Overlay | Telling, proc: Proc, ticks: int) -> Recorder:
    clock = TurnedClock(ticks + 1)
    plugins = load_plugins(allow=list(load_plugins().collectors))
    if isinstance(world, Telling):
        plugins = world.plugins(plugins, alone=True)
    agent = Recorder(SETTINGS, plugins, proc, clock=clock, run="r")
    await Node(agent, world, START, clock).run(asyncio.Event())
    return agent


async def test_every_collector_finds_what_it_reads(tmp_path: Path) -> None:
    world = MountedMachine(node_machine("worker-1", 1, seeded(1, "worker-1"), START), tmp_path)
    agent = await run(world, Proc(world.proc, world.sys), 30)
    states = {state.name: (state.state, state.error) for state in agent.states() if state.kind == "collector"}
    assert states == dict.fromkeys(states, ("ok", ""))
    assert {"cpu", "memory", "net", "disk", "load", "pressure", "process", "cgroup"} <= states.keys()
    assert len(agent.frames) == 30


async def test_the_node_s_rows_agree_with_those_of_its_processes(tmp_path: Path) -> None:
    machine = node_machine("worker-1", 2, seeded(1, "worker-1"), START)
    world = MountedMachine(machine, tmp_path)
    agent = await run(world, Proc(world.proc, world.sys), 5)
    frame = agent.frames[-1]
    listed = {int(str(row["pid"])): row for row in rows(frame, "process")}
    users = {p.pid for p in machine.processes.living.values() if p.habit.command}
    assert set(listed) == users
    for pid, row in listed.items():
        process = machine.processes.living[pid]
        assert (row["utime"], row["stime"], row["processor"]) == (process.user, process.system, process.processor)
        assert (row["uid"], row["nice"]) == (str(process.habit.uid), process.habit.nice)
        assert (row["read_bytes"], row["write_bytes"]) == (process.read, process.written)
    pods = {row["workload"] for row in rows(frame, "pod") if row["kind"] == "pod"}
    assert pods == {pod.uid for pod in machine.pods.running}
    (disk,) = [row for row in rows(frame, "disk") if row["kind"] == "disk"]
    assert disk["read_bytes"] == machine.disk.sectors_read
    assert [row["interface"] for row in rows(frame, "net") if row["kind"] == "physical"] == ["eth0"]


async def test_containers_and_their_pods_are_told_and_read_as_one(tmp_path: Path) -> None:
    world = MountedMachine(node_machine("worker-1", 1, seeded(1, "worker-1"), START), tmp_path)
    agent = await run(Telling(world), Proc(world.proc, world.sys), 20)
    pods = {str(row["workload"]): row for row in rows(agent.frames[-1], "pod") if row["kind"] == "pod"}
    containers = {str(row["container"]): row for row in rows(agent.frames[-1], "container")}
    running = world.machine.pods.running
    assert {pod.uid for pod in (*running, *world.machine.pods.stuck, *world.machine.pods.finished)} == set(pods)
    for pod in running:
        row = pods[pod.uid]
        assert (row["name"], row["owner"], row["cpu_source"]) == (pod.made.name, pod.made.owner, "cgroup")
        assert row["cpu_user"] == pod.usage().user * 10_000
        for one in pod.containers:
            read = containers[one.id]
            assert (read["pod"], read["name"], read["restarts"]) == (pod.made.name, one.name, one.restarts)
            if one.processes:
                assert read["cpu_usage"] == (one.usage().user + one.usage().system) * 10_000
                assert read["throttled_periods"] == one.throttled
                assert read["memory_limit"] == one.bounds.memory_limit
    assert any(str(row["reason"]) == "ImagePullBackOff" for row in pods.values())


async def test_no_secret_of_a_command_line_leaves_a_simulated_node(tmp_path: Path) -> None:
    world = MountedMachine(node_machine("worker-1", 1, seeded(1, "worker-1"), START), tmp_path)
    agent = await run(world, Proc(world.proc, world.sys), 2)
    lines = [str(row["cmdline"]) for row in rows(agent.frames[-1], "process")]
    assert any("/payments" in line for line in lines)
    assert not any("hunter2" in line for line in lines)


async def test_pods_beside_a_real_machine_are_read_with_its_own_processes(tmp_path: Path) -> None:
    overlay = Overlay(pods_beside(seeded(1, "own"), START, START - 100, FIRST_PID), tmp_path)
    agent = await run(overlay, OverlayProc(overlay.proc), 3)
    listed = rows(agent.frames[-1], "process")
    simulated = {int(str(row["pid"])): row for row in listed if int(str(row["pid"])) >= FIRST_PID}
    assert set(simulated) == set(overlay.machine.processes.living)
    assert len(listed) > len(simulated)
    for pid, row in simulated.items():
        assert row["open_fds"] == overlay.machine.processes.living[pid].descriptors
    assert rows(agent.frames[-1], "cpu")
