"""The model: what a simulated kernel counts never falls, and its sums agree."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gobs_core.simulate.catalogue import CRASHER, LEAKER, REPORT
from gobs_core.simulate.cluster import node_machine, pods_beside
from gobs_core.simulate.controllers import CronJob, Deployment
from gobs_core.simulate.cpus import Cpu
from gobs_core.simulate.machine import Machine
from gobs_core.simulate.names import node_names, seeded

START = 1_700_000_000.0
COUNTERS = (
    "user", "system", "children_user", "children_system", "minor_faults", "major_faults", "voluntary", "involuntary",
    "read", "written", "cancelled", "rchar", "wchar", "reads", "writes", "peak",
)  # fmt: skip


def steps(machine: Machine, count: int, interval: float = 5.0) -> Iterator[float]:
    for number in range(1, count + 1):
        now = START + number * interval
        machine.step(now)
        yield now


def worker(seed: int = 1, name: str = "worker-1", place: int = 1) -> Machine:
    return node_machine(name, place, seeded(seed, name), START)


def ticks(cpu: Cpu) -> int:
    return cpu.user + cpu.nice + cpu.system + cpu.idle + cpu.iowait + cpu.irq + cpu.softirq + cpu.steal


def test_the_same_seed_gives_the_same_machine() -> None:
    first, second = worker(seed=7), worker(seed=7)
    for _ in zip(steps(first, 40), steps(second, 40), strict=True):
        assert first.processes.living == second.processes.living
        assert first.cpus.each == second.cpus.each


def test_another_seed_gives_another_machine() -> None:
    assert worker(seed=1).processes.living != worker(seed=2).processes.living


@pytest.mark.parametrize("place", range(4))
def test_no_counter_of_a_process_ever_falls(place: int) -> None:
    machine = worker(place=place)
    before: dict[int, tuple[int, ...]] = {}
    for _ in steps(machine, 120):
        after = {pid: tuple(getattr(p, name) for name in COUNTERS) for pid, p in machine.processes.living.items()}
        for pid in before.keys() & after.keys():
            assert all(a >= b for a, b in zip(after[pid], before[pid], strict=True))
        before = after


def test_a_node_is_as_busy_as_its_processes_together() -> None:
    machine = worker(place=2)
    spent, counted = 0, sum(c.user + c.nice + c.system for c in machine.cpus.each)
    for _ in range(200):
        living = dict(machine.processes.living)
        times = {pid: p.user + p.system for pid, p in living.items()}
        machine.step(machine.now + 5)
        living |= machine.processes.living
        spent += sum(p.user + p.system - times.get(pid, 0) for pid, p in living.items())
    assert sum(c.user + c.nice + c.system for c in machine.cpus.each) - counted == spent > 0


def test_a_cpu_has_exactly_the_time_that_passed() -> None:
    machine = worker()
    before = [ticks(cpu) for cpu in machine.cpus.each]
    for _ in steps(machine, 50):
        pass
    assert {ticks(cpu) - b for cpu, b in zip(machine.cpus.each, before, strict=True)} == {25_000}


def test_a_disk_moves_what_processes_read_and_wrote() -> None:
    machine = worker(place=0)
    read = written = 0
    for _ in range(200):
        before = {pid: (p.read, p.written) for pid, p in machine.processes.living.items()}
        machine.step(machine.now + 5)
        for pid, p in machine.processes.living.items():
            read += p.read - before.get(pid, (0, 0))[0]
            written += p.written - before.get(pid, (0, 0))[1]
    assert machine.disk.sectors_read * 512 == read > 0
    assert machine.disk.sectors_written * 512 + machine.disk.dirty == written > 0
    assert machine.disk.busy_ms <= 200 * 5_000


def test_memory_is_used_cached_or_free_and_nothing_twice() -> None:
    machine = worker(place=1)
    for _ in steps(machine, 200):
        memory = machine.memory
        assert memory.free >= 0
        assert memory.used == sum(p.memory for p in machine.processes.living.values())


def test_a_machine_asked_for_more_than_it_has_says_so_in_its_pressure() -> None:
    machine = worker(place=3)
    machine.cpus.each[1:] = []
    for _ in steps(machine, 60):
        pass
    assert machine.pressures["cpu some"].total > 0


def test_a_crashing_container_starts_again_under_a_new_id_in_the_same_pod_and_waits_longer_each_time() -> None:
    machine = pods_beside(seeded(1, "x"), START, START - 1000, 5_000_000)
    machine.controllers = [Deployment(CRASHER)]
    machine.controllers[0].step(machine.pods)
    pod = machine.pods.running[-1]
    seen, pauses = [], []
    for now in steps(machine, 400, 1.0):
        container = pod.containers[0]
        if container.processes and container.id not in seen:
            seen.append(container.id)
        if container.restart_at is not None and container.restart_at not in pauses:
            pauses.append(container.restart_at)
            assert not container.processes, now
    assert len(seen) >= 3
    assert machine.pods.running[-1] is pod


def test_a_leaking_process_is_ended_at_its_limit_and_starts_small_again() -> None:
    machine = pods_beside(seeded(1, "x"), START, START - 1000, 5_000_000)
    machine.controllers = []
    pod = machine.pods.start(LEAKER)
    limit = LEAKER.containers[0][0].limit
    sizes = []
    for _ in steps(machine, 200):
        sizes += [p.memory for p in pod.containers[0].processes]
    assert max(sizes) > limit * 0.9
    assert sizes.count(min(sizes)) < len(sizes)
    assert pod.containers[0].restarts >= 1


def test_a_rollout_starts_the_new_pod_before_the_old_one_ends() -> None:
    machine = worker()
    shop = {pod.uid for pod in machine.pods.running if pod.app.name == "shop"}
    most, names = len(shop), set(shop)
    for _ in steps(machine, 150):
        now = [pod.uid for pod in machine.pods.running if pod.app.name == "shop"]
        assert len(now) >= 2
        most, names = max(most, len(now)), names | set(now)
    assert most == 4
    assert len(names) >= 4


def test_a_cron_job_comes_and_goes() -> None:
    machine = worker()
    machine.controllers = [CronJob(REPORT, every=60)]
    there = [any(pod.app is REPORT for pod in machine.pods.running) for _ in steps(machine, 60)]
    assert 0 < sum(there) < 60


def test_a_clock_that_falls_back_changes_nothing() -> None:
    machine = worker()
    machine.step(START + 5)
    before = [ticks(cpu) for cpu in machine.cpus.each]
    machine.step(START + 1)
    assert [ticks(cpu) for cpu in machine.cpus.each] == before
    assert machine.now == START + 5


@pytest.mark.parametrize(
    ("count", "names"),
    [(1, ["worker-1"]), (3, ["cp-1", "worker-1", "worker-2"]), (0, [])],
)
def test_nodes_are_named_like_a_small_cluster(count: int, names: list[str]) -> None:
    assert node_names(count) == names


def test_seven_nodes_have_one_control_plane() -> None:
    assert node_names(7) == ["cp-1", *(f"worker-{n}" for n in range(1, 7))]
    assert len(set(node_names(25))) == 25
