"""Real processes in real control groups with the paths a kubelet gives them, in whatever versions this machine has."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.load import hierarchies, make_group, removed

BUSY = """
import time
while True:
    begun = time.process_time()
    while time.process_time() - begun < 0.05:
        pass
    time.sleep(0.05)
"""
"""Half a core, so that others on the machine can go on."""
IDLE = "import time; time.sleep(1_000_000)"


class GroupedPod:
    """One pod: its uid, one container's id, and processes in that container's control group."""

    def __init__(self, name: str, roots: Sequence[str]) -> None:
        self.name = name
        self.uid = str(uuid.uuid4())
        self.container = uuid.uuid4().hex * 2
        self.processes: list[subprocess.Popen[bytes]] = []
        slice_ = f"kubepods-burstable-pod{self.uid.replace('-', '_')}.slice"
        self.path = f"kubepods.slice/kubepods-burstable.slice/{slice_}/cri-containerd-{self.container}.scope"
        self._made: list[str] = []
        self.groups = [group for root in roots if (group := make_group(root, self.path, self._made))]

    def start(self, program: str) -> subprocess.Popen[bytes]:
        """Start a process that joins the groups before it becomes the program."""
        join = "".join(f"echo 0 > '{group}/cgroup.procs'; " for group in self.groups)
        command = ["/bin/sh", "-c", f'{join}exec "$@"', "sh", sys.executable, "-S", "-E", "-c", program]
        self.processes.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        return self.processes[-1]

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End one of its processes, and wait until it is gone."""
        process.kill()
        process.wait(10)
        self.processes.remove(process)

    def close(self) -> None:
        """End them all and take the groups away; those that others use stay."""
        for process in list(self.processes):
            self.end(process)
        for group in reversed(self._made):
            for _ in range(100):  # a group keeps its dead for a moment
                if removed(group):
                    break
                if not _is_mine(group, self.uid):
                    break
                time.sleep(0.02)


def unified() -> str:
    """Return where this machine's tree of version 2 is, with or without any controller in it."""
    with open("/proc/mounts", encoding="utf-8") as mounts:
        found = [line.split()[1] for line in mounts if line.split()[2] == "cgroup2"]
    assert found, "no control groups of version 2 are mounted here: mount -t cgroup2 none /sys/fs/cgroup/unified"
    return found[0]


def sys_of_version_2(folder: Path) -> Path:
    """Make a /sys whose control groups are those of version 2 alone: real ones, whatever else this machine has."""
    (folder / "sys" / "fs").mkdir(parents=True)
    (folder / "sys" / "fs" / "cgroup").symlink_to(unified())
    for name in ("dev", "devices", "block", "class"):
        (folder / "sys" / name).symlink_to(f"/sys/{name}")
    return folder / "sys"


def _is_mine(group: str, uid: str) -> bool:
    return uid.replace("-", "_") in group


@contextlib.contextmanager
def grouped_pods(*names: str, roots: Sequence[str] = ()) -> Iterator[list[GroupedPod]]:
    """Make pods without any process for as long as the `with` lasts. Takes root, and control groups one may make.

    `roots` are the trees they are in; all there are, unless given.
    """
    made: list[GroupedPod] = []
    try:
        for name in names:
            made.append(GroupedPod(name, roots or hierarchies()))
            assert made[-1].groups, "no control group can be made here: these tests run as root, outside of a container"
        yield made
    finally:
        for one in made:
            one.close()
