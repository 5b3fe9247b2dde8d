"""A process table that looks and moves like a node's: sizes, skews and repetition as /proc shows them."""

from __future__ import annotations

import random
from collections.abc import Iterator

from gobs_core import Cell, RowValues, Table, Unit, counter, gauge, info, key

_GAUGES = ("ppid", "priority", "nice", "threads", "processor", "rt_priority", "vm_size", "vm_rss", "vm_peak", "vm_lck")
_MORE = ("vm_pin", "vm_data", "vm_stk", "vm_exe", "vm_lib", "vm_swap", "seccomp", "uid", "fds", "max_fds")
_COUNTERS = (
    "utime",
    "stime",
    "cutime",
    "cstime",
    "voluntary",
    "involuntary",
    "read_bytes",
    "write_bytes",
    "cancelled",
    "start",
)
_INFOS = ("comm", "state", "cpus_allowed", "speculation", "command")
_HOT = (
    "utime",
    "stime",
    "voluntary",
    "involuntary",
    "vm_rss",
    "write_bytes",
    "read_bytes",
    "processor",
    "vm_data",
    "fds",
    "vm_size",
    "threads",
    "vm_peak",
    "cutime",
)
"""The columns that move, those that move most often first."""

PROCESS = Table(
    "process",
    "One process.",
    (
        key("pod", "Pod uid."),
        key("container", "Container id."),
        key("pid", "Process id and start time."),
        *(gauge(name, name, Unit.ITEMS, scale=1) for name in _GAUGES + _MORE),
        *(counter(name, name) for name in _COUNTERS),
        *(info(name, name) for name in _INFOS),
    ),
)
COLUMNS = len(PROCESS.cells)
_PLACE = {column.name: place for place, column in enumerate(PROCESS.stored)}
_STEPS = {
    "utime": 40,
    "stime": 15,
    "voluntary": 90,
    "involuntary": 6,
    "read_bytes": 40_960,
    "write_bytes": 16_384,
    "cutime": 20,
}


def processes(rows: int, seed: int = 7) -> list[RowValues]:
    """`rows` processes, five to a pod of one container each, in the order /proc lists them."""
    dice = random.Random(seed)
    made = []
    programs = [_program(dice, number) for number in range(max(rows // 8, 1))]
    pid, start = 800, 900
    for number in range(rows):
        if number % 5 == 0:
            pod, container = f"{dice.getrandbits(128):032x}", f"{dice.getrandbits(256):064x}"
        pid += dice.randint(1, 60)
        start += int(dice.expovariate(1 / 4000))
        made.append((pod, container, f"{pid}:{start}", *_cells(dice, pid, start, dice.choice(programs))))
    return made


def _program(dice: random.Random, number: int) -> dict[str, Cell]:
    size = int(dice.lognormvariate(12.5, 1.5))
    return {
        "vm_size": size,
        "vm_exe": int(dice.lognormvariate(7, 1.5)),
        "vm_lib": int(dice.lognormvariate(8, 1)),
        "threads": max(1, int(dice.lognormvariate(1, 1))),
        "comm": f"program-{number}",
        "command": f"/usr/bin/program-{number} --listen 0.0.0.0:{8000 + number} --config /etc/program/{number}.yaml",
        "uid": dice.choice((0, 0, 0, 65532, 1000, 101)),
        "max_fds": dice.choice((1024, 1048576, 1073741816)),
    }


def _cells(dice: random.Random, pid: int, start: int, program: dict[str, Cell]) -> list[Cell]:
    size = int(program["vm_size"] or 0) + dice.randint(0, 5000)
    rss = int(size * dice.uniform(0.02, 0.6))
    work = dice.lognormvariate(4, 3)
    idle = dice.random() < 0.3
    values: dict[str, Cell] = {
        **program,
        "ppid": dice.choice((1, pid - dice.randint(1, 40))),
        "priority": 20,
        "nice": 0 if dice.random() < 0.95 else -5,
        "processor": dice.randint(0, 15),
        "rt_priority": 0,
        "vm_size": size,
        "vm_rss": rss,
        "vm_peak": size + dice.randint(0, 4000),
        "vm_lck": 0,
        "vm_pin": 0,
        "vm_data": int(size * dice.uniform(0.2, 0.7)),
        "vm_stk": 132,
        "vm_swap": 0,
        "seccomp": 0 if dice.random() < 0.4 else 2,
        "fds": dice.randint(4, 60),
        "utime": int(work),
        "stime": int(work / dice.uniform(1, 6)),
        "cutime": 0 if dice.random() < 0.9 else int(work),
        "cstime": 0 if dice.random() < 0.9 else int(work / 3),
        "voluntary": int(work * dice.uniform(2, 20)),
        "involuntary": int(work / dice.uniform(1, 20)),
        "read_bytes": 0 if idle else int(dice.lognormvariate(9, 3)) * 4096,
        "write_bytes": 0 if idle else int(dice.lognormvariate(6, 3)) * 4096,
        "cancelled": 0 if dice.random() < 0.9 else dice.randint(1, 50) * 4096,
        "start": start,
        "state": "S" if dice.random() < 0.97 else "R",
        "cpus_allowed": "0-15",
        "speculation": "thread vulnerable",
    }
    return [values[column.name] for column in PROCESS.cells]


def moving(rows: list[RowValues], share: float, seed: int = 11) -> Iterator[list[RowValues]]:
    """The same processes tick by tick, `share` of all cells changing each time; a row at rest stays the same object."""
    dice = random.Random(seed)
    active = [number for number in range(len(rows)) if dice.random() < min(1.0, share * 4)] or [0]
    per_row = max(1, round(share * len(rows) * COLUMNS / len(active)))
    hot = [_PLACE[name] for name in _HOT]
    every = hot + [place for place in range(3, 3 + COLUMNS - len(_INFOS)) if place not in hot]
    while True:
        rows = list(rows)
        for number in active:
            row = list(rows[number])
            for place in every[:per_row]:
                row[place] = _moved(dice, PROCESS.stored[place].name, row[place])
            rows[number] = tuple(row)
        yield rows


def _moved(dice: random.Random, name: str, value: Cell) -> Cell:
    assert isinstance(value, int)
    step = max(1, int(dice.lognormvariate(0, 1) * _STEPS.get(name, 12)))
    if name.endswith("_bytes"):
        step = max(1, step // 4096) * 4096
    if name in _COUNTERS or value < step:
        return value + step
    return value + dice.choice((-step, step))
