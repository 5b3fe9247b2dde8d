"""A machine full of disks, kernel 5.15: NVMe with and without multipath, LVM on LUKS, md; a bond and a VF."""

# ruff: noqa: E501  one process, or one device, a line

from __future__ import annotations

from tests.machines import node
from tests.machines.render import TREE, Process, machine, net_dev, processes

_REAL = ("nvme0n1", "nvme1n1", "nvme2n1", "nvme3n1", "sda", "sdb", "mmcblk0", "mmcblk0boot0", "cciss!c0d0", "sr0")
_SLAVES = {"dm-0": ("nvme0n1p2",), "dm-1": ("dm-0",), "md127": ("sda", "sdb"), "bcache0": ("sdb", "nvme0n1")}
_NAMES = {"dm-0": b"luks-7d1e", "dm-1": b"vg0-root"}


def disks(*, later: bool) -> TREE:
    """Return its files at once, or five seconds later."""
    n = int(later)
    own = net_dev(
        (b"lo", 0, 0, 0, 0), (b"bond0", 300_000 * n + 3_000_000, 30, 600_000, 60), (b"eth0", 100_000 * n + 1_000_000, 10, 200_000, 20),
        (b"eth1", 200_000 * n + 2_000_000, 20, 400_000, 40), (b"bond0.100", 90_000, 9, 80_000, 8), (b"br0", 90_000, 9, 80_000, 8),
        (b"eth2", 50_000, 5, 60_000, 6), (b"enP3s1", 49_000, 4, 59_000, 5),
    )  # fmt: skip
    libpod = b"0::/machine.slice/libpod-%s.scope\n" % (b"e" * 64)
    tree = processes(
        Process(1, b"systemd", b"0::/init.scope\n", 0, cmdline=b"/sbin/init\0", net=own, memory=12288),
        Process(2, b"kthreadd", b"0::/\n", 0, memory=0, start=1),
        Process(500, b"dd", libpod, 499, cmdline=b"dd\0if=/dev/sda\0of=/dev/null\0", times=(10, 400 + 90 * n, 0, 0), io=(1 << 30, 0, 0), start=5000),
    ) | node.identity("disks", b"5.15.0-140-generic", 2)  # fmt: skip
    devices = [
        (259, 0, b"nvme0n1", 10_000 + 200 * n), (259, 1, b"nvme0n1p1", 100), (259, 2, b"nvme0n1p2", 9_900 + 200 * n),
        (0, 0, b"nvme1c0n1", 5_000 + 100 * n), (0, 0, b"nvme1c1n1", 3_000 + 50 * n), (259, 4, b"nvme1n1", 0),
        (0, 0, b"nvme2c2n1", 7_000), (259, 5, b"nvme2n1", 7_000), (0, 0, b"nvme3c3n1", 4_000 + 10 * n), (259, 6, b"nvme3n1", 0),
        (8, 0, b"sda", 20_000 + 300 * n), (8, 1, b"sda1", 20), (8, 16, b"sdb", 20_100 + 300 * n), (9, 127, b"md127", 39_000 + 600 * n),
        (253, 0, b"dm-0", 9_800 + 200 * n), (253, 1, b"dm-1", 9_700 + 200 * n), (252, 0, b"bcache0", 400), (179, 0, b"mmcblk0", 60),
        (179, 1, b"mmcblk0p1", 50), (179, 8, b"mmcblk0boot0", 2), (104, 0, b"cciss/c0d0", 77), (104, 1, b"cciss/c0d0p1", 70),
        (11, 0, b"sr0", 0), (43, 0, b"nbd0", 9), (7, 0, b"loop0", 33), (1, 0, b"ram0", 0), (251, 0, b"zram0", 44),
    ]  # fmt: skip
    tree |= {
        "loadavg": b"4.00 3.50 2.00 2/300 500\n",
        "uptime": b"%d.00 1000.00\n" % (600 + 5 * n),
        "stat": node.stat([(900, 0, 800, 57000, 300, 0, 10, 0, 0, 0)] * 2, interrupts=4000, switches=9000, boot=1700300000, forks=600),
        "meminfo": node.meminfo(65536000, 4096000, 40960000, swap=8388604, swap_free=8388604),
        "diskstats": node.diskstats(17, devices),
    }  # fmt: skip
    return machine(tree | node.pressure(50, full_of_cpu=True, irq=False), _interfaces() | _blocks())


def _interfaces() -> TREE:
    links: TREE = {f"class/net/{name}/device": f"../../../pci/{name}" for name in ("eth0", "eth1", "eth2", "enP3s1")}
    links |= {f"class/net/{name}/upper_bond0": "../bond0" for name in ("eth0", "eth1")}
    links |= {"class/net/enP3s1/upper_eth2": "../eth2", "class/net/bond0/upper_bond0.100": "../bond0.100"}
    names = ("lo", "bond0", "eth0", "eth1", "bond0.100", "br0", "eth2", "enP3s1")
    types: TREE = {f"class/net/{name}/type": b"772\n" if name == "lo" else b"1\n" for name in names}
    return links | types | {"class/net/bonding_masters": b"bond0\n"}


def _blocks() -> TREE:
    paths = ("nvme1c0n1", "nvme1c1n1", "nvme2c2n1", "nvme3c3n1")
    tree: TREE = {f"block/{name}/device": f"../../../devices/{name}" for name in (*_REAL, *paths)}
    tree |= {f"block/{name}/hidden": b"1\n" for name in paths}
    tree |= {f"block/{name}/slaves/{slave}": f"../../{slave}" for name, slaves in _SLAVES.items() for slave in slaves}
    tree |= {f"block/{name}/dm/name": given + b"\n" for name, given in _NAMES.items()}
    tree |= {f"block/{name}/size": b"4096\n" for name in ("md127", "bcache0", "nbd0", "loop0", "ram0", "zram0")}
    return tree | {"block/sda/sda1/partition": b"1\n", "block/nvme0n1/nvme0n1p1/partition": b"1\n"}
