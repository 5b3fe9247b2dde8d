"""What the simulated API tells of the model's pods: names like a cluster's, and every state that pages have to show."""

from __future__ import annotations

import re

import pytest

from gobs_core.described import WorkloadInfo
from gobs_core.simulate.catalogue import BACKUP, CRASHER, LEAKER, NEIGHBOUR, SHOP
from gobs_core.simulate.cluster import node_machine, pods_beside
from gobs_core.simulate.controllers import CronJob, Deployment
from gobs_core.simulate.machine import Controller, Machine
from gobs_core.simulate.names import seeded
from gobs_core.simulate.pod import Pod
from gobs_core.simulate.told import told

START = 1_700_000_000.0


def alone(*controllers: Controller) -> Machine:
    """A machine of pods that only these controllers start."""
    machine = pods_beside(seeded(1, "x"), START, START - 1000, 5_000_000)
    for pod in list(machine.pods.running):
        machine.pods.end(pod)
    machine.pods.finished.clear()
    machine.pods.stuck.clear()
    machine.controllers = list(controllers)
    return machine


def seen(machine: Machine, steps: int) -> list[WorkloadInfo]:
    """All that is told while it moves on, a second at a time."""
    all_told = []
    for _ in range(steps):
        machine.step(machine.now + 1)
        all_told += told(machine.pods)
    return all_told


@pytest.mark.parametrize("place", range(7))
def test_pods_are_called_after_who_owns_them(place: int) -> None:
    node = f"worker-{place}" if place else "cp-1"
    for one in told(node_machine(node, place, seeded(1, node), START).pods):
        kind, _, owner = one.owner.partition("/")
        last = {
            "Deployment": r"[a-z0-9]{10}-[a-z0-9]{5}", "DaemonSet": "[a-z0-9]{5}", "StatefulSet": r"\d",
            "CronJob": r"\d{8}-[a-z0-9]{5}", "Node": owner,
        }[kind]  # fmt: skip
        assert re.fullmatch(f"{one.labels['app']}-{last}", one.name), one.name
        assert one.controller.partition("/")[0] == {"Deployment": "ReplicaSet", "CronJob": "Job"}.get(kind, kind)
        assert one.name.startswith(one.controller.partition("/")[2]) or kind == "Node"


def test_no_two_pods_of_a_cluster_share_a_name_or_an_address_of_their_own() -> None:
    nodes = ["cp-1", *(f"worker-{number}" for number in range(1, 7))]
    everywhere = [told(node_machine(node, at, seeded(1, node), START).pods) for at, node in enumerate(nodes)]
    pods = [one for of_node in everywhere for one in of_node]
    names = [(one.namespace, one.name) for one in pods]
    own = [one.ips for one in pods if not one.host_network]
    assert len(set(names)) == len(names) > 70
    assert len(set(own)) == len(own)


def test_a_crash_loop_is_told_with_its_restarts_and_how_it_ended() -> None:
    machine = alone(Deployment(CRASHER))
    loops = [one for one in seen(machine, 300) if one.reason == "CrashLoopBackOff"]
    last = loops[-1].containers[0]
    assert (last.state, last.ready, last.last_reason, last.last_exit_code) == ("waiting", False, "Error", 3)
    assert last.restarts is not None
    assert last.restarts >= 2
    assert len({one.id for one in loops}) == 1


def test_what_outgrows_its_limit_is_told_as_killed_for_it() -> None:
    machine = alone(Deployment(LEAKER))
    ends = {(one.last_reason, one.last_exit_code) for pod in seen(machine, 500) for one in pod.containers}
    assert ends == {("", None), ("OOMKilled", 137)}


def test_a_rollout_has_pods_of_two_replica_sets_and_the_old_one_terminates() -> None:
    machine = alone(Deployment(SHOP, 2, every=60))
    most: set[str] = set()
    ending = 0
    for _ in range(150):
        now = seen(machine, 1)
        most = max(most, {one.controller for one in now}, key=len)
        ending += sum(one.reason == "Terminating" for one in now)
    assert len(most) == 2
    assert ending


def test_a_job_that_has_ended_is_told_as_done_or_failed_and_only_the_last_ones_are_kept() -> None:
    machine = alone(CronJob(BACKUP, every=60))
    phases = {one.phase for one in seen(machine, 1500)}
    assert phases == {"Running", "Succeeded", "Failed"}
    assert len(machine.pods.finished) == 2


def test_a_container_that_wants_more_than_its_limit_is_throttled_and_gets_no_more() -> None:
    machine = alone(Deployment(SHOP))
    limit = SHOP.bounds[0].cpu_limit
    assert limit is not None
    (pod,) = _started(machine)
    for _ in range(600):
        before = _busy(pod)
        machine.step(machine.now + 5)
        assert _busy(pod) - before <= 5 * limit * 100 + 4 * len(pod.containers[0].processes)
    assert 0 < pod.containers[0].throttled < pod.containers[0].periods
    assert pod.containers[0].pressures["cpu some"].total > 0


def test_beside_a_noisy_neighbour_others_wait_for_a_cpu() -> None:
    machine = alone(Deployment(NEIGHBOUR, 12), Deployment(LEAKER))
    *_, quiet = _started(machine)
    assert quiet.app is LEAKER
    for _ in range(120):
        machine.step(machine.now + 5)
    noisy = machine.pods.running[0].containers[0]
    assert noisy.pressures["cpu some"].total > 0
    assert machine.pressures["cpu some"].total > 0


def _started(machine: Machine) -> list[Pod]:
    machine.step(machine.now + 1)
    return machine.pods.running


def _busy(pod: Pod) -> int:
    """Clock ticks of its first container, those that ended included."""
    usage = pod.containers[0].usage()
    return usage.user + usage.system
