"""What a process belongs to, from the bytes of its cgroup file and its owner."""

from __future__ import annotations

from gobs_core import Workload, Workloads

A = "a" * 64
UID = "7f3c9a52-1d4e-4b6a-9c8d-0e1f2a3b4c5d"


def test_a_process_of_a_pod_belongs_to_the_pod_and_knows_its_container() -> None:
    raw = f"0::/kubepods/burstable/pod{UID}/cri-containerd-{A}\n".encode()
    assert Workloads().of(raw, "0") == Workload("pod", UID, A, "containerd")


def test_a_process_of_a_container_without_kubernetes_belongs_to_the_container() -> None:
    assert Workloads().of(f"0::/docker/{A}\n".encode(), "0") == Workload("container", A, A, "docker")


def test_a_process_of_a_service_belongs_to_the_unit() -> None:
    assert Workloads().of(b"0::/system.slice/ssh.service\n", "0") == Workload("unit", "ssh.service")


def test_any_other_process_belongs_to_its_user() -> None:
    workloads = Workloads()
    assert workloads.of(b"0::/\n", "1000") == Workload("user", "1000")
    assert workloads.of(b"0::/\n", "0") == Workload("user", "0")
    assert workloads.of(b"", "0") == Workload("user", "0")


def test_what_is_remembered_is_bounded_and_forgetting_changes_no_answer() -> None:
    workloads = Workloads(capacity=3)
    groups = [f"0::/system.slice/s{number}.service\n".encode() for number in range(10)]
    for _ in range(2):
        for number, raw in enumerate(groups):
            assert workloads.of(raw, "0").id == f"s{number}.service"
    assert len(workloads._known) <= 3
