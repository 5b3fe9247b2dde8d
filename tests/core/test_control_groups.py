"""Control groups are found where they are mounted, whatever the version, and known for what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from gobs_core import Proc
from gobs_core.control_groups import MAX_DEPTH, MAX_GROUPS, below, mounted, walk

A, B = "a" * 64, "0123456789abcdef" * 4
UID = "7f3c9a52-1d4e-4b6a-9c8d-0e1f2a3b4c5d"
OTHER = "11111111-2222-4333-8444-555555555555"
POD = f"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{UID.replace('-', '_')}.slice"


def tree(sys: Path, *folders: str) -> None:
    for folder in folders:
        (sys / "fs/cgroup" / folder).mkdir(parents=True)


def files(sys: Path, *paths: str) -> None:
    for path in paths:
        file = sys / "fs/cgroup" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")


def test_version_2_is_one_tree(tmp_path: Path) -> None:
    files(tmp_path, "cgroup.controllers", "cgroup.procs")
    mounts = mounted(Proc(sys=tmp_path))
    assert (mounts.version, mounts.root, mounts.unified) == (2, tmp_path / "fs/cgroup", tmp_path / "fs/cgroup")


@pytest.mark.parametrize("cpu", ["cpu,cpuacct", "cpuacct,cpu"])
def test_version_1_is_a_tree_for_each_controller_two_of_them_together(tmp_path: Path, cpu: str) -> None:
    files(tmp_path, f"{cpu}/cgroup.procs", "memory/cgroup.procs", "pids/cgroup.procs")
    mounts = mounted(Proc(sys=tmp_path))
    assert mounts.version == 1
    assert mounts.unified is None
    assert set(mounts.controllers) == {"cpu", "cpuacct", "memory", "pids"}
    assert mounts.root == tmp_path / "fs/cgroup" / cpu


def test_a_hybrid_machine_has_both_and_its_controllers_are_those_of_version_1(tmp_path: Path) -> None:
    files(tmp_path, "unified/cgroup.controllers", "cpuacct/cgroup.procs", "memory/cgroup.procs")
    mounts = mounted(Proc(sys=tmp_path))
    assert mounts.version == 1
    assert mounts.unified == tmp_path / "fs/cgroup/unified"


def test_without_control_groups_there_is_no_tree(tmp_path: Path) -> None:
    mounts = mounted(Proc(sys=tmp_path))
    assert (mounts.version, mounts.root) == (0, None)
    assert mounted(Proc(sys=tmp_path / "nowhere")).version == 0


def test_pods_and_containers_are_told_from_what_is_between_and_within(tmp_path: Path) -> None:
    tree(
        tmp_path,
        f"{POD}/cri-containerd-{A}.scope",
        f"{POD}/crio-{B}.scope/container",
        f"{POD}/crio-conmon-{A}.scope",
        "system.slice/ssh.service",
        f"system.slice/docker-{B}.scope/init.scope",
    )
    found = {group.path: group for group in walk(Proc(), tmp_path / "fs/cgroup")}
    assert [path for path, group in found.items() if group.is_pod] == [POD]
    assert [path for path, group in found.items() if group.is_container] == [
        f"system.slice/docker-{B}.scope",
        f"{POD}/cri-containerd-{A}.scope",
        f"{POD}/crio-{B}.scope",
    ]
    assert found[f"{POD}/cri-containerd-{A}.scope"].place.pod == UID
    assert not any(group.nested for group in found.values() if group.is_container)


def test_what_is_within_a_container_is_counted_by_it_as_well(tmp_path: Path) -> None:
    """A cluster in a container (kind), and containers in a container of a pod (Docker in Docker)."""
    inner = f"kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{OTHER.replace('-', '_')}.slice"
    tree(tmp_path, f"docker/{B}/{inner}/cri-containerd-{A}.scope", f"kubepods/pod{UID}/{B}/docker/{A}")
    found = {group.path: group for group in walk(Proc(), tmp_path / "fs/cgroup")}
    containers = {group.path: group.nested for group in found.values() if group.is_container}
    assert containers == {
        f"docker/{B}": False,
        f"kubepods/pod{UID}/{B}": False,
        f"docker/{B}/{inner}/cri-containerd-{A}.scope": True,
        f"kubepods/pod{UID}/{B}/docker/{A}": True,
    }
    pods = {group.place.pod: group.outer.pod for group in found.values() if group.is_pod}
    assert pods == {OTHER: "", UID: ""}


def test_a_pod_within_a_pod_is_known_to_be(tmp_path: Path) -> None:
    tree(tmp_path, f"kubepods/pod{UID}/{B}/kubepods/burstable/pod{OTHER}/{A}")
    pods = {group.place.pod: group.outer.pod for group in walk(Proc(), tmp_path / "fs/cgroup") if group.is_pod}
    assert pods == {UID: "", OTHER: UID}


def test_whoever_makes_groups_without_end_ends_no_walk(tmp_path: Path) -> None:
    deep = tmp_path / "fs/cgroup" / "/".join(["d"] * (MAX_DEPTH + 10))
    deep.mkdir(parents=True)
    assert max(group.path.count("/") for group in walk(Proc(), tmp_path / "fs/cgroup")) == MAX_DEPTH - 1
    assert MAX_GROUPS == 20_000


def test_links_lead_nowhere_and_what_is_gone_has_nothing_below_it(tmp_path: Path) -> None:
    tree(tmp_path, f"kubepods/pod{UID}/{A}")
    (tmp_path / "fs/cgroup/loop").symlink_to("kubepods")
    paths = [group.path for group in walk(Proc(), tmp_path / "fs/cgroup")]
    assert "loop" not in paths
    pod = next(group for group in walk(Proc(), tmp_path / "fs/cgroup") if group.is_pod)
    assert len(below(Proc(), tmp_path / "fs/cgroup", pod)) == 1
    (tmp_path / f"fs/cgroup/kubepods/pod{UID}/{A}").rmdir()
    assert below(Proc(), tmp_path / "fs/cgroup", pod) == []
    (tmp_path / f"fs/cgroup/kubepods/pod{UID}").rmdir()
    assert below(Proc(), tmp_path / "fs/cgroup", pod) == []


def test_names_of_any_bytes_are_walked_and_read(tmp_path: Path) -> None:
    import os

    folder = os.fsencode(tmp_path / "fs/cgroup") + b"/\xff\xfe.slice/" + f"docker-{A}.scope".encode()
    os.makedirs(folder)
    found = [group for group in walk(Proc(), tmp_path / "fs/cgroup") if group.is_container]
    assert [group.place.container for group in found] == [A]
    assert (tmp_path / "fs/cgroup" / found[0].path).is_dir()
