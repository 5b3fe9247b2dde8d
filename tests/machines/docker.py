"""A node with Docker and cgroup v1: kernel 5.4, cgroupfs paths, pods beside plain containers and units."""

# ruff: noqa: E501  one process, or one device, a line

from __future__ import annotations

from tests.machines import node
from tests.machines.groups import MIB, trees_1, version_1
from tests.machines.render import TREE, Process, machine, net_dev, processes

API_POD = b"kubepods/burstable/pod0a1b2c3d-1111-2222-3333-444455556666"
DNS_POD = b"kubepods/podfeedf00d-9999-4888-8777-666655554444"


def _v1(path: bytes) -> bytes:
    """Write a cgroup file; what Docker makes by cgroupfs stays in Docker's own place in the unified hierarchy."""
    controllers = (b"11:memory", b"10:pids", b"7:cpu,cpuacct", b"4:blkio", b"1:name=systemd")
    unified = b"system.slice/docker.service" if path.startswith((b"kubepods", b"docker")) else path
    return b"".join(b"%s:/%s\n" % (controller, path) for controller in controllers) + b"0::/" + unified + b"\n"


def _id(digit: bytes) -> bytes:
    return digit * 64


def docker_v1() -> TREE:
    """Return its files."""
    own = net_dev(
        (b"lo", 104, 2, 104, 2), (b"eno1", 712345678, 512345, 98765432, 212345), (b"docker0", 5120, 40, 7168, 44),
        (b"veth0a1b2c3", 5680, 40, 7712, 48), (b"cbr0", 9920, 81, 11024, 90),
    )  # fmt: skip
    pod = net_dev((b"lo", 0, 0, 0, 0), (b"eth0", 7712, 48, 5680, 40))
    red, blue, plain = API_POD + b"/" + _id(b"a"), API_POD + b"/" + _id(b"b"), b"docker/" + _id(b"c")
    tree = processes(
        Process(1, b"systemd", _v1(b"init.scope"), 0, cmdline=b"/sbin/init\0", net=own, times=(402, 907, 1203, 420), memory=11204, modern=False),
        Process(2, b"kthreadd", _v1(b""), 0, memory=0, start=1, modern=False),
        Process(700, b"dockerd", _v1(b"system.slice/docker.service"), cmdline=b"/usr/bin/dockerd\0-H\0fd://\0", times=(9120, 3021, 40, 12), memory=98304, threads=(b"dockerd",) * 3, modern=False),
        Process(1010, b"pause", _v1(API_POD + b"/" + _id(b"0")), 700, uid=65535, cmdline=b"/pause\0", net=pod, memory=4, start=9000, modern=False),
        Process(1020, b"python3", _v1(red), 700, uid=1000, cmdline=b"python3\0-m\0http.server\0", net="../1010/net", times=(310, 44, 0, 0), memory=20480, start=9100, io=(4096, 12288, 0), seccomp=2, modern=False),
        Process(1030, b"sh", _v1(blue), 700, cmdline=b"sh\0-c\0while true; do sync; done\0", net="../1010/net", times=(12, 99, 400, 801), start=9110, modern=False),
        Process(1110, b"coredns", _v1(DNS_POD + b"/" + _id(b"d")), 700, cmdline=b"/coredns\0-conf\0/etc/coredns/Corefile\0", net=pod, memory=40960, start=9200, times=(801, 402, 0, 0), modern=False),
        Process(1210, b"redis-server", _v1(plain), 700, uid=999, cmdline=b"redis-server *:6379\0", net=pod, memory=8192, start=9300, times=(77, 30, 0, 0), modern=False),
    )  # fmt: skip
    tree |= node.identity("docker-v1", b"5.4.0-216-generic", 2) | {
        "loadavg": b"1.50 1.25 0.98 3/412 1210\n",
        "uptime": b"7200.00 9021.17\n",
        "stat": node.stat(
            [(20121, 12, 10411, 669012, 512, 0, 211, 0, 700, 3), (19877, 0, 10002, 670110, 455, 0, 187, 0, 0, 0)],
            interrupts=812331, switches=1204411, boot=1700100000, forks=9020, running=3,
        ),
        "meminfo": node.meminfo(8067524, 504416, 4801664),
        "diskstats": node.diskstats(15, [(8, 0, b"sda", 90210), (8, 1, b"sda1", 90000), (7, 0, b"loop0", 40)]),
    } | {f"pressure/{name}": content for name, content in _pressure().items()}  # fmt: skip
    interfaces: TREE = {
        "class/net/lo/type": b"772\n",
        "class/net/eno1/type": b"1\n",
        "class/net/eno1/device": "../../../0000:00:1f.6",
        **{f"class/net/{name}/type": b"1\n" for name in ("docker0", "veth0a1b2c3", "cbr0")},
    }
    blocks: TREE = {
        "block/sda/device": "../../../0:0:0:0",
        "block/sda/size": b"976773168\n",
        "block/sda/sda1/partition": b"1\n",
        "block/loop0/size": b"0\n",
    }
    groups = trees_1() | version_1(
        red.decode(), cpu=(3_100_000, 440_000), quota=150_000, limit=64 * MIB, io=(4096, 12288)
    )
    groups |= version_1(API_POD.decode(), cpu=(3_220_000, 1_430_000), memory=30 * MIB)
    groups |= version_1(blue.decode(), cpu=(120_000, 990_000), throttled=(90, 30, 4_500_000), quota=10_000, kills=2)
    return machine(tree, interfaces | blocks | groups | version_1(plain.decode(), cpu=(770_000, 300_000)))


def _pressure() -> TREE:
    return {
        path.removeprefix("pressure/"): content
        for path, content in node.pressure(3, full_of_cpu=False, irq=False).items()
    }
