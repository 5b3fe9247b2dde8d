"""The test kit: what it offers works, and each promise a plugin can break is found out."""

from __future__ import annotations

import asyncio
import inspect
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gobs_core import Collector, Frame, Missing, Proc, Rows, Sink, Table, counter, gauge, info, key
from gobs_core.testing import FakeClock, FakeProc, check_collector, check_sink, collect
from tests.core import smallest_collector
from tests.core.fakes import FakeSink
from tests.core.smallest_collector import UptimeCollector
from tests.support.programs import searched


def test_the_smallest_honest_collector_is_about_twenty_lines_and_keeps_the_contract(proc: FakeProc) -> None:
    proc.write("uptime", "350735.47 234388.90\n")
    assert collect(UptimeCollector, proc) == {"uptime": [{"up": 350735.47}]}
    check_collector(UptimeCollector, proc)
    assert len(inspect.getsource(smallest_collector).splitlines()) <= 24


TABLE = Table("t", "x", [key("k", "k"), gauge("n", "n", source="/proc/n"), info("i", "i")])


class Good(Collector):
    """Reads /proc/n, and breaks what a subclass says."""

    name = "good"
    tables = (TABLE,)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Read it."""
        yield TABLE.row(k="a", n=proc.numbers("n")[0])


def broken(**values: Any) -> Any:
    return type("Broken", (Good,), values)


def collecting(body: Any) -> Any:
    return broken(collect=body)


def _raises_on_garbage(self: Any, proc: Proc) -> Iterator[Rows]:
    yield TABLE.row(k="a", n=float(proc.read("n")))


def _hangs_on_garbage(self: Any, proc: Proc) -> Iterator[Rows]:
    if proc.read("n") == b"":
        time.sleep(60)
    yield TABLE.row(k="a", n=1.0)


def _trusts_what_it_reads(self: Any, proc: Proc) -> Iterator[Rows]:
    raw = proc.read("n")
    yield TABLE.row(k="a", i=raw.decode("latin-1"))


def _changes_its_keys(self: Any, proc: Proc) -> Iterator[Rows]:
    proc.read("n")
    yield TABLE.row(k=str(time.monotonic_ns()))


def _changes_its_types(self: Any, proc: Proc) -> Iterator[Rows]:
    self.count = getattr(self, "count", 0) + 1
    proc.read("n")
    yield TABLE.row(k="a", n=1.5 if self.count % 2 else 1)


def _needs_a_file(self: Any, proc: Proc) -> Iterator[Rows]:
    try:
        yield TABLE.row(k="a", n=proc.numbers("n")[0])
    except Missing:
        raise FileNotFoundError("n") from None


def _yields_nothing(self: Any, proc: Proc) -> Iterator[Rows]:
    return iter(())


def _opens_in_the_constructor(self: Any, config: Any, context: Any) -> None:
    Collector.__init__(self, config, context)
    Path("/proc/self/stat").read_bytes()


def _runs_in_the_constructor(self: Any, config: Any, context: Any) -> None:
    Collector.__init__(self, config, context)
    subprocess.run(["true"], check=True)


def _closes_once(self: Any) -> None:
    assert not hasattr(self, "closed")
    self.closed = True


def _closes_opened(self: Any) -> None:
    self.opened  # noqa: B018  not there before open


def _raises_when_asked(self: Any) -> Any:
    raise RuntimeError("unknown")


BARE = Table("t", "x", [gauge("n", "n")])
HELPLESS = Table("t", "", [gauge("n", "n", source="/proc/n")])
SILENT = Table("t", "x", [gauge("n", "", source="/proc/n")])


@pytest.mark.parametrize(
    ("cls", "says"),
    [
        (collecting(_raises_on_garbage), "raises ValueError with .*/n full of garbage"),
        (
            collecting(_hangs_on_garbage),
            r"a reading with .*/n full of garbage .* took longer than 0.5 s \(.*test_kit.py, line \d+\)",
        ),
        (collecting(_trusts_what_it_reads), "raises DeclarationError with .*/n full of garbage.*at most 1024 bytes"),
        (collecting(_changes_its_keys), "table 't': two readings differ in their keys"),
        (collecting(_changes_its_types), "table 't', column 'n': two readings differ in type"),
        (collecting(_needs_a_file), "raises FileNotFoundError on an empty machine"),
        (collecting(_yields_nothing), "yielded no row on the machine given"),
        (
            broken(__init__=_opens_in_the_constructor),
            "its constructor does input or output: .*'open', '/proc/self/stat'",
        ),
        (broken(__init__=_runs_in_the_constructor), "its constructor does input or output"),
        (broken(unknown=_raises_when_asked), "raises RuntimeError"),
        (broken(tables=(BARE,)), "table 't': no column names its source"),
        (broken(tables=(HELPLESS,)), "table 't': needs a help text"),
        (broken(tables=(SILENT,)), "table 't', column 'n': needs a help text"),
    ],
)
def test_a_broken_promise_is_found_out(proc: FakeProc, cls: Any, says: str) -> None:
    proc.write("n", "17\n")
    check_collector(Good, proc)
    with pytest.raises(AssertionError, match=says):
        check_collector(cls, proc, patience=0.5 if "took longer" in says else 30)


@pytest.mark.parametrize("close", [_closes_once, _closes_opened])
def test_closing_twice_or_unopened_must_be_safe(proc: FakeProc, close: Any) -> None:
    proc.write("n", "17\n")
    with pytest.raises((AssertionError, AttributeError)):
        check_collector(broken(close=close), proc)


def test_a_machine_that_has_nothing_for_the_collector_is_told_so(proc: FakeProc) -> None:
    with pytest.raises(AssertionError, match="the machine given has no data for it: n: No such file"):
        check_collector(Good, proc)


def test_the_files_are_as_before_when_the_check_is_over(proc: FakeProc) -> None:
    proc.write("n", "17\n")
    check_collector(Good, proc)
    assert proc.read("n") == b"17\n"


def test_every_file_that_was_read_is_spoilt_and_no_other(proc: FakeProc) -> None:
    seen: set[bytes] = set()

    class Two(Good):
        def collect(self, proc: Proc) -> Iterator[Rows]:
            seen.add(proc.read("n") + b"|" + proc.sys_read("m"))
            yield TABLE.row(k="a", n=proc.numbers("n")[0])

    proc.write("n", "17\n")
    proc.write_sys("m", "ab\n")
    proc.write("other", "x")
    check_collector(Two, proc)
    assert {b"1|ab\n", b"17|ab\n", b"17\n|a", b"17\n|ab", b"17\n|garbage", b"garbage|ab\n"} <= seen


def test_collect_gives_shown_values_by_name(proc: FakeProc) -> None:
    scaled = Table("t", "x", [key("k", "k"), counter("pages", "p", scale=4096), gauge("g", "g"), info("i", "i")])

    class Scaled(Good):
        tables = (scaled,)

        def collect(self, proc: Proc) -> Iterator[Rows]:
            yield scaled.row(k="a", pages=2, g=float("nan"))

    assert collect(Scaled, proc) == {"t": [{"k": "a", "pages": 8192, "g": None, "i": None}]}


def test_collect_keeps_the_state_of_an_object(proc: FakeProc) -> None:
    class Counting(Good):
        count = 0

        def collect(self, proc: Proc) -> Iterator[Rows]:
            self.count += 1
            yield TABLE.row(k="a", n=self.count)

    from gobs_core import Context

    one = Counting(Counting.Config(), Context())
    assert [collect(one, proc)["t"][0]["n"] for _ in range(3)] == [1, 2, 3]


def test_a_machine_is_copied_from_a_folder(tmp_path: Path) -> None:
    for path, content in (("proc/1/stat", "1 (x)"), ("sys/block/sda/size", "8")):
        file = tmp_path / "machine" / path
        file.parent.mkdir(parents=True)
        file.write_text(content)
    os.symlink("1", tmp_path / "machine/proc/self")
    with FakeProc(tmp_path / "fake") as proc:
        proc.machine(tmp_path / "machine")
        assert proc.read("1/stat") == proc.read("self/stat") == b"1 (x)"
        assert proc.sys_read("block/sda/size") == b"8"
        proc.remove("1")
        proc.remove_sys("block")
        assert proc.pids() == []
        proc.machine(tmp_path / "machine/proc")
        assert proc.pids() == ["1"]


class Connecting(FakeSink):
    """Connects before it is opened."""

    def __init__(self, config: Any, source: Any) -> None:
        super().__init__(config, source)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))


class Waiting(FakeSink):
    """Waits for a peer that never comes."""

    async def open(self) -> None:
        await asyncio.sleep(60)


class Picky(FakeSink):
    """Does not take what is not known."""

    async def send(self, frame: Frame) -> None:
        for reading in frame.readings:
            for row in reading.rows:
                assert None not in row, "a cell is not known"


class Clinging(FakeSink):
    """Can be closed once."""

    async def close(self) -> None:
        assert "close" not in self.calls, "closed already"
        await super().close()


def test_a_sink_that_keeps_its_contract_passes_even_if_it_never_takes_a_frame() -> None:
    class Slow(FakeSink):
        async def send(self, frame: Frame) -> None:
            await asyncio.sleep(60)

    check_sink(FakeSink)
    check_sink(Slow, patience=0.1)


@pytest.mark.parametrize(
    ("cls", "says"),
    [
        (Connecting, "its constructor does input or output"),
        (Waiting, "open takes more than 0.1 s"),
        (Picky, "send raises AssertionError: a cell is not known"),
        (Clinging, "closed already"),
    ],
)
def test_a_sinks_broken_promise_is_found_out(cls: type[Sink], says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        check_sink(cls, patience=0.1 if cls is Waiting else 30)


async def test_the_fake_clock_wakes_who_sleeps_when_it_is_turned_far_enough() -> None:
    clock, stop = FakeClock(seconds=10), asyncio.Event()
    task = asyncio.create_task(clock.sleep_until(15_000_000_000, stop))
    await asyncio.sleep(0)
    assert clock.sleeping_until == 15_000_000_000
    clock.advance(4)
    await asyncio.sleep(0.01)
    assert not task.done()
    clock.advance(1)
    await asyncio.wait_for(task, 5)
    task = asyncio.create_task(clock.sleep_until(10**15, stop))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(task, 5)


def test_the_pytest_plugin_imports_the_sdks_kit_only_when_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\n"
        "def test_lazy():\n"
        "    assert 'gobs_core.testing' not in sys.modules\n"
        "def test_fixture(proc):\n"
        "    proc.write('loadavg', '1')\n"
        "    assert proc.read('loadavg') == b'1'\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = searched(subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60))
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
