"""What takes root to set up: a pid used again by force, a reader without capabilities, control groups, networks."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from gobs_collectors.process.gate import Gates
from gobs_core import Proc
from gobs_core.descriptors import Descriptors
from tests.collectors.process.children import children
from tests.collectors.process.reading import Ticks
from tests.support.programs import searched
from tests.support.soak import counts

pytestmark = pytest.mark.root
PR_CAPBSET_DROP = 24
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18
HERE = Path(__file__).parents[3]
RUN = f"{os.getpid():08x}"  # several of these may run at once
CONTAINER = RUN * 8
UID = f"{RUN}-0000-4000-8000-000000000001"


@counts("times", reduced=20, full=10_000)
def test_a_pid_used_again_by_force_is_never_taken_for_the_process_before(times: int) -> None:
    command = ["unshare", "-pf", "--mount-proc", sys.executable, "-m", "tests.collectors.process.reuse", str(times)]
    run = searched(
        subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True, timeout=60 + times / 10)
    )
    assert run.stdout.split() == ["0", "0"], run.stderr


def test_without_any_capability_what_others_may_not_see_is_not_known_with_its_reason_and_all_else_is() -> None:
    with children("sleep") as pids:
        found = as_nobody(lambda: told(str(pids[0])))
    row, unknown = found["process"], found["unknown"]
    assert (row["read_bytes"], row["write_bytes"], row["cancelled_write_bytes"]) == (None, None, None)
    assert found["pod"]["read_bytes"] is None
    for column in ("process.read_bytes", "pod.write_bytes", "process.cancelled_write_bytes"):
        assert unknown[column]
    assert "CAP_SYS_PTRACE" in unknown["process.read_bytes"]
    missing = {name for name, cell in row.items() if cell is None}
    unnamed = {"container", "namespace", "pod", "container_name", "owner"}
    assert missing == {"read_bytes", "write_bytes", "cancelled_write_bytes"} | unnamed
    assert row["open_fds"] > 0, "counted without listing"
    assert found["inspected"]["threads"]["count"] == 1
    assert found["inspected"]["status"]
    assert "CAP_SYS_PTRACE" in found["inspected"]["descriptors"]["unknown"]


def as_nobody(work: Callable[[], object]) -> Any:
    """What `work` returns in a fork without any capability: the interpreter itself may be root's alone."""

    def dropped() -> object:
        libc = ctypes.CDLL(None)
        for capability in range(64):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        return work()

    return forked(dropped)


