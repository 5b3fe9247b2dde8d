"""How a kernel writes the files of control groups, in both versions."""

from __future__ import annotations

from tests.machines.render import TREE

MIB = 1 << 20


def version_2(
    path: str,
    *,
    cpu: tuple[int, int],
    throttled: tuple[int, int, int] = (0, 0, 0),
    cpu_max: bytes = b"max 100000",
    memory: int = 8 * MIB,
    limit: int | None = None,
    events: tuple[int, int, int, int] = (0, 0, 0, 0),
    io: tuple[int, int] = (0, 0),
    pids: int = 1,
    waits: int = 0,
    kernel: bool = True,
) -> TREE:
    """Write a group of version 2: µs in user mode and in the kernel; periods, throttled ones and µs; high, max, oom,
    oom_kill; bytes read and written, by a disk and by the volume on it."""
    user, system = cpu
    anon, file, inactive = memory // 2, memory // 4, memory // 8
    stat = b"anon %d\nfile %d\n" % (anon, file)
    stat += b"kernel %d\n" % (memory // 16) if kernel else b""
    stat += b"kernel_stack 16384\npagetables 40960\npercpu 480\nshmem 0\nfile_mapped 4096\ninactive_anon 0\n"
    stat += b"active_anon %d\ninactive_file %d\nactive_file %d\nslab %d\n" % (anon, inactive, file - inactive, MIB)
    line = b"%s rbytes=%d wbytes=%d rios=%d wios=%d dbytes=0 dios=0\n"
    devices = (b"253:0", b"252:1")
    files = {
        "cpu.stat": b"usage_usec %d\nuser_usec %d\nsystem_usec %d\ncore_sched.force_idle_usec 0\n"
        b"nr_periods %d\nnr_throttled %d\nthrottled_usec %d\nnr_bursts 0\nburst_usec 0\n"
        % (user + system, user, system, *throttled),
        "cpu.max": cpu_max + b"\n",
        "memory.current": b"%d\n" % memory,
        "memory.max": b"max\n" if limit is None else b"%d\n" % limit,
        "memory.stat": stat,
        "memory.events": b"low 0\nhigh %d\nmax %d\noom %d\noom_kill %d\noom_group_kill 0\n" % events,
        "io.stat": b"".join(line % (one, *io, io[0] // 4096, io[1] // 4096) for one in devices) if any(io) else b"",
        "pids.current": b"%d\n" % pids,
        "pids.max": b"9321\n" if limit else b"max\n",
        **{f"{what}.pressure": pressure(waits // part) for what, part in (("cpu", 1), ("memory", 4), ("io", 2))},
    }
    return {f"fs/cgroup/{path}/{name}": content for name, content in files.items()}


def pressure(some: int) -> bytes:
    """Write a file of pressure: µs that some waited, and half as many that all did."""
    line = b"%s avg10=0.00 avg60=0.00 avg300=0.00 total=%d\n"
    return line % (b"some", some) + line % (b"full", some // 2)


def version_1(
    path: str,
    *,
    cpu: tuple[int, int],
    throttled: tuple[int, int, int] = (0, 0, 0),
    quota: int = -1,
    memory: int = 8 * MIB,
    limit: int = (1 << 63) - 4096,
    io: tuple[int, int] = (0, 0),
    kills: int = 0,
) -> TREE:
    """Write a group of version 1 in the trees of its controllers; µs and bytes as above."""
    user, system = cpu
    operations = b"8:0 Read %d\n8:0 Write %d\n8:0 Sync %d\n8:0 Async 0\n8:0 Discard 0\n8:0 Total %d\nTotal %d\n"
    total = sum(io)
    files = {
        "cpu,cpuacct": {
            "cpuacct.usage": b"%d\n" % ((user + system) * 1000),
            "cpuacct.usage_user": b"%d\n" % (user * 1000),
            "cpuacct.usage_sys": b"%d\n" % (system * 1000),
            "cpu.stat": b"nr_periods %d\nnr_throttled %d\nthrottled_time %d\n" % (*throttled[:2], throttled[2] * 1000),
            "cpu.cfs_quota_us": b"%d\n" % quota,
            "cpu.cfs_period_us": b"100000\n",
        },
        "memory": {
            "memory.usage_in_bytes": b"%d\n" % memory,
            "memory.limit_in_bytes": b"%d\n" % limit,
            "memory.stat": b"cache 1\nrss 1\ninactive_file 1\ntotal_cache %d\ntotal_rss %d\ntotal_inactive_file %d\n"
            % (memory // 4, memory // 2, memory // 8),
            "memory.kmem.usage_in_bytes": b"%d\n" % (memory // 16),
            "memory.oom_control": b"oom_kill_disable 0\nunder_oom 0\noom_kill %d\n" % kills,
            "memory.failcnt": b"%d\n" % (3 * kills),
        },
        "blkio": {
            "blkio.throttle.io_service_bytes": operations % (*io, total, total, total),
            "blkio.throttle.io_serviced": operations % (io[0] // 4096, io[1] // 4096, 0, total // 4096, total // 4096),
        },
        "pids": {"pids.current": b"3\n", "pids.max": b"max\n"},
    }  # fmt: skip
    return {
        f"fs/cgroup/{tree}/{path}/{name}": content for tree, some in files.items() for name, content in some.items()
    }


def trees_2() -> TREE:
    """Write what says that version 2 is mounted, and which device lies on which."""
    return {
        "fs/cgroup/cgroup.controllers": b"cpuset cpu io memory hugetlb pids rdma misc\n",
        "fs/cgroup/cgroup.procs": b"1\n",
        "dev/block/253:0": "../../devices/virtio0/block/vda",
        "devices/virtio0/block/vda/size": b"209715200\n",
        "dev/block/252:1": "../../devices/virtual/block/dm-1",
        "devices/virtual/block/dm-1/slaves/vda": "../../../../virtio0/block/vda",
    }


def trees_1() -> TREE:
    """Write what says that version 1 is mounted."""
    return {f"fs/cgroup/{tree}/cgroup.procs": b"1\n" for tree in ("cpu,cpuacct", "memory", "blkio", "pids")}
