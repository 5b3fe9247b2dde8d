"""The control groups of a simulated machine's pods and containers, as folders below its /sys."""

from __future__ import annotations

from pathlib import Path

from gobs_core.simulate import group_files
from gobs_core.simulate.machine import Machine
from gobs_core.simulate.tree import Tree


class GroupTree:
    """The folder that stands for /sys/fs/cgroup."""

    def __init__(self, machine: Machine, root: Path) -> None:
        self._machine = machine
        self._tree = Tree(root)
        self._there: set[str] = set()
        self._tree.write("cgroup.controllers", b"cpuset cpu io memory pids\n")

    def step(self) -> None:
        """Bring the folders up to date: a pod's before those of its containers, and gone after them."""
        wanted: set[str] = set()
        for pod in self._machine.pods.running:
            wanted.add(pod.slice)
            self._write(pod.slice, group_files.of_pod(pod))
            for container in pod.groups():
                wanted.add(container.cgroup)
                self._write(container.cgroup, group_files.of_container(container))
        for path in sorted(self._there - wanted, key=len, reverse=True):
            self._tree.vanish(path.lstrip("/"))
        self._there = wanted

    def _write(self, path: str, files: dict[str, bytes]) -> None:
        for name, content in files.items():
            self._tree.write(f"{path.lstrip('/')}/{name}", content)