def forked(work: Callable[[], object]) -> Any:
    """What `work` returns in a fork, or the error it raises as a text."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        gc.disable()  # garbage of other tests may hold locks that threads of the parent had when it was forked
        os.close(reading)
        try:
            found = work()
        except Exception as error:  # noqa: BLE001  the parent shows it
            found = repr(error)
        with os.fdopen(writing, "w") as answer:
            json.dump(found, answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        output = answer.read()
    os.waitpid(child, 0)
    return json.loads(output)


def told(pid: str) -> dict[str, object]:
    """Read this machine twice; return what is told of one process, of its workload, and when asked."""
    with Ticks(Proc()) as ticks:
        row = ticks.tick().tick().processes()[pid]
        asked = ticks.collector.inspect(ticks.proc, {"pid": pid, "start": str(row["start"])}, ticks.collector.sections)
        unknown, pod = dict(ticks.collector.unknown()), ticks.pods()[str(row["workload"])]
        return {"process": row, "pod": pod, "unknown": unknown, "inspected": dict(asked)}


def test_processes_that_are_hidden_are_counted_and_said() -> None:
    def look() -> object:
        with Ticks(Proc()) as ticks:
            rows = ticks.tick().tick().processes()
            users = {pid: row["uid"] for pid, row in rows.items()}
            return [users, ticks.collector.unknown().get("process.pid")]

    def hidden() -> object:
        libc = ctypes.CDLL(None)
        assert libc.unshare(CLONE_NEWNS) == 0
        assert libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0
        assert libc.mount(b"proc", b"/proc", b"proc", 0, b"hidepid=1") == 0
        return as_nobody(lambda: [os.getpid(), *look()])  # type: ignore[misc]  # a list

    found = forked(hidden)
    assert len(found) == 3, found
    pid, users, said = found
    assert users[str(pid)] == "65534"
    assert set(users.values()) == {"65534"}
    assert "hidden from the agent" in said
    assert int(said.split()[0]) > 10


@pytest.mark.parametrize("limit", [100, 600])
def test_with_few_descriptors_allowed_every_process_is_read_all_the_same(limit: int) -> None:
    def look() -> object:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        with Ticks(Proc()) as ticks:
            rows = ticks.tick().tick().processes()
            return [len(os.listdir("/proc/self/fd")), [rows.get(str(pid), {}).get("utime") for pid in pids]]

    with children(*["sleep"] * 40) as pids:
        kept, seen = forked(look)
    assert kept < limit
    assert seen.count(None) == 0


@contextmanager
def control_group(path: str) -> Iterator[Path]:
    """Make a control group of version 2 with those above it, and remove all of them."""
    mount = next(m for m in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup") if os.path.exists(f"{m}/cgroup.controllers"))
    group = Path(mount) / path
    group.mkdir(parents=True)
    try:
        yield group
    finally:
        group.rmdir()
        with suppress(OSError):  # of those above it, the ones that somebody else uses as well stay
            for above in list(group.parents)[: path.count("/")]:
                above.rmdir()


def test_a_process_put_into_a_pod_belongs_to_it_and_its_network_is_the_pods() -> None:
    path = f"kubepods.slice/kubepods-pod{UID.replace('-', '_')}.slice/cri-containerd-{CONTAINER}.scope"
    command = [
        "unshare",
        "-n",
        "sh",
        "-c",
        "ip link add eth0 type veth peer name veth0; ip link set eth0 up; echo; exec sleep 1000",
    ]
    with control_group(path) as group, Ticks(Proc(), remember=0.0) as ticks:
        process = searched(subprocess.Popen(command, stdout=subprocess.PIPE))
        try:
            assert process.stdout is not None
            process.stdout.readline()
            (group / "cgroup.procs").write_text(str(process.pid))
            row, pod = ticks.tick().processes()[str(process.pid)], ticks.pods()[UID]
            assert (row["workload"], row["container"], row["kind"]) == (UID, CONTAINER, "pod")
            assert row["network_namespace"] != ticks.processes()[str(os.getpid())]["network_namespace"]
            assert isinstance(pod["transmit_bytes"], int)
            assert ticks.pods()[str(ticks.processes()[str(os.getpid())]["workload"])]["transmit_bytes"] is None
        finally:
            process.kill()
            process.wait()
            process.communicate()
        assert ticks.tick().pods()[UID]["processes"] == 0
        assert UID not in ticks.tick().pods()


@pytest.mark.parametrize("gate", ["auto", "cgroup", "none"])
def test_an_idle_process_moved_to_another_control_group_is_told_there_within_details_every_ticks(gate: str) -> None:
    with (
        control_group(f"gobs-{RUN}/from.service") as first,
        control_group(f"gobs-{RUN}/to.service") as second,
        children("sleep") as (pid,),
        Ticks(Proc(), gate=gate, full_every=3, details_every=3) as ticks,
    ):
        for group in (first, second, first):
            (group / "cgroup.procs").write_text(str(pid))
            for _ in range(3):
                ticks.tick()
            row = ticks.processes()[str(pid)]
            assert str(row["cgroup"]).endswith(f"/gobs-{RUN}/{group.name}")
            assert row["workload"] == group.name
            assert ticks.pods()[group.name]["processes"] == 1


def test_a_control_group_that_has_not_run_is_passed_over_and_one_that_has_is_not() -> None:
    read: list[str] = []

    def pread(fd: int, size: int, offset: int) -> bytes:
        read.append(os.readlink(f"/proc/self/fd/{fd}"))
        return os.pread(fd, size, offset)

    with (
        control_group(f"gobs-{RUN}/idle") as idle,
        control_group(f"gobs-{RUN}/busy") as busy,
        children("sleep", "spin") as (sleeping, spinning),
        Ticks(Proc(), pread=pread, gate="cgroup") as ticks,
    ):
        (idle / "cgroup.procs").write_text(str(sleeping))
        (busy / "cgroup.procs").write_text(str(spinning))
        ticks.tick().tick()
        read.clear()
        for _ in range(12):
            spun(spinning)
            ticks.tick()
        assert read.count(f"/proc/{spinning}/status") == 12
        assert read.count(f"/proc/{sleeping}/status") == 1, "in its turn"


def spun(pid: int) -> None:
    """Wait until a process has used a hundredth of a second."""
    stat = Path(f"/proc/{pid}/stat")
    before = stat.read_bytes()
    while stat.read_bytes() == before:
        pass


def test_the_descriptor_of_a_control_group_is_given_back_with_its_last_process() -> None:
    with control_group(f"gobs-{RUN}/one") as group, Proc() as proc, children("sleep") as (pid,):
        (group / "cgroup.procs").write_text(str(pid))
        descriptors = Descriptors(proc, 100)
        gates = Gates(proc, descriptors, every=12, enabled=True)
        with Ticks(proc, gate="none").tick() as ticks:
            reader = ticks.collector._reader
            assert reader is not None
            process = reader.tracked[str(pid)]
            process.gate = None
            gates.join(process, f"0::/gobs-{RUN}/one\n".encode())
            assert len(descriptors) == 1
            assert gates.open_members(1) == [process]
            gates.leave(process)
            assert len(descriptors) == 0
        descriptors.close()
