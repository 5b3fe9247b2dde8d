"""What a simulated machine shows below /sys: its block devices and network interfaces, real and virtual ones apart."""

from __future__ import annotations

from pathlib import Path

from gobs_core.simulate.machine import Machine
from gobs_core.simulate.node_files import veth
from gobs_core.simulate.tree import Tree

BLOCK = {
    "nvme0n1": "pci0000:00/0000:00:1f.0/nvme/nvme0/nvme0n1",
    "dm-0": "virtual/block/dm-0",
    "loop0": "virtual/block/loop0",
}


class SysTree:
    """The folder that stands for /sys."""

    def __init__(self, machine: Machine, root: Path) -> None:
        self._machine = machine
        self._tree = Tree(root)
        self._links: set[str] = set()
        for name, place in BLOCK.items():
            self._tree.write(f"devices/{place}/size", b"209715200\n" if name != "loop0" else b"0\n")
            self._tree.write(f"devices/{place}/queue/hw_sector_size", b"512\n")
            (root / f"devices/{place}/slaves").mkdir()
            self._tree.link(f"block/{name}", f"../devices/{place}")
        self._tree.write(f"devices/{BLOCK['nvme0n1']}/nvme0n1p1/partition", b"1\n")
        self._tree.link(f"devices/{BLOCK['nvme0n1']}/device", "../../nvme0")
        self._tree.write("devices/virtual/block/dm-0/dm/name", b"vg0-data\n")
        self._tree.link("devices/virtual/block/dm-0/slaves/nvme0n1", f"../../../../{BLOCK['nvme0n1']}")
        self._interface("lo", "virtual/net/lo", 772)
        self._interface("eth0", "pci0000:00/0000:00:05.0/net/eth0", 1)
        self._tree.link("devices/pci0000:00/0000:00:05.0/net/eth0/device", "../../../0000:00:05.0")

    def step(self) -> None:
        """Let every pod with a network of its own have the host's end of its link."""
        names = {veth(pod) for pod in self._machine.pods.running if pod.netns}
        for name in names - self._links:
            self._interface(name, f"virtual/net/{name}", 1)
        for name in self._links - names:
            (self._tree.root / f"class/net/{name}").unlink()
            self._tree.vanish(f"devices/virtual/net/{name}")
        self._links = names

    def _interface(self, name: str, place: str, kind: int) -> None:
        self._tree.write(f"devices/{place}/type", f"{kind}\n".encode())
        self._tree.write(f"devices/{place}/operstate", b"up\n")
        self._tree.link(f"class/net/{name}", f"../../devices/{place}")
