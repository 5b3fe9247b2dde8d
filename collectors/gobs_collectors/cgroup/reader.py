"""One tick over all containers: finds them, reads what may have changed, and lets go of those that are gone."""

from __future__ import annotations

from gobs_collectors.cgroup.container import Container, File, opened
from gobs_collectors.cgroup.devices import Devices
from gobs_collectors.cgroup.settings import CgroupConfig
from gobs_collectors.cgroup.sources import CELLS, When, sources
from gobs_collectors.cgroup.tree import Tree
from gobs_core import Missing, Proc
from gobs_core.control_groups import Group, mounted
from gobs_core.descriptors import Descriptors

NO_GROUPS = "no control groups below the machine's /sys/fs/cgroup: in a pod, mount the node's /sys read-only"
_BYTES, _LARGE = 1024, 8192
"""What nearly every such file fits in; memory.stat is the large one."""


class Reader:
    """All containers of one machine. Lives from the collector's open to its close; raises Missing without any tree."""

    def __init__(self, proc: Proc, config: CgroupConfig) -> None:
        mounts = mounted(proc)
        if mounts.root is None:
            raise Missing(NO_GROUPS)
        self.version = mounts.version
        self._config = config
        self._trees = {**mounts.controllers, **({} if mounts.unified is None else {"": mounts.unified})}
        self.devices = Devices(proc)
        self._sources = sources(mounts.version, self.devices)
        self.told = frozenset(CELLS[place] for source in self._sources for place in source.cells)
        """The cells that this version tells."""
        self._descriptors = Descriptors(proc, config.descriptors)
        self.tree = Tree(proc, mounts.root)
        self.containers: dict[str, Container] = {}
        """By the path of its group."""
        self._keys: dict[tuple[str, str], str] = {}
        """Workload and container -> path: two groups may claim to be one container, and the first is believed."""
        self.left_out = 0
        """Containers beyond the limit."""
        self._tick = 0

    def read(self) -> None:
        """Read all that may have changed since the last tick."""
        self._tick += 1
        new, gone = self.tree.update(self._is_idle)
        for path in gone:
            self._drop(path)
        self._admit(new)
        if self._tick % (self._config.every * 60) == 0:
            self.devices.forget()
        self._read_always()
        for container in self.containers.values():
            for file in container.due(self._tick, self._config.every):
                container.take(file, self._descriptors.read_at(file.path, _LARGE))

    def by_key(self) -> dict[tuple[str, str], Container]:
        """The containers by the key of their rows."""
        return {key: self.containers[path] for key, path in self._keys.items()}

    def close(self) -> None:
        """Close every descriptor."""
        self._descriptors.close()

    def _is_idle(self, path: str) -> bool:
        container = self.containers.get(path)
        return container is not None and not container.ran

    def _admit(self, groups: list[Group]) -> None:
        for group in groups:
            key = (group.place.pod or group.place.container, group.place.container)
            if key in self._keys:
                continue
            if len(self.containers) >= self._config.max_containers:
                self.left_out += 1
                continue
            phase = len(self.containers) % self._config.every
            container = opened(group, self._sources, self._trees, self._descriptors, phase)
            if container.files:
                self._keys[key] = group.path
                self.containers[group.path] = container

    def _drop(self, path: str) -> None:
        container = self.containers.pop(path, None)
        if container is not None:
            self._descriptors.give_back(file.fd for file in container.files)
            del self._keys[(container.workload, container.group.place.container)]

    def _read_always(self) -> None:
        files = [
            (container, file)
            for container in self.containers.values()
            for file in container.files
            if file.source.when is When.ALWAYS
        ]
        lost: set[str] = set()
        for (container, file), raw in zip(files, self._read([file for _, file in files]), strict=True):
            if file is container.gate:
                container.ran = raw != file.raw
                if not raw:
                    lost.add(container.group.path)
            container.take(file, raw)
        for path in lost:
            self._drop(path)
            for inner in self.tree.lost(path):
                self._drop(inner)

    def _read(self, files: list[File]) -> list[bytes]:
        fds = [file.fd for file in files]
        if -1 not in fds:
            return self._descriptors.read_kept(fds, _BYTES)
        kept, read_at = self._descriptors.read_kept, self._descriptors.read_at
        return [kept([file.fd], _BYTES)[0] if file.fd >= 0 else read_at(file.path, _BYTES) for file in files]
