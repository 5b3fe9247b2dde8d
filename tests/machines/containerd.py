"""A Kubernetes node with containerd and cgroup v2: kernel 6.8, systemd paths, and the same five seconds later."""

# ruff: noqa: E501  one process, or one device, a line

from __future__ import annotations

from dataclasses import replace

from tests.machines import groups as groups_of
from tests.machines import node
from tests.machines.groups import MIB
from tests.machines.render import TREE, Process, machine, net_dev, processes

WEB = b"3f6b1c2d-aaaa-4bbb-8ccc-0123456789ab"
DB = b"77777777-1234-4321-9876-abcdefabcdef"
JOB = b"c0ffee00-0001-4002-8003-000400050006"
EXPORTER = b"eeeeeeee-0000-4000-8000-00000000000e"
_CLASSES = {WEB: b"burstable", DB: b"", JOB: b"besteffort", EXPORTER: b"besteffort"}


def _pod(uid: bytes, container: bytes) -> bytes:
    quality = _CLASSES[uid]
    parent = b"kubepods-%s.slice/kubepods-%s-" % (quality, quality) if quality else b"kubepods-"
    name = parent + b"pod" + uid.replace(b"-", b"_")
    return b"0::/kubepods.slice/%s.slice/cri-containerd-%s.scope\n" % (name, (container * 64)[:64])


def _system(name: bytes) -> bytes:
    return b"0::/system.slice/%s\n" % name


