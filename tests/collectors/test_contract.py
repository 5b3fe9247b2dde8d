"""Every collector keeps the contract of the test kit on machines old and new, whatever is spoilt there."""

from __future__ import annotations

import pytest

from gobs_core import Collector
from gobs_core.testing import FakeProc, check_collector
from tests.collectors.golden import registered
from tests.collectors.reading import MACHINES
from tests.support.soak import counts


@counts("runs", reduced=20, full=3000)
@pytest.mark.parametrize("cls", registered().collectors.values(), ids=lambda cls: cls.name)
def test_a_collector_keeps_its_contract_on_a_new_kernel(cls: type[Collector], runs: int, proc: FakeProc) -> None:
    proc.machine(MACHINES / "containerd-v2")
    check_collector(cls, proc, runs=runs)


@counts("runs", reduced=20, full=3000)
@pytest.mark.parametrize("cls", registered().collectors.values(), ids=lambda cls: cls.name)
def test_a_collector_keeps_its_contract_on_an_old_kernel(cls: type[Collector], runs: int, proc: FakeProc) -> None:
    proc.machine(MACHINES / "docker-v1")
    check_collector(cls, proc, runs=runs)
