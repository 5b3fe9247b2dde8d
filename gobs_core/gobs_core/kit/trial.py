"""Trying a plugin out on this machine: its contract, by the test kit, and what one call of it costs."""

from __future__ import annotations

import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from gobs_core.collector import Collector, Context
from gobs_core.condition import Condition, Sample
from gobs_core.errors import GobsError, NoData
from gobs_core.inventory import Inventory
from gobs_core.kit.copying import NotingProc, copy_read
from gobs_core.kit.findings import Level, placed
from gobs_core.kit.sending import try_sending
from gobs_core.plugin import Plugin, PluginConfig
from gobs_core.plugins.places import place_of_class, place_of_error
from gobs_core.proc import Proc
from gobs_core.profiler import Profiler
from gobs_core.replay import ReplayedProc
from gobs_core.rowcheck import RowCheck
from gobs_core.testing.within import Step, within

if TYPE_CHECKING:
    from gobs_core.testing import FakeProc

CALLS = 20
"""Calls whose median is told."""
SPOILT = 300
"""Readings of spoilt files of one collector."""
DEAR = 0.02
"""Share of the interval in CPU time from which a collector is called dear."""
MAIN = ("collect", "send", "judge", "record")
"""What a plugin of any kind is there for."""
MOST_CALLED = 2.0
"""Seconds that telling the cost may take about."""
Said = tuple[Level, str]


class Cost(NamedTuple):
    """What one call costs: seconds by the clock and of CPU time, and the most memory Python held for it at once."""

    wall: float
    cpu: float
    memory: int


class Bench(NamedTuple):
    """What plugins are tried out on."""

    proc: Proc
    context: Context
    interval: float
    """The agent's, in seconds."""
    send: bool = False
    """Whether those that send may do so, with the settings they have."""
    patience: float = 10.0
    """Seconds any one call may take."""


def try_out(cls: type[Plugin], config: PluginConfig | None, bench: Bench) -> Iterator[Said]:
    """Say what is wrong, what is worth knowing and what it costs; never raises because of the plugin.

    `config` is None where settings are needed that nobody gave.
    """
    try:
        yield from _try(cls, config, bench)
    except NoData as why:
        yield Level.NOTE, f"has no data on this machine: {why}"
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a plugin raises is what was looked for
        text = str(error).partition("\n")[0]  # pytest adds the expression below an assertion
        if not isinstance(error, AssertionError | GobsError):
            text = f"raises {type(error).__name__}: {text}"
        text = text.removeprefix(f"{cls.__name__}: ")
        first = text.removeprefix("its ").replace("constructor", "__init__").partition(" ")[0].strip("(),:")
        yield Level.WRONG, placed(text, place_of_error(error) or place_of_class(cls, first, *MAIN))


def _try(cls: type[Plugin], config: PluginConfig | None, bench: Bench) -> Iterator[Said]:
    if config is None:
        yield Level.NOTE, "not tried: it needs settings that nobody gave"
    elif issubclass(cls, Condition):
        yield from _condition(cls, config)
    elif issubclass(cls, Collector):
        yield from _collector(cls, config, bench)
    elif issubclass(cls, Profiler) and isinstance(bench.proc, ReplayedProc):
        yield Level.NOTE, "not tried: in a recording no process runs"
    elif issubclass(cls, Profiler):
        from gobs_core.testing import check_profiler

        proc: Any = bench.proc.clone()
        within(6 * bench.patience, "recording", lambda _: check_profiler(cls, config=cast("Any", config), proc=proc))
        yield Level.OK, "records this process as its contract says, or says why it cannot here"
    elif issubclass(cls, Inventory):
        from gobs_core.testing import check_inventory

        heard = within(2 * bench.patience, "asking it", lambda _: check_inventory(cls, config=config))
        yield Level.OK, f"keeps its contract; told of {len(heard.known[-1]) if heard.known else 0} workloads"
        yield from ((Level.NOTE, f"tells of trouble: {why}") for why in heard.troubles[-1:])
    elif not bench.send:
        yield Level.NOTE, "not tried: it would send rows and messages of a test; --send does that, with its settings"
    else:
        yield from try_sending(cls, config, bench.patience)


class _Read(NamedTuple):
    """What one collector read here."""

    seen: list[tuple[str, str]]
    rows: int
    cost: Cost
    unknown: dict[str, str]