def _processes(later: int) -> list[Process]:
    """Return the processes: `later` 0 or 1. Later one nginx worker is gone, and pid 1520 is another process."""
    host = net_dev(
        (b"lo", 1048576, 4096, 1048576, 4096), (b"eth0", 10**10 + 5_000_000 * later, 8_000_000 + 4000 * later, 4 * 10**9 + 2_500_000 * later, 3_000_000 + 2500 * later),
        (b"cali0a1b2c3d4e5", 730_000 + 70_000 * later, 9000, 910_000 + 90_000 * later, 9900),
        (b"cali1111111111f", 51_000, 600, 61_000, 700), (b"vxlan.calico", 700_000 + 64_000 * later, 8100, 880_000 + 80_000 * later, 8800),
    )  # fmt: skip
    web = net_dev(
        (b"lo", 5000, 50, 5000, 50), (b"eth0", 910_000 + 90_000 * later, 9900, 730_000 + 70_000 * later, 9000)
    )
    db = net_dev((b"lo", 0, 0, 0, 0), (b"eth0", 61_000, 700, 51_000, 600))
    job = net_dev((b"lo", 0, 0, 0, 0), (b"eth0", 1200, 12, 900, 9))
    worker = Process(1321, b"nginx", _pod(WEB, b"a1"), 1320, uid=101, cmdline=b"nginx: worker process\0", net="../1301/net", times=(4000 + 250 * later, 1000 + 50 * later, 0, 0), memory=12288, start=60110, switches=(90000 + 500 * later, 120), seccomp=2)  # fmt: skip
    several = [
        Process(1, b"systemd", b"0::/init.scope\n", 0, cmdline=b"/sbin/init\0", net=host, times=(900, 1400, 50000, 20000), memory=13312),
        Process(2, b"kthreadd", b"0::/\n", 0, memory=0, start=1),
        Process(14, b"ksoftirqd/0", b"0::/\n", 2, memory=0, start=1, times=(0, 400 + 3 * later, 0, 0), cpus=b"0"),
        Process(61, b"kworker/0:1H-kblockd", b"0::/\n", 2, b"I", memory=0, start=2, nice=-20, times=(0, 90, 0, 0)),
        Process(420, b"systemd-journal", _system(b"systemd-journald.service"), cmdline=b"/usr/lib/systemd/systemd-journald\0", memory=20480, start=900, io=(1 << 20, 9 << 20, 0)),
        Process(803, b"containerd", _system(b"containerd.service"), cmdline=b"/usr/bin/containerd\0", times=(60000 + 20 * later, 30000 + 5 * later, 0, 0), memory=65536, start=1200, threads=(b"containerd",) * 4),
        Process(811, b"kubelet", _system(b"kubelet.service"), cmdline=b"/usr/bin/kubelet\0--config=/var/lib/kubelet/config.yaml\0", times=(90000 + 60 * later, 40000 + 20 * later, 0, 0), memory=98304, start=1300, threads=(b"kubelet",) * 2, open_files=b"1000000"),
        Process(1200, b"containerd-shim", _system(b"containerd.service"), cmdline=b"/usr/bin/containerd-shim-runc-v2\0-namespace\0k8s.io\0", memory=9216, start=60000),
        Process(1301, b"pause", _pod(WEB, b"a0"), 1200, uid=65535, cmdline=b"/pause\0", net=web, memory=4, start=60050, seccomp=2),
        Process(1320, b"nginx", _pod(WEB, b"a1"), 1200, cmdline=b"nginx: master process nginx -g daemon off;\0", net="../1301/net", memory=8192, start=60100, times=(12, 30, 9000, 4000), seccomp=2),
        worker,
        replace(worker, pid=1322, processor=1, times=(3900, 980, 0, 0)),
        Process(1340, b"envoy", _pod(WEB, b"a2"), 1200, uid=1337, cmdline=b"envoy\0--service-cluster\0web\0", net="../1301/net", times=(7000 + 100 * later, 2000 + 25 * later, 0, 0), memory=40960, start=60200, threads=(b"wrk:worker_0", b"wrk:worker_1"), seccomp=2),
        Process(1401, b"pause", _pod(DB, b"b0"), 1200, uid=65535, cmdline=b"/pause\0", net=db, memory=4, start=70000, seccomp=2),
        Process(1420, b"postgres", _pod(DB, b"b1"), 1200, uid=70, cmdline=b"postgres\0-c\0primary_conninfo=host=db-0 password=hunter2\0", net="../1401/net", times=(20000 + 40 * later, 9000 + 30 * later, 400, 100), memory=262144, start=70100, io=(800 << 20, (900 + later) << 20, 4096), seccomp=2),
        Process(1421, b"postgres", _pod(DB, b"b1"), 1420, uid=70, cmdline=b"postgres: checkpointer \0", net="../1401/net", times=(800, 900, 0, 0), memory=131072, start=70120, io=(1 << 20, (300 + later) << 20, 0), seccomp=2),
        Process(1430, b"sh", _pod(DB, b"b1"), 1420, b"Z", uid=70, net="../1401/net", memory=0, start=70900, io=None),
        Process(1501, b"pause", _pod(JOB, b"c0"), 1200, uid=65535, cmdline=b"/pause\0", net=job, memory=4, start=80000, seccomp=2),
        Process(1520, b"python3", _pod(JOB, b"c1"), 1200, uid=1000, cmdline=b"python3\0train.py\0--token\0abcdef123456\0", net="../1501/net", times=(123456, 2345, 0, 0), memory=524288, start=80100, threads=(b"python3", b"ThreadPoolExecu"), nice=10, seccomp=2),
        Process(1601, b"pause", _pod(EXPORTER, b"d0"), 1200, uid=65535, cmdline=b"/pause\0", memory=4, start=81000, seccomp=2),
        Process(1620, b"exporter", _pod(EXPORTER, b"d1"), 1200, uid=65534, cmdline=b"/bin/exporter\0--path.procfs=/host/proc\0", times=(3000 + later, 4000 + 2 * later, 0, 0), memory=20480, start=81100, io=None, seccomp=2),
        Process(2001, b"bash", b"0::/user.slice/user-1000.slice/session-5.scope\n", 1, uid=1000, cmdline=b"-bash\0", memory=5120, start=90000),
    ]  # fmt: skip
    if not later:
        return several
    again = Process(1520, b"curl", _pod(JOB, b"c2"), 1200, uid=1000, cmdline=b"curl\0https://user:hunter2@example.org/\0", net="../1501/net", times=(1, 1, 0, 0), memory=6144, start=123400)  # fmt: skip
    return [again if process.pid == 1520 else process for process in several if process.pid != 1322]


