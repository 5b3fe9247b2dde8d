"""The sink writes a file for each table, and keeps its contract."""

# ruff: noqa: D103  a test's name is its sentence

import asyncio
import csv
from pathlib import Path

from gobs_csv import CsvSink

from gobs_core import Frame, Reading, Source, Table, counter, gauge, key
from gobs_core.testing import check_sink

DISKS = Table("disks", "Disks", [key("device", "Its name"), counter("busy", "Busy time", scale=0.5)])
LOAD = Table("load", "Load", [gauge("one", "Over a minute")])


def send(folder: Path, *tables: str) -> None:
    sink = CsvSink(CsvSink.Config(folder=str(folder), tables=tables), Source(node="here"))
    rows = (("sda", 3), ("=cmd()", None))
    asyncio.run(
        sink.send(Frame(1, 1_700_000_000_000_000_000, 0, (Reading(DISKS, rows, 0), Reading(LOAD, ((0.5,),), 0))))
    )


def test_each_table_has_a_file_with_one_header_and_its_rows(tmp_path: Path) -> None:
    send(tmp_path)
    send(tmp_path)
    with (tmp_path / "disks.csv").open(newline="") as file:
        header, *lines = csv.reader(file)
    assert header == ["time", "node", "device", "busy"]
    assert lines == [["1700000000.0", "here", "sda", "1.5"], ["1700000000.0", "here", "'=cmd()", ""]] * 2
    assert (tmp_path / "load.csv").read_text().splitlines()[1] == "1700000000.0,here,0.5"


def test_only_what_was_asked_for_is_kept(tmp_path: Path) -> None:
    send(tmp_path, "load")
    assert [path.name for path in tmp_path.iterdir()] == ["load.csv"]


def test_keeps_its_contract(tmp_path: Path) -> None:
    check_sink(CsvSink, config=CsvSink.Config(folder=str(tmp_path)))