def _collector(cls: type[Collector], config: Any, bench: Bench) -> Iterator[Said]:
    from gobs_core.testing import check_collector

    recorded = isinstance(bench.proc, ReplayedProc)
    proc = bench.proc.clone() if recorded else NotingProc(bench.proc.root, bench.proc.sys)
    here = "in the recording" if recorded else "here"
    deadline = config.deadline or config.interval or bench.interval
    patience = max(bench.patience, deadline)
    read = within(patience, cls.__name__, lambda step: _read(cls(config, bench.context), proc, step))
    wall, cpu, memory = read.cost
    if wall > deadline:
        yield Level.WRONG, f"a reading takes {_time(wall)}, and its deadline is {_time(deadline)}: none would count"
    if read.rows:
        runs = SPOILT if wall < MOST_CALLED / SPOILT else 1
        with _to_be_spoilt(read.seen, proc) as (machine, files):
            check_collector(cls, machine, config=config, context=bench.context, runs=runs, patience=patience)
        many = "1 file" if files == 1 else f"{files} files"
        of = f"whatever is in what it reads ({many} {here})" if files else "and reads nothing of /proc and /sys"
        yield Level.OK, f"keeps its contract, {of}"
        if past := _past(read.seen, proc):
            yield Level.NOTE, f"what it asks besides was not spoilt, so test that yourself: {past}"
    else:
        yield Level.NOTE, f"yields no row {here}, so its contract was not tried on spoilt files"
    yield Level.OK, f"{_rows(read.rows)} in {_time(wall)}, {_time(cpu)} of CPU time and {_size(memory)} at once"
    if cpu > DEAR * (config.interval or bench.interval):
        yield Level.NOTE, f"takes {_time(cpu)} of CPU time at every reading: give it a longer `interval`"
    yield from ((Level.NOTE, f"{column} is not known {here}: {why}") for column, why in sorted(read.unknown.items()))
    for column in (column for table in cls.tables for column in table.columns if column.needs):
        yield Level.NOTE, f"{column.name} needs {column.needs}"


def _read(collector: Collector, proc: Proc, step: Step) -> _Read:
    from gobs_core.testing.watch import watched

    name, check = type(collector).__name__, RowCheck(collector.tables)

    def once() -> int:
        step.begin(f"{name}: collect")
        return sum(len(found) for _, found in check.check(collector.collect(proc)))

    try:
        with watched() as seen:
            step.begin(f"{name}: open")
            collector.open(proc)
            rows = once()
        cost = _cost(once)
        step.begin(f"{name}: unknown")
        return _Read(seen, rows, cost, dict(collector.unknown()))
    finally:
        collector.close()
        proc.close()


def _past(seen: list[tuple[str, str]], proc: Proc) -> str:
    """What was asked otherwise than by files of /proc and /sys: at most three of those."""
    roots = (f"{proc.root}/", f"{proc.sys}/")
    asked = [f"{event} {path}" for event, path in dict.fromkeys(seen) if not f"{path}/".startswith(roots)]
    return "; ".join(asked[:3]) + (f" and {len(asked) - 3} more" if len(asked) > 3 else "")


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


def _condition(cls: type[Condition], config: PluginConfig) -> Iterator[Said]:
    from gobs_core.testing import check_condition

    check_condition(cls, config=config)
    parameters = cls.Parameters()
    condition = cls(config)
    condition.open()
    lookback = condition.lookback(parameters)
    past = ((1.0,) * 1000,) * 10 if lookback else ()
    ages = tuple(lookback * (10 - line) / 10 for line in range(len(past)))
    sample = Sample((1.0,) * 1000, (False,) * 1000, ages, past)
    wall, _, memory = _cost(lambda: condition.judge(sample, parameters))
    condition.close()
    yield Level.OK, "keeps its contract, whatever the values are"
    yield Level.OK, f"judges 1,000 rows in {_time(wall)} with {_size(memory)} at once"


def _cost(call: Callable[[], object]) -> Cost:
    """The median of some calls, of fewer where they take long."""
    walls: list[float] = []
    cpus: list[float] = []
    while len(walls) < CALLS and sum(walls) < MOST_CALLED:
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
    return Cost(statistics.median(walls), statistics.median(cpus), peak)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _time(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1e6:.0f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"


def _size(count: int) -> str:
    return f"{max(1, round(count / 1024))} KiB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MiB"
