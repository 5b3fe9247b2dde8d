"""Names come late, change and go; rows have the ones there are now, and are the same rows all the time."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_collectors.process.names import LONGEST, labels
from gobs_core import ContainerInfo, WorkloadInfo
from gobs_core.testing import FakeProc
from tests.collectors.process.reading import Ticks, write
from tests.collectors.process.written import INIT, Written
from tests.support.hostile import HOSTILE_NAMES

UID = "7f3c9a52-1d4e-4b6a-9c8d-0e1f2a3b4c5d"
STATIC = "b4c1f8e07a1d4d1f9a5c2b3e4f607182"
A, B = "a" * 64, "b" * 64
POD = f"/kubepods.slice/kubepods-pod{UID.replace('-', '_')}.slice/cri-containerd-"
PAUSE = Written(100, cgroup=f"{POD}{A}.scope", network="pod", received=1000)
APP = Written(101, cgroup=f"{POD}{B}.scope", network="pod", received=1000)
WEB = WorkloadInfo(
    id=UID,
    name="web-5d4-x2x",
    namespace="shop",
    owner="Deployment/web",
    controller="ReplicaSet/web-5d4",
    labels={"app": "web", "tier": "front"},
    phase="Running",
    qos="Burstable",
    ips=("10.42.0.7", "fd00::7"),
    started="2026-11-23T10:00:00Z",
    host_network=False,
    cpu_request=0.25,
    cpu_limit=1.5,
    memory_request=64 << 20,
    memory_limit=128 << 20,
    containers=(
        ContainerInfo(name="app", id=B, ready=True, restarts=2),
        ContainerInfo(name="proxy", role="sidecar", ready=False, restarts=1),
        ContainerInfo(name="migrate", role="init", restarts=7),
    ),
)
NAMES = ("namespace", "pod", "container_name", "owner")


def names(row: Mapping[str, object]) -> list[object]:
    return [row[name] for name in NAMES]


def test_a_name_that_comes_late_never_starts_a_new_row(proc: FakeProc) -> None:
    write(proc, [INIT, PAUSE, APP])
    with Ticks(proc).tick() as ticks:
        before = ticks.processes()["101"]
        assert names(before) == [None, None, None, None]
        ticks.workloads.told("kubernetes", [WEB])
        after = ticks.tick().processes()["101"]
        assert names(after) == ["shop", "web-5d4-x2x", "app", "Deployment/web"]
        assert (after["pid"], after["start"], after["workload"]) == (before["pid"], before["start"], UID)
        assert names(ticks.processes()["100"]) == ["shop", "web-5d4-x2x", None, "Deployment/web"]
        assert names(ticks.processes()["1"]) == [None, None, None, None]
        assert list(ticks.pods()) == [*{str(row["workload"]): 0 for row in ticks.processes().values()}]


def test_a_process_that_comes_after_its_name_has_it_at_once(proc: FakeProc) -> None:
    write(proc, [INIT, PAUSE])
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [WEB])
        ticks.tick()
        APP.write(proc)
        assert names(ticks.tick().processes()["101"]) == ["shop", "web-5d4-x2x", "app", "Deployment/web"]


def test_a_pods_row_has_what_is_told_of_it(proc: FakeProc) -> None:
    write(proc, [INIT, PAUSE, APP])
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [WEB])
        row = ticks.tick().pods()[UID]
    told = {
        "namespace": "shop", "name": "web-5d4-x2x", "owner": "Deployment/web", "controller": "ReplicaSet/web-5d4",
        "phase": "Running", "reason": "", "labels": "app=web,tier=front", "qos": "Burstable",
        "ips": "10.42.0.7 fd00::7", "started": "2026-11-23T10:00:00Z", "network": "own", "containers": 2,
        "containers_ready": 1, "containers_wanted": 2, "restarts": 3, "cpu_request": 250, "cpu_limit": 1500,
        "memory_request": 64 << 20, "memory_limit": 128 << 20,
    }  # fmt: skip
    assert {name: row[name] for name in told} == told


def test_rows_are_the_very_same_while_nothing_is_told_anew(proc: FakeProc) -> None:
    write(proc, [INIT, PAUSE, APP])
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [WEB])
        ticks.tick().tick().tick()
        before = {table.name: list(rows) for table, rows in ticks.readings}
        ticks.workloads.told("kubernetes", [msgspec.structs.replace(WEB)])
        ticks.tick()
        for table, rows in ticks.readings:
            assert all(one is other for one, other in zip(rows, before[table.name], strict=True))


def test_a_pod_without_a_process_has_a_row_and_of_its_sums_nothing_is_known(proc: FakeProc) -> None:
    write(proc, [INIT])
    pending = msgspec.structs.replace(WEB, phase="Pending", reason="ImagePullBackOff")
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [pending])
        row = ticks.tick().pods()[UID]
        assert (row["name"], row["phase"], row["reason"]) == ("web-5d4-x2x", "Pending", "ImagePullBackOff")
        assert (row["processes"], row["containers"]) == (0, 0)
        assert (row["cpu_user"], row["memory_rss"], row["threads"], row["cpu_source"]) == (None, None, None, None)
        APP.write(proc)
        row = ticks.tick().pods()[UID]
        assert (row["processes"], row["cpu_user"]) == (1, 100 * 10_000)


def test_a_pod_that_is_done_keeps_its_sums_until_it_is_deleted(proc: FakeProc) -> None:
    write(proc, [INIT, APP])
    with Ticks(proc, remember=0.0) as ticks:
        ticks.workloads.told("kubernetes", [WEB])
        ticks.tick()
        APP.end(proc)
        ticks.workloads.told("kubernetes", [msgspec.structs.replace(WEB, phase="Succeeded", reason="Completed")])
        for _ in range(3):
            row = ticks.tick().pods()[UID]
            assert (row["phase"], row["processes"], row["cpu_user"]) == ("Succeeded", 0, 100 * 10_000)
        ticks.workloads.told("kubernetes", [])
        assert UID not in ticks.tick().pods()


def test_a_deleted_pod_whose_processes_linger_keeps_its_names_and_says_so(proc: FakeProc) -> None:
    write(proc, [INIT, APP])
    with Ticks(proc, remember=3600.0) as ticks:
        ticks.workloads.told("kubernetes", [WEB])
        ticks.tick()
        ticks.workloads.told("kubernetes", [])
        row = ticks.tick().pods()[UID]
        assert (row["name"], row["reason"]) == ("web-5d4-x2x", "Deleted")
        assert names(ticks.processes()["101"]) == ["shop", "web-5d4-x2x", "app", "Deployment/web"]
        APP.end(proc)
        assert UID not in ticks.tick().tick().pods(), "at once: its uid never comes again"


def test_without_an_inventory_a_pod_whose_processes_ended_is_remembered_as_ever(proc: FakeProc) -> None:
    write(proc, [INIT, APP])
    with Ticks(proc, remember=3600.0) as ticks:
        ticks.tick()
        APP.end(proc)
        assert ticks.tick().pods()[UID]["processes"] == 0


def test_a_container_that_starts_again_has_its_name_as_soon_as_that_is_told(proc: FakeProc) -> None:
    write(proc, [INIT, APP])
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [WEB])
        ticks.tick()
        APP.end(proc)
        again = APP.but(pid=200, start=5000, cgroup=f"{POD}{'c' * 64}.scope")
        again.write(proc)
        assert names(ticks.tick().processes()["200"]) == ["shop", "web-5d4-x2x", None, "Deployment/web"]
        app = msgspec.structs.replace(WEB.containers[0], id="c" * 64)
        ticks.workloads.told("kubernetes", [msgspec.structs.replace(WEB, containers=(app,))])
        assert ticks.tick().processes()["200"]["container_name"] == "app"


def test_a_reused_pid_never_inherits_a_name(proc: FakeProc) -> None:
    write(proc, [INIT, APP])
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [WEB])
        ticks.tick()
        APP.end(proc)
        APP.but(start=9000, cgroup="/system.slice/ssh.service", network="host").write(proc)
        row = ticks.tick().processes()["101"]
        assert (row["start"], row["workload"]) == ("9000", "ssh.service")
        assert names(row) == [None, None, None, None]


@pytest.mark.parametrize(("host", "network"), [(True, "host"), (False, "own")])
def test_a_pod_in_the_nodes_network_is_marked_and_its_traffic_is_not_summed(
    proc: FakeProc, host: bool, network: str
) -> None:
    app = APP.but(network="host") if host else APP
    write(proc, [INIT, app])
    with Ticks(proc).tick() as ticks:
        row = ticks.pods()[UID]
        assert row["network"] == network, "as its network namespace tells"
        assert row["receive_bytes"] == (None if host else 1000)
        ticks.workloads.told("kubernetes", [msgspec.structs.replace(WEB, host_network=host)])
        assert ticks.tick().pods()[UID]["network"] == network


def test_a_static_pod_is_named_by_the_hash_in_its_control_groups_path(proc: FakeProc) -> None:
    write(proc, [INIT, APP.but(cgroup=f"/kubepods/burstable/pod{STATIC}/{B}")])
    with Ticks(proc) as ticks:
        etcd = WorkloadInfo(id=STATIC, name="etcd-cp-1", namespace="kube-system", owner="Node/cp-1")
        ticks.workloads.told("kubernetes", [etcd])
        assert names(ticks.tick().processes()["101"]) == ["kube-system", "etcd-cp-1", None, "Node/cp-1"]


def test_why_there_are_no_names_is_said(proc: FakeProc) -> None:
    write(proc, [INIT, APP])
    with Ticks(proc).tick() as ticks:
        assert "no inventory runs here" in ticks.collector.unknown()["process.pod"]
        ticks.workloads.trouble("kubernetes", "the Kubernetes API cannot be reached")
        for column in ("process.pod", "process.owner", "pod.name", "pod.labels", "pod.cpu_limit", "pod.cpu_of_limit"):
            assert "the Kubernetes API cannot be reached" in ticks.collector.unknown()[column]
        ticks.workloads.told("kubernetes", [WEB])
        assert ticks.collector.unknown()["pod.name"] == "only pods have one"


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_is_a_cell_like_any_other(proc: FakeProc, name: str) -> None:
    write(proc, [INIT, APP])
    container = ContainerInfo(name=name, id=B, image=name, reason=name, restarts=2**70)
    info = WorkloadInfo(
        id=UID, name=name, namespace=name, owner=name, controller=name, labels={name: name}, phase=name, reason=name,
        qos=name, ips=(name,), started=name, containers=(container,),
    )  # fmt: skip
    with Ticks(proc) as ticks:
        ticks.workloads.told("kubernetes", [info])
        row = ticks.tick().pods()[UID]  # every row was checked as the agent checks it
    assert str(row["name"])[:100] == name[:100]
    assert row["restarts"] is None


@given(st.dictionaries(st.text(max_size=300), st.text(max_size=300), max_size=30))
def test_labels_are_whole_ones_as_many_as_fit(found: dict[str, str]) -> None:
    text = labels(found)
    assert len(text.encode()) <= LONGEST
    whole = [f"{name}={value}" for name, value in found.items()]
    if text.endswith("…") and text != ",".join(whole):
        assert text.removesuffix("…").removesuffix(",") == ",".join(whole[: _count(text, whole)])
    else:
        assert text == ",".join(whole)


def _count(text: str, whole: list[str]) -> int:
    return next(n for n in range(len(whole) + 1) if text == ",".join([*whole[:n], "…"]))
