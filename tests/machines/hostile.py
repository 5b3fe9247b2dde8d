"""A machine whose users put into names whatever a kernel lets through."""

from __future__ import annotations

from tests.machines import node
from tests.machines.render import TREE, Process, machine, net_dev, processes

COMMS = (
    b"a b",
    b"a) R 1 1 1 (b",
    b"new\nline",
    b") S 0",
    b"((((((((((((((",
    b"\x1b[31mred\x1b[0m",
    b"\xff\xfe\x80latin\xe9",
    b"<script>alert(1",
    b"tab\tand\\slash",
    b"%s{0}${HOME}",
    "žluťoučký".encode(),
    b" ",
)
UNIT = rb"0::/system.slice/system-evil\x2dunit.slice/<b>evil@\040name.service" + b"\n"


def hostile() -> TREE:
    """Return its files."""
    own = net_dev(
        (b"lo", 1, 1, 1, 1),
        (b"ve\xffth", 2, 1, 2, 1),
        (b"a<b>&\x1b[1m", 3, 1, 3, 1),
        (b"eth0:1", 4, 1, 4, 1),
        (b"::", 5, 1, 5, 1),
        (b"1 2 3 4"[:1], 6, 1, 6, 1),
        (b"15-bytes-long-x", 12345678901, 1, 98765432109, 1),
    )
    users = [
        Process(
            100 + number,
            comm,
            UNIT,
            uid=4000000000 + number,
            cmdline=comm * 3 + b"\0" + comm + b"\0",
            start=1000 + number,
        )
        for number, comm in enumerate(COMMS)
    ]
    secrets = b"app\0--password=hunter2\0--api-key\0AKIA<hunter2>\0https://joe:hunter2@example.org/?token=hunter2\0"
    tree = processes(
        Process(1, b"init", b"0::/\n", 0, cmdline=b"/sbin/init\0", net=own),
        *users,
        Process(
            300,
            b"secrets",
            UNIT,
            cmdline=secrets,
            fds=("/srv/\x1b[2Jclear", "/srv/a b (deleted)", "anon_inode:[eventpoll]"),
        ),
        Process(301, b"long", UNIT, cmdline=b"x" * 4096 + b"\0"),
        Process(302, b"retitled", UNIT, cmdline=b"retitled: one string without its end"),
    ) | node.identity("hostile", b"6.1.0-37-amd64", 1)
    tree |= {
        "loadavg": b"0.00 0.00 0.00 1/1 400\n",
        "uptime": b"0.00 0.00\n",
        "stat": node.stat([(0,) * 10], interrupts=0, switches=0, boot=0, forks=0, running=0),
        "meminfo": node.meminfo(1024, 0, 0),
        "diskstats": node.diskstats(17, [(9, 1, b"md_a b<i>", 3), (253, 0, b"dm-0", 4)]) + _overflown(),
    }
    return machine(
        tree,
        {"block/md_a b<i>/size": b"1\n", "block/dm-0/dm/name": b"evil\x1b[31m\xff<b>\n", "block/sda/device": "../x"},
    )


def _overflown() -> bytes:
    """A counter that the kernel has let fall below 0."""
    return b"   8       0 sda 1 2 3 4 5 6 7 8 18446744073709551615 10 11 12 13 14 15 16 17\n"
