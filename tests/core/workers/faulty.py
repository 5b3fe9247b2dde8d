"""A plugin of collectors, each with a fault of its own; a worker imports this module as it would a stranger's."""

from __future__ import annotations

import ctypes
import json
import math
import mmap
import os
import re
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gobs_core import (
    Collector,
    CollectorConfig,
    Context,
    Gone,
    NoData,
    Proc,
    Rows,
    Secret,
    Table,
    counter,
    gauge,
    hookimpl,
    info,
    key,
)

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
AWAY = "import os, time; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); time.sleep(600)"
"""A child that leaves its parent and its session, as a daemon does."""
PATIENT, IMPATIENT = 60.0, 0.5
SLOW = 1.0


def table_of(name: str) -> Table:
    """The table of a collector, with a column of every type."""
    return Table(
        name, "Rows", [key("id", "Which"), counter("events", "How many"), gauge("level", "How much"), info("text", "A")]
    )


class Faulty(Collector):
    """Counts its readings, then does what its fault is."""

    fault: Callable[[Faulty, Table], Any]
    patience = IMPATIENT

    class Config(CollectorConfig, frozen=True, kw_only=True):
        """Settings."""

        key: Secret = Secret()
        say: str = ""

    config: Config

    def __init__(self, config: CollectorConfig, context: Context) -> None:
        super().__init__(config, context)
        self.readings = 0
        self.held: list[bytearray] = []

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Yield one row, unless the fault yields others."""
        self.readings += 1
        mine = type(self).tables[0]
        found = type(self).fault(self, mine)
        if found is None:
            yield mine.row(id="a", events=self.readings, level=0.5, text="x")
        else:
            yield from found


def nothing(it: Faulty, mine: Table) -> None:
    """No fault."""


def raises(it: Faulty, mine: Table) -> None:
    """Raise."""
    raise RuntimeError(f"boom \x1b[2J {it.config.key}")


def empty(it: Faulty, mine: Table) -> None:
    """Say that there is nothing."""
    raise NoData("nothing here")


def hang(it: Faulty, mine: Table) -> None:
    """Wait for ever."""
    time.sleep(3600)


def spin(it: Faulty, mine: Table) -> None:
    """Compute for ever."""
    while True:
        math.sqrt(2)


def regex(it: Faulty, mine: Table) -> None:
    """Look for what cannot be found in less than years, without ever letting go of Python's lock."""
    re.match(r"(a+)+$", "a" * 60 + "b")


def leak(it: Faulty, mine: Table) -> None:
    """Take all memory there is."""
    while True:
        it.held.append(bytearray(4 << 20))


def leaks_slowly(it: Faulty, mine: Table) -> None:
    """Take some more with every reading."""
    it.held.append(bytearray(b"x") * (24 << 20))


def children(it: Faulty, mine: Table) -> None:
    """Leave three children behind, one of which goes far away, and end."""
    for command in (SLEEP, SLEEP, [sys.executable, "-c", AWAY]):
        subprocess.Popen(command)
    time.sleep(0.2)
    os._exit(0)


def segfault(it: Faulty, mine: Table) -> None:
    """Read where nothing is."""
    ctypes.string_at(0)


def leaves(it: Faulty, mine: Table) -> None:
    """End the process."""
    os._exit(3)


def exits(it: Faulty, mine: Table) -> None:
    """End it as Python does."""
    raise SystemExit(4)


def the_line() -> socket.socket:
    """The worker's own line, which no plugin should touch."""
    return socket.socket(fileno=os.dup(int(sys.argv[1])))


def garbage(it: Faulty, mine: Table) -> None:
    """Write on the line what is no frame."""
    the_line().sendall(b"\x00\x00\x00\x05hello, here are no frames at all")


def huge(it: Faulty, mine: Table) -> None:
    """Promise a frame of two gigabytes."""
    the_line().sendall(struct.pack("!I", 2**31) + b"x" * 100_000)


def chatter(it: Faulty, mine: Table) -> None:
    """Answer questions that nobody asked, for ever."""
    line = the_line()
    body = b"\x93\xcd\x03\xe7\xa4part\x92\x00\x90"
    while True:
        line.sendall(struct.pack("!I", len(body)) + body)


def flood(it: Faulty, mine: Table) -> Iterator[Rows]:
    """Yield rows without end."""
    while True:
        yield mine.row(id="a")


def many(it: Faulty, mine: Table) -> list[Rows]:
    """Yield as many rows as are allowed: no fault at all."""
    return [mine.batch([(str(n), n, 1.0, "x" * 200) for n in range(20_000)])]


def nan(it: Faulty, mine: Table) -> list[Rows]:
    """Yield what is not known as a number: no fault either."""
    return [mine.row(id="a", level=math.nan)]


def infinite(it: Faulty, mine: Table) -> list[Rows]:
    """Yield what no value can be."""
    return [mine.row(id="a", level=math.inf)]


