"""What is told of a pod: names, owners, one reason, and what it is promised, for every kind of pod there is."""

from __future__ import annotations

import copy
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_collectors.kubernetes.describe import describe, workload_id
from gobs_collectors.kubernetes.effective import limited, requested
from gobs_collectors.kubernetes.objects import Pod, PodSpec
from gobs_collectors.kubernetes.quantity import quantity
from gobs_core import WorkloadInfo
from tests.support.kube import pods

DICE = random.Random(3)


def told(pod: dict[str, Any], **more: Any) -> WorkloadInfo:
    return describe(msgspec.json.decode(msgspec.json.encode(pod), type=Pod), **more)


def spec(**fields: Any) -> PodSpec:
    return msgspec.convert(fields, PodSpec)


def wants(name: str, requests: Any = None, limits: Any = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "resources": {"requests": requests or {}, "limits": limits or {}}, **more}


def test_a_running_pod_is_told_with_all_there_is_to_know() -> None:
    pod = pods.running(
        pods.pod(
            "web-5d4f8c7b9-x2x7k",
            containers=("app", "envoy"),
            owner=("ReplicaSet", "web-5d4f8c7b9"),
            labels={"pod-template-hash": "5d4f8c7b9", "tier": "front", "app": "web"},
        ),
        DICE,
    )
    info = told(pod)
    assert (info.namespace, info.name, info.kind) == ("shop", "web-5d4f8c7b9-x2x7k", "pod")
    assert info.id == pod["metadata"]["uid"]
    assert (info.owner, info.controller) == ("Deployment/web", "ReplicaSet/web-5d4f8c7b9")
    assert info.labels == {"app": "web", "tier": "front"}
    assert (info.phase, info.reason, info.qos) == ("Running", "", "Burstable")
    assert (info.ips, info.started, info.host_network) == (("10.42.0.7",), pods.STARTED, False)
    assert (info.cpu_request, info.cpu_limit) == (0.2, None)
    assert (info.memory_request, info.memory_limit) == (128 << 20, 256 << 20)
    app, envoy = info.containers
    assert app.id == pod["status"]["containerStatuses"][0]["containerID"].removeprefix("containerd://")
    assert info.container(envoy.id) is envoy
    assert info.container("") is None
    assert (app.name, app.role, app.image) == ("app", "container", "registry.example.org/app:1.2.3")
    assert (app.state, app.ready, app.restarts) == ("running", True, 0)
    assert (app.cpu_request, app.memory_limit) == (0.1, 128 << 20)
    assert app.resources == "cpu=100m/- memory=64Mi/128Mi"


@pytest.mark.parametrize(
    ("kind", "name", "labels", "owner"),
    [
        ("ReplicaSet", "web-5d4f8c7b9", {"pod-template-hash": "5d4f8c7b9"}, "Deployment/web"),
        ("ReplicaSet", "web-5d4f8c7b9", {"pod-template-hash": "other"}, "ReplicaSet/web-5d4f8c7b9"),
        ("ReplicaSet", "web-5d4f8c7b9", {}, "ReplicaSet/web-5d4f8c7b9"),
        ("ReplicaSet", "bare", {"pod-template-hash": ""}, "ReplicaSet/bare"),
        ("ReplicaSet", "canary-7f9", {"rollouts-pod-template-hash": "7f9"}, "Rollout/canary"),
        ("StatefulSet", "db", {}, "StatefulSet/db"),
        ("DaemonSet", "node-exporter", {}, "DaemonSet/node-exporter"),
        ("Job", "backup-29412345", {}, "CronJob/backup"),
        ("Job", "migrate", {}, "Job/migrate"),
        ("Job", "release-2", {}, "Job/release-2"),
        ("Node", "worker-1", {}, "Node/worker-1"),
        ("Workflow", "etl", {}, "Workflow/etl"),
    ],
)
def test_the_owner_is_who_made_it_in_the_end_where_names_tell(
    kind: str, name: str, labels: dict[str, str], owner: str
) -> None:
    info = told(pods.pod("x", owner=(kind, name), labels=labels))
    assert (info.owner, info.controller) == (owner, f"{kind}/{name}")


def test_a_pod_that_nobody_owns_has_no_owner_and_of_several_the_controller_counts() -> None:
    assert told(pods.pod("bare")).owner == ""
    pod = pods.pod("x", owner=("ReplicaSet", "a"))
    other = {"kind": "ConfigMap", "name": "b", "apiVersion": "v1", "uid": "u"}
    pod["metadata"]["ownerReferences"].insert(0, other)
    assert told(pod).owner == "ReplicaSet/a"


