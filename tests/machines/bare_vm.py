"""A bare virtual machine: kernel 4.18 on Xen, two CPUs, no containers, no pressure files, /sys out of reach."""

# ruff: noqa: E501  one process, or one device, a line

from __future__ import annotations

from tests.machines import node
from tests.machines.render import TREE, Process, machine, net_dev, processes


def _unit(name: bytes) -> bytes:
    return b"12:pids:/%s\n9:memory:/%s\n5:cpu,cpuacct:/%s\n1:name=systemd:/%s\n" % (name, name, name, name)


def bare_vm() -> TREE:
    """Return its files."""
    own = net_dev((b"lo", 8112, 96, 8112, 96), (b"eth0", 918273645, 812345, 56473829, 412345))
    session = _unit(b"user.slice/user-1000.slice/session-3.scope")
    tree = processes(
        Process(1, b"systemd", _unit(b"init.scope"), 0, cmdline=b"/usr/lib/systemd/systemd\0--switched-root\0", net=own, times=(812, 1204, 40210, 9120), memory=9120, modern=False),
        Process(2, b"kthreadd", b"1:name=systemd:/\n", 0, memory=0, start=1, modern=False),
        Process(9, b"ksoftirqd/0", b"1:name=systemd:/\n", 2, memory=0, times=(0, 311, 0, 0), start=1, modern=False),
        Process(412, b"systemd-journal", _unit(b"system.slice/systemd-journald.service"), cmdline=b"/usr/lib/systemd/systemd-journald\0", times=(120, 98, 0, 0), io=(40960, 8192000, 0), modern=False),
        Process(803, b"sshd", _unit(b"system.slice/sshd.service"), cmdline=b"/usr/sbin/sshd\0-D\0", modern=False),
        Process(2114, b"bash", session, 803, uid=1000, cmdline=b"-bash\0", times=(12, 8, 902, 77), modern=False),
        Process(2177, b"mysql", session, 2114, uid=1000, cmdline=b"mysql\0--host=db\0--password=hunter2\0", modern=False),
        Process(3001, b"migration/1", b"1:name=systemd:/\n", 2, memory=0, start=1, realtime=99, processor=1, cpus=b"1", modern=False),
    )  # fmt: skip
    tree |= node.identity("bare-vm", b"4.18.0-553.el8_10.x86_64", 2) | {
        "loadavg": b"0.08 0.03 0.01 1/112 2177\n",
        "uptime": b"86400.42 171903.11\n",
        "stat": node.stat(
            [(40121, 12, 20411, 4269012, 812, 0, 411, 96, 0, 0), (39877, 0, 20002, 4270110, 655, 0, 287, 101, 0, 0)],
            interrupts=90812331, switches=181204411, boot=1700000000, forks=3020,
        ),
        "meminfo": node.meminfo(3880192, 1204416, 2801664, swap=2097148, swap_free=2000124),
        "diskstats": node.diskstats(11, [(202, 1, b"xvda1", 81234), (202, 16, b"xvdb", 4410), (202, 17, b"xvdb1", 4400), (7, 0, b"loop0", 12)]),
    }  # fmt: skip
    return machine(tree)