def doubles(it: Faulty, mine: Table) -> list[Rows]:
    """Yield one key twice."""
    return [mine.row(id="a"), mine.row(id="a")]


def prints(it: Faulty, mine: Table) -> None:
    """Print to where others talk to a terminal; no fault, if it stays within bounds."""
    print("hello \x1b[31m")
    print("hello again", file=sys.stderr)


def blabs(it: Faulty, mine: Table) -> None:
    """Print its own secret, and much besides; from the second life on nothing, and end each."""
    if not os.path.exists(it.config.say):
        Path(it.config.say).touch()
        print("\n".join(f"line {number} \x1b[31m" for number in range(50)), flush=True)
        print(f"my key is {it.config.key}", flush=True)
    os._exit(3)


def prints_endlessly(it: Faulty, mine: Table) -> None:
    """Print without end."""
    while True:
        os.write(1, b"y\n" * 20_000)


def brood(it: Faulty, mine: Table) -> list[Rows]:
    """Leave a child behind and tell of it, and go on."""
    child = subprocess.Popen(SLEEP, start_new_session=True)
    return [mine.row(id=str(child.pid), events=os.getpid())]


def litters(it: Faulty, mine: Table) -> list[Rows]:
    """Write what nobody removes, tell where, and end if that is what is said."""
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(b"x" * 100_000)
    if it.config.say:
        os._exit(5)
    return [mine.row(id=file.name)]


def last_words(it: Faulty, mine: Table) -> None:
    """Print something, and end."""
    print("so long \x1b[31m")
    print("and thanks", file=sys.stderr)
    os._exit(1)


def greedy(it: Faulty, mine: Table) -> None:
    """Compute on after the reading, and hold what is not one's own: memory of a file, which no limit counts."""
    shared = mmap.mmap(-1, 80 << 20)
    for _ in range(80):
        shared.write(b"x" * (1 << 20))
    it.held.append(shared)  # type: ignore[arg-type]
    threading.Thread(target=spin, args=(it, mine), daemon=True).start()


def slow(it: Faulty, mine: Table) -> None:
    """Take nine tenths of the time there is."""
    time.sleep(0.9 * SLOW)


def obeys(it: Faulty, mine: Table) -> list[Rows] | None:
    """Do what a file says: one of a few faults, or yield rows of these names."""
    said = Path(it.config.say).read_text()
    fault = {"raises": raises, "hang": hang, "leaves": leaves, "empty": empty}.get(said)
    if fault is not None:
        fault(it, mine)
    return [mine.row(id=name, level=1.0) for name in said.split()]


def tells(it: Faulty, mine: Table) -> list[Rows]:
    """Tell of its surroundings."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    told = {
        "environment": sorted(os.environ),
        "limits": [resource.getrlimit(what) for what in (resource.RLIMIT_DATA, resource.RLIMIT_NOFILE)],
        "nice": os.nice(0),
        "privileges": status["NoNewPrivs"].strip(),
        "session": os.getsid(0) == os.getpid(),
        "key": str(it.config.key),
        "say": it.config.say,
        "node": it.context.node,
        "named": [one.name for one in it.context.workloads.known().values()],
        "unnamed": it.context.workloads.unnamed(),
    }
    return [mine.row(id="a", text=json.dumps(told)[:1024])]


FAULTS = (
    *(raises, hang, spin, regex, leak, children, segfault, leaves, exits, garbage, huge, chatter, flood, infinite),
    *(doubles, prints_endlessly),
)
_ALL = (
    *FAULTS,
    nothing,
    empty,
    many,
    nan,
    prints,
    slow,
    tells,
    leaks_slowly,
    last_words,
    greedy,
    brood,
    blabs,
    obeys,
    litters,
)


def _made(fault: Any) -> type[Faulty]:
    name = fault.__name__
    patience = IMPATIENT if name in ("hang", "spin", "regex", "prints_endlessly") else PATIENT
    values = {"name": name, "tables": (table_of(name),), "fault": fault, "patience": patience}
    return type(name.title(), (Faulty,), values)


CLASSES = {fault.__name__: _made(fault) for fault in _ALL}


class Telling(Faulty):
    """Can tell more about a row."""

    name = "telling"
    fault = staticmethod(nothing)
    patience = PATIENT
    tables = (table_of("telling"),)
    sections = ("more", "less")

    def inspect(self, proc: Proc, key: Mapping[str, str], sections: tuple[str, ...]) -> Mapping[str, object]:
        """Tell what was asked; of some rows something else happens."""
        if key["id"] == "gone":
            raise Gone("it is no more")
        if key["id"] == "bad":
            raise RuntimeError(f"boom {self.config.key}")
        if key["id"] == "slow":
            time.sleep(3600)
        return {section: [key["id"], 1, 2.5, None] for section in sections}


CLASSES["telling"] = Telling


@hookimpl
def gobs_register_collectors() -> list[type[Collector]]:
    """Announce them all."""
    return list(CLASSES.values())