def test_a_static_pod_is_known_by_the_hash_that_is_its_control_groups_name() -> None:
    static = "b4c1f8e07a1d4d1f9a5c2b3e4f607182"
    mirror = {"kubernetes.io/config.mirror": static, "kubernetes.io/config.hash": static}
    pod = pods.pod("etcd-cp-1", owner=("Node", "cp-1"), annotations={**mirror, "kubernetes.io/config.source": "file"})
    assert told(pod).id == static
    assert told(pod).owner == "Node/cp-1"
    by_api = pods.pod("plain", annotations={"kubernetes.io/config.source": "api"})
    assert told(by_api).id == by_api["metadata"]["uid"]
    assert workload_id(msgspec.convert({"metadata": {"uid": "u", "annotations": {}}}, Pod)) == "u"


def test_containers_of_every_kind_are_told_by_their_role() -> None:
    pod = pods.running(pods.pod("x", containers=("app",)), DICE)
    pod["spec"]["initContainers"] = [wants("migrate"), wants("proxy", restartPolicy="Always")]
    pod["spec"]["ephemeralContainers"] = [{"name": "debugger", "image": "busybox"}]
    pod["status"]["initContainerStatuses"] = [
        {
            "name": "migrate",
            "containerID": "cri-o://1",
            "state": {"terminated": {"reason": "Completed", "exitCode": 0}},
        },
        {"name": "proxy", "containerID": "cri-o://2", "ready": True, "state": {"running": {}}},
    ]
    pod["status"]["ephemeralContainerStatuses"] = [{"name": "debugger", "containerID": "docker://3", "state": {}}]
    info = told(pod)
    assert [(one.name, one.role, one.id, one.state) for one in info.containers[1:]] == [
        ("migrate", "init", "1", "terminated"),
        ("proxy", "sidecar", "2", "running"),
        ("debugger", "ephemeral", "3", "waiting"),
    ]
    assert info.reason == ""


def test_a_pod_in_the_nodes_network_is_marked() -> None:
    assert told(pods.pod("kube-proxy", host_network=True)).host_network is True


def _with(pod: dict[str, Any], **status: Any) -> dict[str, Any]:
    new = copy.deepcopy(pod)
    new["status"] |= status
    return new


