"""Trying a plugin out on this machine: its contract, by the test kit, and what one call of it costs."""

from __future__ import annotations

import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gobs_core.collector import Collector, Context
from gobs_core.condition import Condition, Sample
from gobs_core.errors import GobsError, NoData
from gobs_core.inventory import Inventory
from gobs_core.kit.copying import NotingProc, copy_read
from gobs_core.kit.findings import Level
from gobs_core.notifier import Notifier
from gobs_core.plugin import Plugin, PluginConfig
from gobs_core.proc import Proc
from gobs_core.profiler import Profiler
from gobs_core.replay import ReplayedProc
from gobs_core.rowcheck import RowCheck
from gobs_core.sink import Sink

if TYPE_CHECKING:
    from gobs_core.testing import FakeProc

CALLS = 20
"""Calls whose median is told."""
SPOILT = 300
"""Readings of spoilt files of one collector."""
DEAR = 0.02
"""Share of the interval in CPU time from which a collector is called dear."""
Said = tuple[Level, str]


class Bench(NamedTuple):
    """What plugins are tried out on."""

    proc: Proc
    context: Context
    interval: float
    """The agent's, in seconds."""
    send: bool = False
    """Whether those that send may do so, with the settings they have."""


def try_out(cls: type[Plugin], config: PluginConfig | None, bench: Bench) -> Iterator[Said]:
    """Say what is wrong, what is worth knowing and what it costs; never raises because of the plugin.

    `config` is None where settings are needed that nobody gave.
    """
    try:
        yield from _try(cls, config, bench)
    except AssertionError as fault:
        first = str(fault).partition("\n")[0]  # pytest adds the expression below it
        yield Level.WRONG, first.removeprefix(f"{cls.__name__}: ")
    except NoData as why:
        yield Level.NOTE, f"has no data on this machine: {why}"
    except GobsError as fault:
        yield Level.WRONG, str(fault)
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a plugin raises is what was looked for
        yield Level.WRONG, f"raises {type(error).__name__}: {error}"


def _try(cls: type[Plugin], config: PluginConfig | None, bench: Bench) -> Iterator[Said]:
    if issubclass(cls, Condition):
        yield from _condition(cls)
    elif config is None:
        yield Level.NOTE, "not tried: it needs settings that nobody gave"
    elif issubclass(cls, Collector):
        yield from _collector(cls, config, bench)
    elif issubclass(cls, Profiler) and isinstance(bench.proc, ReplayedProc):
        yield Level.NOTE, "not tried: in a recording no process runs"
    elif issubclass(cls, Profiler):
        from gobs_core.testing import check_profiler

        check_profiler(cls, config=config, proc=bench.proc.clone())  # type: ignore[arg-type]
        yield Level.OK, "records this process as its contract says, or says why it cannot here"
    elif issubclass(cls, Inventory):
        from gobs_core.testing import check_inventory

        heard = check_inventory(cls, config=config)
        yield Level.OK, f"keeps its contract; told of {len(heard.known[-1]) if heard.known else 0} workloads"
        yield from ((Level.NOTE, f"tells of trouble: {why}") for why in heard.troubles[-1:])
    elif not bench.send:
        yield Level.NOTE, "not tried: it would send rows and messages of a test; --send does that, with its settings"
    else:
        yield from _sender(cls, config)


def _sender(cls: type[Any], config: Any) -> Iterator[Said]:
    if issubclass(cls, Sink):
        from gobs_core.testing import check_sink

        check_sink(cls, config=config)
    elif issubclass(cls, Notifier):
        from gobs_core.testing import check_notifier

        check_notifier(cls, config=config)
    yield Level.OK, "keeps its contract; what it sent were strange rows and messages of a test"


def _collector(cls: type[Collector], config: Any, bench: Bench) -> Iterator[Said]:
    from gobs_core.testing import check_collector
    from gobs_core.testing.watch import watched

    recorded = isinstance(bench.proc, ReplayedProc)
    proc = bench.proc.clone() if recorded else NotingProc(bench.proc.root, bench.proc.sys)
    here = "in the recording" if recorded else "here"
    collector = cls(config, bench.context)
    check = RowCheck(cls.tables)
    try:
        with watched() as seen:
            collector.open(proc)
            rows = sum(len(found) for _, found in check.check(collector.collect(proc)))
        wall, cpu, memory = _cost(lambda: check.check(collector.collect(proc)))
        unknown = dict(collector.unknown())
    finally:
        collector.close()
        proc.close()
    if rows:
        with _to_be_spoilt(seen, proc) as (machine, files):
            check_collector(cls, machine, config=config, context=bench.context, runs=SPOILT)
        yield Level.OK, f"keeps its contract, whatever is in what it reads ({files} files {here})"
    else:
        yield Level.NOTE, f"yields no row {here}, so its contract was not tried on spoilt files"
    yield Level.OK, f"{rows} rows in {_time(wall)}, {_time(cpu)} of CPU time and {_size(memory)} at once"
    if cpu > DEAR * (config.interval or bench.interval):
        yield Level.NOTE, f"takes {_time(cpu)} of CPU time at every reading: give it a longer `interval`"
    yield from ((Level.NOTE, f"{column} is not known {here}: {why}") for column, why in sorted(unknown.items()))
    for column in (column for table in cls.tables for column in table.columns if column.needs):
        yield Level.NOTE, f"{column.name} needs {column.needs}"


@contextmanager
def _to_be_spoilt(seen: list[tuple[str, str]], proc: Proc) -> Iterator[tuple[FakeProc, int]]:
    """Give a machine with what was read, whose files may be spoilt, and how many files that is."""
    from gobs_core.testing import FakeProc

    if isinstance(proc, ReplayedProc):
        yield FakeProc(proc.machine.folder), len({path for event, path in seen if event == "open"})
        return
    with tempfile.TemporaryDirectory(prefix="gobs-") as folder:
        noted = proc.noted if isinstance(proc, NotingProc) else []
        yield FakeProc(folder), copy_read([*seen, *noted], proc, Path(folder))


def _condition(cls: type[Condition]) -> Iterator[Said]:
    from gobs_core.testing import check_condition

    parameters = cls.Parameters()
    check_condition(cls, parameters=parameters)
    condition = cls(cls.Config())
    condition.open()
    lookback = condition.lookback(parameters)
    past = ((1.0,) * 1000,) * 10 if lookback else ()
    ages = tuple(lookback * (10 - line) / 10 for line in range(len(past)))
    sample = Sample((1.0,) * 1000, (False,) * 1000, ages, past)
    wall, _, memory = _cost(lambda: condition.judge(sample, parameters))
    condition.close()
    yield Level.OK, "keeps its contract, whatever the values are"
    yield Level.OK, f"judges 1,000 rows in {_time(wall)} with {_size(memory)} at once"


def _cost(call: Callable[[], object]) -> tuple[float, float, int]:
    """Seconds by the clock and of CPU in one call, the median of some, and the most memory Python held for it."""
    walls, cpus = [], []
    for _ in range(CALLS):
        wall, cpu = time.perf_counter(), time.thread_time()
        call()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.thread_time() - cpu)
    tracemalloc.start()
    try:
        call()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return statistics.median(walls), statistics.median(cpus), peak


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"


def _size(count: int) -> str:
    return f"{max(1, round(count / 1024))} KiB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MiB"
