"""The collector reads what the kernel says, and keeps its contract."""

# ruff: noqa: D103  a test's name is its sentence

import pytest
from gobs_entropy import EntropyCollector

from gobs_core import Missing
from gobs_core.testing import FakeProc, check_collector, collect


@pytest.fixture
def machine(proc: FakeProc) -> FakeProc:
    proc.write("sys/kernel/random/entropy_avail", "192\n")
    proc.write("sys/kernel/random/poolsize", "256\n")
    return proc


def test_reads_what_is_there_and_what_there_could_be(machine: FakeProc) -> None:
    assert collect(EntropyCollector, machine) == {"entropy": [{"available": 192, "size": 256}]}


def test_a_machine_without_the_files_has_no_data(proc: FakeProc) -> None:
    with pytest.raises(Missing):
        collect(EntropyCollector, proc)


def test_keeps_the_contract(machine: FakeProc) -> None:
    check_collector(EntropyCollector, machine)