def _init(**state: Any) -> dict[str, Any]:
    pod = pods.pod("x")
    pod["spec"]["initContainers"] = [wants("migrate")]
    pod["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "PodInitializing"}}
    pod["status"]["initContainerStatuses"] = [{"name": "migrate", "restartCount": 3, "state": state}]
    return pod


BASE = pods.pod("x", containers=("app", "other"))
RUNS = pods.running(BASE, DICE)


@pytest.mark.parametrize(
    ("pod", "reason"),
    [
        (RUNS, ""),
        (BASE, "ContainerCreating"),
        (pods.crashed(RUNS, 1), "CrashLoopBackOff"),
        (pods.ended(RUNS), "Completed"),
        (pods.ended(RUNS, "Failed", "OOMKilled", 137), "OOMKilled"),
        (pods.ended(RUNS, "Failed", "", 3), "ExitCode:3"),
        (_with(pods.ended(RUNS, "Failed"), reason="Evicted", containerStatuses=[]), "Evicted"),
        ({**RUNS, "metadata": {**RUNS["metadata"], "deletionTimestamp": pods.STARTED}}, "Terminating"),
        (_init(waiting={"reason": "CrashLoopBackOff"}), "Init:CrashLoopBackOff"),
        (_init(terminated={"reason": "Error", "exitCode": 1}), "Init:Error"),
        (_init(running={}), ""),
        (_with(BASE, containerStatuses=[]), ""),
    ],
)
def test_one_word_says_why_a_pod_is_not_as_it_should_be(pod: dict[str, Any], reason: str) -> None:
    assert told(pod).reason == reason


def test_why_a_container_ended_the_time_before_stays_known() -> None:
    app = told(pods.restarted(pods.crashed(RUNS, 0, reason="OOMKilled", code=137), DICE)).containers[0]
    assert (app.state, app.restarts, app.last_reason, app.last_exit_code) == ("running", 1, "OOMKilled", 137)


def test_labels_that_only_repeat_are_left_out_unless_they_are_asked_for() -> None:
    pod = pods.pod("x", labels={"app": "web", "pod-template-hash": "5d4", "job-name": "j"})
    assert told(pod).labels == {"app": "web"}
    assert told(pod, labels=("job-name",)).labels == {"job-name": "j"}
    assert told(pod, labels=()).labels == {}


def test_ids_that_could_be_no_key_of_a_row_are_not_taken() -> None:
    pod = pods.running(pods.pod("x"), DICE)
    pod["status"]["containerStatuses"][0]["containerID"] = "containerd://" + "a" * 300
    assert told(pod).containers[0].id == ""


def test_a_pod_of_which_next_to_nothing_is_said_is_told_all_the_same() -> None:
    info = describe(msgspec.json.decode(b'{"metadata":{"name":"x","uid":"u"}}', type=Pod))
    assert (info.id, info.name, info.phase, info.containers, info.cpu_limit) == ("u", "x", "", (), None)
    nulls = b'{"metadata":{"uid":"u","labels":null,"ownerReferences":null},"spec":{"containers":null},"status":{}}'
    assert describe(msgspec.json.decode(nulls, type=Pod)).id == "u"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("100m", 0.1), ("2", 2), (2, 2), (0.5, 0.5), ("1.5", 1.5), (".5", 0.5), ("+1", 1), ("128Mi", 128 << 20),
        ("1Gi", 1 << 30), ("1.5Gi", 3 << 29), ("1G", 10**9), ("1k", 1000), ("1e3", 1000), ("1E3", 1000), ("1E", 10**18),
        ("12e-1", 1.2), ("500n", 5e-7), ("250u", 2.5e-4), ("0", 0),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_kubernetes_writes_it(written: object, number: float) -> None:
    assert quantity(written) == number


NONE: list[object] = [
    "",
    "m",
    "1 Gi",
    "1KB",
    "1Kib",
    "0x10",
    "1e999",
    "\u0661",
    None,
    [],
    "1" * 99,
    "NaN",
    "-1",
    "1e40",
    "5E",
]


@pytest.mark.parametrize("written", NONE)
def test_what_is_no_amount_is_not_known(written: object) -> None:
    assert quantity(written) is None


@given(st.text(max_size=20) | st.floats() | st.integers())
def test_any_text_or_number_has_an_amount_or_none(written: object) -> None:
    found = quantity(written)
    assert found is None or 0 <= found < 1 << 62


def test_what_a_pod_is_promised_counts_as_the_scheduler_does() -> None:
    one = spec(
        initContainers=[
            wants("migrate", {"cpu": "2"}),
            wants("proxy", {"cpu": "100m"}, restartPolicy="Always"),
            wants("seed", {"cpu": "1950m"}),
        ],
        containers=[wants("app", {"cpu": "1"}), wants("log", {"cpu": "200m"}), wants("quiet")],
        overhead={"cpu": "10m"},
    )
    # migrate alone takes 2, seed beside the proxy 2.05, the containers with the proxy 1.3; and what the sandbox takes
    assert requested(one, "cpu") == 2.06
    assert requested(one, "memory") is None
    assert limited(one, "cpu") is None


def test_a_pod_has_a_limit_only_where_every_container_has_one() -> None:
    both = [wants("a", limits={"memory": "1Gi"}), wants("b", limits={"memory": "512Mi"})]
    assert limited(spec(containers=both), "memory") == 1.5 * (1 << 30)
    assert limited(spec(containers=[*both, wants("c")]), "memory") is None
    assert limited(spec(), "memory") is None


def test_what_the_pod_itself_says_counts_before_its_containers() -> None:
    own = {"requests": {"cpu": "4"}, "limits": {"cpu": "8"}}
    assert requested(spec(containers=[wants("a", {"cpu": "1"})], resources=own), "cpu") == 4
    assert limited(spec(containers=[wants("a")], resources=own), "cpu") == 8


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PATHS = [
    ("metadata",), ("metadata", "labels"), ("metadata", "annotations"), ("metadata", "ownerReferences"), ("spec",),
    ("spec", "containers"), ("spec", "containers", 0), ("spec", "containers", 0, "resources"),
    ("spec", "containers", 0, "resources", "limits"), ("spec", "nodeName"), ("status",), ("status", "phase"),
    ("status", "containerStatuses"), ("status", "containerStatuses", 0, "state"), ("status", "podIPs"),
    ("status", "containerStatuses", 0, "containerID"), ("status", "startTime"),
]  # fmt: skip


@given(st.sampled_from(PATHS), JSON)
def test_a_pod_with_anything_anywhere_is_told_or_refused_by_one_error(path: tuple[Any, ...], value: object) -> None:
    pod: Any = copy.deepcopy(RUNS)
    inner = pod
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    try:
        info = told(pod)
    except msgspec.MsgspecError:
        return
    assert isinstance(info, WorkloadInfo)
