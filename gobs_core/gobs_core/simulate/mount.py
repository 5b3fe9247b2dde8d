"""A simulated machine as folders: what stands where below its /proc, kept in step with the model."""

from __future__ import annotations

import os
from pathlib import Path

from gobs_core.simulate import node_files, process_files
from gobs_core.simulate.group_tree import GroupTree
from gobs_core.simulate.machine import Machine
from gobs_core.simulate.names import uid
from gobs_core.simulate.process import Process
from gobs_core.simulate.processes import HOST_NETNS
from gobs_core.simulate.sys_files import SysTree
from gobs_core.simulate.tree import Tree

THREADS_EVERY = 4
"""Steps between two writings of the threads' files, which nobody reads at every tick."""


class ProcessFolders:
    """The folders of a machine's processes and network namespaces below one root."""

    def __init__(self, machine: Machine, root: Path) -> None:
        self.machine = machine
        self.tree = Tree(root)
        self._there: dict[int, Process] = {}
        self._files: dict[int, int] = {}
        self._spaces: set[int] = set()
        self._steps = 0

    def step(self) -> None:
        """Bring the folders up to date: new processes appear, ended ones vanish, the others' files change."""
        self._steps += 1
        living = self.machine.processes.living
        spaces = {pod.netns: pod for pod in self.machine.pods.running if pod.netns}
        for netns, pod in spaces.items():
            self.tree.write(f".netns/{netns}/dev", node_files.pod_network(pod))
        for pid, process in living.items():
            if pid not in self._there:
                self._appear(process)
            for name, data in process_files.moving(process).items():
                self.tree.write(f"{pid}/{name}", data)
            if (pid + self._steps) % THREADS_EVERY == 0:
                self._seldom(process, str(pid))
        for pid in [pid for pid in self._there if pid not in living]:
            del self._there[pid], self._files[pid]
            self.tree.vanish(str(pid))
        for netns in self._spaces - spaces.keys():
            self.tree.vanish(f".netns/{netns}")
        self._spaces = set(spaces)

    def _appear(self, process: Process) -> None:
        built, pid = f".new-{process.pid}", process.pid
        for name, data in {**process_files.fixed(process), **process_files.moving(process)}.items():
            self.tree.write(f"{built}/{name}", data)
        self._there[pid], self._files[pid] = process, 0
        os.mkdir(self.tree.root / built / "fd")
        self._namespace(built, process.netns)
        self._seldom(process, built)
        if os.geteuid() == 0:
            os.chown(self.tree.root / built, process.habit.uid, process.habit.uid)
        self.tree.appear(built, str(pid))

    def _namespace(self, built: str, netns: int) -> None:
        # The link says what readlink(2) says; the file it leads to is one inode for all processes of the namespace.
        self.tree.link(f"{built}/net", f"../.netns/{netns}")
        self.tree.link(f"{built}/ns/net", f"net:[{netns}]")
        identity = self.tree.root / f".netns/{netns}/id"
        identity.touch()
        os.link(identity, self.tree.root / f"{built}/ns/net:[{netns}]")

    def _seldom(self, process: Process, folder: str) -> None:
        if not process.habit.command:
            return
        self.tree.write(f"{folder}/smaps_rollup", process_files.smaps_rollup(process))
        for thread in process.threads:
            self.tree.write(f"{folder}/task/{thread}/stat", process_files.stat(process, thread))
            self.tree.write(f"{folder}/task/{thread}/comm", process.habit.comm.encode() + b"\n")
        for number in range(self._files[process.pid], process.descriptors):
            target = ("/dev/null", f"pipe:[{process.pid * 8 + number}]", f"socket:[{process.pid * 8 + number}]")
            self.tree.link(f"{folder}/fd/{number}", target[min(number, 2) if number < 4 else 2])
        self._files[process.pid] = max(self._files[process.pid], process.descriptors)


class MountedMachine:
    """A whole machine below a folder: `proc` and `sys`."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self.proc = folder / "proc"
        self.sys = folder / "sys"
        self._sys_tree = SysTree(machine, self.sys)
        self._groups = GroupTree(machine, self.sys / "fs/cgroup")
        self.proc.mkdir(parents=True)
        self._tree = Tree(self.proc)
        for path, data in node_files.fixed(machine, uid(machine.dice)).items():
            self._tree.write(path, data)
        self._tree.link("net", f".netns/{HOST_NETNS}")
        self._tree.link("self", "1")
        self._tree.write(f".netns/{HOST_NETNS}/dev", node_files.network(machine))
        self._folders = ProcessFolders(machine, self.proc)
        self.write()

    def step(self, now: float) -> None:
        """Move the machine on to `now` and write what changed."""
        self.machine.step(now)
        self.write()

    def write(self) -> None:
        """Write what changed."""
        for path, data in node_files.moving(self.machine).items():
            self._tree.write(path, data)
        self._tree.write(f".netns/{HOST_NETNS}/dev", node_files.network(self.machine))
        self._folders.step()
        self._sys_tree.step()
        self._groups.step()
