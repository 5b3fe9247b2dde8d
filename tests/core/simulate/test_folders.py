"""A simulated machine as folders: files change in place, appear whole and vanish like those of a kernel."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gobs_core import Proc, UserError
from gobs_core.simulate.cluster import node_machine, pods_beside
from gobs_core.simulate.mount import MountedMachine
from gobs_core.simulate.names import seeded
from gobs_core.simulate.overlay import FIRST_PID, Overlay
from gobs_core.simulate.tree import Tree

START = 1_700_000_000.0


@pytest.fixture
def mounted(tmp_path: Path) -> MountedMachine:
    return MountedMachine(node_machine("worker-1", 1, seeded(1, "worker-1"), START), tmp_path)


def test_a_kept_descriptor_sees_the_file_change(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.write("a/stat", b"long text\n")
    fd = os.open(tmp_path / "a/stat", os.O_RDONLY)
    tree.write("a/stat", b"short\n")
    assert os.pread(fd, 100, 0) == b"short\n"
    tree.vanish("a")
    assert os.pread(fd, 100, 0) == b""
    os.close(fd)
    assert not (tmp_path / "a").exists()


def test_what_does_not_change_is_not_written(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.write("x", b"1\n")
    os.utime(tmp_path / "x", (1, 1))
    tree.write("x", b"1\n")
    assert (tmp_path / "x").stat().st_mtime == 1


def test_every_process_has_a_folder_and_no_other_has(mounted: MountedMachine) -> None:
    for number in range(1, 80):
        mounted.step(START + 5 * number)
        there = {int(name) for name in os.listdir(mounted.proc) if name.isdigit()}
        assert there == set(mounted.machine.processes.living)


def test_processes_of_one_pod_share_one_network_namespace(mounted: MountedMachine) -> None:
    pod = next(pod for pod in mounted.machine.pods.running if pod.netns)
    inside = [p.pid for c in pod.containers for p in c.processes]
    links = {os.readlink(mounted.proc / f"{pid}/ns/net") for pid in inside}
    inodes = {os.stat(mounted.proc / f"{pid}/ns/net").st_ino for pid in inside}
    assert links == {f"net:[{pod.netns}]"}
    assert len(inodes) == 1
    assert os.stat(mounted.proc / "1/ns/net").st_ino not in inodes
    assert b"eth0" in (mounted.proc / f"{inside[0]}/net/dev").read_bytes()


def test_the_uplink_is_a_device_and_the_ends_of_pods_links_are_not(mounted: MountedMachine) -> None:
    names = set(os.listdir(mounted.sys / "class/net"))
    links = {name: os.path.realpath(mounted.sys / "class/net" / name) for name in names}
    virtual = {name for name in names if "/virtual/" in links[name]}
    pods = sum(bool(pod.netns) for pod in mounted.machine.pods.running)
    assert names - virtual == {"eth0"}
    assert len(virtual) == pods + 1
    for number in range(1, 60):
        mounted.step(START + 10 * number)
    interfaces = {line.split(":")[0].strip() for line in (mounted.proc / "net/dev").read_text().splitlines()[2:]}
    assert set(os.listdir(mounted.sys / "class/net")) == interfaces


def test_simulated_pods_stand_beside_the_processes_of_a_real_machine(tmp_path: Path) -> None:
    real = tmp_path / "real"
    Tree(real).write("stat", b"cpu  1\n")
    Tree(real).write("17/comm", b"bash\n")
    overlay = Overlay(pods_beside(seeded(1, "x"), START, START - 9, FIRST_PID), tmp_path / "own", real)
    with Proc(overlay.proc) as proc:
        simulated = {pid for pid in proc.pids() if int(pid) >= FIRST_PID}
        assert proc.read_once("stat") == b"cpu  1\n"
        assert proc.read_once("17/comm") == b"bash\n"
        assert len(simulated) == len(overlay.machine.processes.living)
        Tree(real).write("18/comm", b"vi\n")
        (real / "17/comm").unlink()
        (real / "17").rmdir()
        overlay.step(START + 5)
        assert {pid for pid in proc.pids() if int(pid) < FIRST_PID} == {"18"}


def test_a_machine_without_proc_has_nothing_to_lay_pods_over(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="leave --own away"):
        Overlay(pods_beside(seeded(1, "x"), START, START, FIRST_PID), tmp_path / "own", tmp_path / "nothing")