def containerd_v2(*, later: bool) -> TREE:
    """Return its files at once, or five seconds later: half of one CPU more busy, 1 MiB/s through eth0."""
    n = int(later)
    cpus = [
        (30000 + 250 * n, 100, 12000 + 100 * n, 900000 + 130 * n, 400 + 10 * n, 0, 300 + 5 * n, 20 + 5 * n, 0, 0),
        (29000 + 100 * n, 100, 11000 + 50 * n, 905000 + 350 * n, 390, 0, 250, 25, 0, 0),
        (28000, 100, 10000, 910000 + 500 * n, 380, 0, 200, 15, 0, 0),
        (31000 + 400 * n, 100, 13000 + 100 * n, 890000, 410, 0, 350, 30, 200 + 100 * n, 0),
    ]
    tree = processes(*_processes(n)) | node.identity("containerd-v2", b"6.8.0-60-generic", 4)
    tree |= node.pressure(20 + n, full_of_cpu=True, irq=True) | {
        "loadavg": b"2.17 1.90 1.71 %d/812 2001\n" % (4 - n),
        "uptime": b"%d.00 37000.00\n" % (9600 + 5 * n),
        "stat": node.stat(cpus, interrupts=7_000_000 + 5000 * n, switches=14_000_000 + 20_000 * n, boot=1700200000, forks=40_000 + 15 * n, running=4),
        "meminfo": node.meminfo(16384000, 2048000 - 1024 * n, 9216000 - 2048 * n),
        "diskstats": node.diskstats(17, [(253, 0, b"vda", 200_000 + 500 * n), (253, 1, b"vda1", 199_000 + 500 * n), (253, 16, b"vdb", 0)]),
    }  # fmt: skip
    interfaces: TREE = {
        "class/net/lo/type": b"772\n",
        "class/net/eth0/type": b"1\n",
        "class/net/eth0/device": "../../../virtio0",
        **{f"class/net/{name}/type": b"1\n" for name in ("cali0a1b2c3d4e5", "cali1111111111f", "vxlan.calico")},
    }
    blocks: TREE = {f"block/{name}/device": f"../../../virtio{name}" for name in ("vda", "vdb")}
    return machine(tree, interfaces | blocks | {"block/vda/vda1/partition": b"1\n"} | _groups(n))


def _groups(n: int) -> TREE:
    """Return the control groups: those of the exporter cannot be seen, and the job is throttled and over its memory."""

    def path(uid: bytes, container: bytes = b"") -> str:
        inner = _pod(uid, container or b"x").decode().strip().removeprefix("0::/")
        return inner if container else inner.rpartition("/")[0]

    web, db, job = (
        (20_000_000 + 3_000_000 * n, 9_000_000 + 500_000 * n),
        (800_000_000, 90_000_000 + 700_000 * n),
        (9 * 10**9 + 2_500_000 * n, 10**8),
    )
    groups = groups_of.trees_2()
    groups |= groups_of.version_2(path(WEB), cpu=web, memory=96 * MIB, pids=7)
    groups |= groups_of.version_2(path(WEB, b"a0"), cpu=(20_000, 10_000), memory=MIB)
    groups |= groups_of.version_2(
        path(WEB, b"a1"),
        cpu=(web[0] - 9_000_000, web[1]),
        memory=64 * MIB + 4096 * n,
        limit=128 * MIB,
        pids=3,
        waits=40_000 + 25_000 * n,
    )
    groups |= groups_of.version_2(path(DB), cpu=db, memory=512 * MIB, limit=1024 * MIB)
    groups |= groups_of.version_2(
        path(DB, b"b1"),
        cpu=db,
        memory=500 * MIB,
        limit=1024 * MIB,
        io=((800 + n) * MIB, (900 + 2 * n) * MIB),
        pids=2,
        waits=900_000 + 600_000 * n,
        kernel=False,
    )
    groups |= groups_of.version_2(path(JOB), cpu=job, memory=255 * MIB, limit=256 * MIB)
    return groups | groups_of.version_2(
        path(JOB, b"c1"),
        cpu=job,
        throttled=(50 + 50 * n, 40 + 45 * n, 2_000_000 + 2_250_000 * n),
        cpu_max=b"50000 100000",
        memory=255 * MIB,
        limit=256 * MIB,
        events=(7, 900 + 30 * n, 4 + n, 3 + n),
        pids=2,
        waits=5_000_000 + 3_000_000 * n,
    )
