"""What every collector must keep to, whatever it reads: the checks that a plugin's own tests get for nothing."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gobs_core.collector import Collector, CollectorConfig, Context
from gobs_core.errors import NoData, ParseError
from gobs_core.plugins.checks import check_class
from gobs_core.plugins.registry import contract_of
from gobs_core.proc import Proc
from gobs_core.rowcheck import RowCheck
from gobs_core.table import Kind, RowValues, Table
from gobs_core.testing.configs import default_config
from gobs_core.testing.fake_proc import FakeProc
from gobs_core.testing.watch import watched
from gobs_core.testing.within import Ended, Step, within

GARBAGE = (
    b"",
    b"\n",
    b"\x00" * 64,
    b"garbage",
    b"-1 -1 -1 -1 -1 -1 -1 -1\n",
    b"99999999999999999999999999 nan inf 1e999\n",
    bytes(range(256)),
    "name: \u202e\N{PILE OF POO} kB\n".encode() * 40,
    b"a b c d e f g h i j k l m n o p q r s t u v w x y z\n" * 200,
)
"""What is written into every file in turn."""
PATIENCE = 10.0
"""Seconds after which a reading counts as hanging."""
RUNS = 1500
"""Readings of spoilt files, at most; with many files, each is cut at fewer places."""

Read = dict[Table, tuple[RowValues, ...]]


def check_collector(
    cls: type[Collector],
    proc: FakeProc,
    *,
    config: CollectorConfig | None = None,
    context: Context | None = None,
    runs: int = RUNS,
    patience: float = PATIENCE,
) -> None:
    """Raise AssertionError, saying what and where, unless the collector keeps its contract.

    `proc` holds a machine that the collector reads without fault. Its files are spoilt and mended again meanwhile:
    garbage in each, each cut off at many places, each missing; then only ParseError and NoData may be raised.
    """
    check_class(contract_of(Collector), cls)
    machine = proc.clone()
    for table in cls.tables:
        _check_declaration(table)
    case = _Case(cls, config or default_config(cls), context or Context(), patience)
    within(patience, f"{cls.__name__}: opening and closing it", lambda _: case.check_life(machine))
    files = within(patience, f"{cls.__name__}: a reading", lambda step: case.check_healthy(machine, step))
    with tempfile.TemporaryDirectory() as folder:
        case.read(FakeProc(folder), "on an empty machine")
    for path, spoilt, what in _spoilt(files, runs):
        before = path.read_bytes()
        try:
            _spoil(path, spoilt)
            case.read(machine, f"with {path} {what}")
        finally:
            _spoil(path, before)


class _Case:
    """One collector and what it is made with."""

    def __init__(self, cls: type[Collector], config: CollectorConfig, context: Context, patience: float) -> None:
        self.cls, self.config, self.context, self.patience = cls, config, context, patience

    def make(self) -> Collector:
        return self.cls(self.config, self.context)

    def check_life(self, proc: Proc) -> None:
        """No input or output in the constructor; close unopened, and twice."""
        with watched() as seen:
            collector = self.make()
        assert not seen, f"{self.cls.__name__}: its constructor does input or output: {seen[0]}; do it in open()"
        collector.close()
        collector = self.make()
        with contextlib.suppress(NoData):
            collector.open(proc)
        collector.close()
        collector.close()
        proc.close()

    def check_healthy(self, proc: Proc, step: Step) -> list[Path]:
        """Two readings agree on keys and on the types of columns; return the files that were read."""
        collector = self.make()
        try:
            with watched() as seen:
                collector.open(proc)
                first = _rows(collector, proc)
            step.begin(f"{self.cls.__name__}: the second reading")
            second = _rows(collector, proc)
        except NoData as reason:
            raise AssertionError(f"{self.cls.__name__}: the machine given has no data for it: {reason}") from reason
        finally:
            collector.close()
            proc.close()
        assert any(first.values()), f"{self.cls.__name__}: yielded no row on the machine given"
        for table, rows in first.items():
            again = second[table]
            assert _keys(table, rows) == _keys(table, again), f"table {table.name!r}: two readings differ in their keys"
            for place, column in enumerate(table.stored):
                kinds = [{type(row[place]) for row in some if row[place] is not None} for some in (rows, again)]
                assert kinds[0] == kinds[1] or not all(kinds), (
                    f"table {table.name!r}, column {column.name!r}: two readings differ in type"
                )
        roots = (str(proc.root), str(proc.sys))
        found = dict.fromkeys(Path(name) for event, name in seen if event == "open" and name.startswith(roots))
        return [path for path in found if path.is_file()]

    def read(self, proc: Proc, where: str) -> None:
        """Open, read twice and close; ParseError and NoData are the only exceptions, and it does not hang."""

        def work(step: Step) -> None:
            collector = self.make()
            try:
                for _ in range(2):
                    try:
                        collector.open(proc)
                        _rows(collector, proc)
                    except (NoData, ParseError):
                        pass
                    collector.unknown()
            finally:
                collector.close()
                proc.close()

        try:
            within(self.patience, f"{self.cls.__name__}: a reading {where}", work)
        except Ended:
            raise
        except Exception as error:
            what = f"{self.cls.__name__}: raises {type(error).__name__} {where}: {error}"
            raise AssertionError(f"{what}; only ParseError and NoData may be") from error


def _check_declaration(table: Table) -> None:
    assert table.help, f"table {table.name!r}: needs a help text"
    for column in table.columns:
        assert column.help, f"table {table.name!r}, column {column.name!r}: needs a help text"
    sourced = [column for column in table.cells if column.source]
    assert sourced, f"table {table.name!r}: no column names its source, such as source='/proc/stat'"
    assert all(column.unit for column in table.columns if column.kind is not Kind.KEY)


def _rows(collector: Collector, proc: Proc) -> Read:
    return dict(RowCheck(collector.tables).check(collector.collect(proc)))


def _keys(table: Table, rows: tuple[RowValues, ...]) -> set[RowValues]:
    return {row[: len(table.keys)] for row in rows}


def _spoilt(files: list[Path], runs: int) -> Iterator[tuple[Path, bytes | None, str]]:
    """Every way each file is spoilt: missing, garbage, cut off at every byte, or evenly spread ones of a large file."""
    per_file = max(4, runs // max(1, len(files)) - len(GARBAGE) - 1)
    for path in files:
        raw = path.read_bytes()
        yield path, None, "missing"
        for place, content in enumerate(GARBAGE[:per_file]):
            yield path, content, f"full of garbage (no. {place})"
        step = max(1, -(-len(raw) // per_file))
        for end in range(0, len(raw), step):
            yield path, raw[:end], f"cut off at byte {end} of {len(raw)}"


def _spoil(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
