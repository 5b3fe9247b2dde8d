"""What `gobs plugin check` says of each kind of plugin that keeps its contract, and of what is worth knowing."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from gobs_core import (
    Collector,
    Condition,
    Inventory,
    Proc,
    Profile,
    ProfileOrder,
    ProfileProgress,
    Report,
    Rows,
    Sample,
    Table,
    WorkloadInfo,
    gauge,
)
from gobs_core.kit import check as checking
from gobs_core.kit.findings import Level
from gobs_core.testing import FakeProc
from tests.core.fakes import FakeProfiler, module
from tests.core.kit.test_check import Good, collectors, findings, point, wrong

TABLE = Table("mine", "A table", [gauge("level", "A level", source="/proc/mine")])


def said(**hooks: Any) -> list[str]:
    found = findings(point(module(**hooks)))
    assert wrong(found) == []
    return [f"{finding.level}: {finding.text}" for finding in found]


class Judging(Condition):
    name = "mine"

    def judge(self, sample: Sample, parameters: Any) -> Sequence[float]:
        return [0.0 if value == value else float("nan") for value in sample.values]  # noqa: PLR0124  NaN

    def describe(self, parameters: Any) -> str:
        return "never"


def test_of_a_condition_that_it_keeps_its_contract_and_what_judging_costs() -> None:
    first, second = said(conditions=[Judging])
    assert first == "ok: keeps its contract, whatever the values are"
    assert re.fullmatch(r"ok: judges 1,000 rows in [\d.]+ (µs|ms|s) with [\d.]+ (KiB|MiB) at once", second)


class Telling(Inventory):
    name = "mine"

    def open(self, report: Report) -> None:
        report.workloads([WorkloadInfo(id="1", name="a"), WorkloadInfo(id="2", name="b")])
        report.trouble("the API is slow")

    def close(self) -> None:
        """Nothing is held."""


def test_of_an_inventory_how_many_workloads_it_told_of_and_its_trouble() -> None:
    assert said(inventories=[Telling]) == [
        "ok: keeps its contract; told of 2 workloads",
        "note: tells of trouble: the API is slow",
    ]


class Recording(FakeProfiler):
    name = "mine"

    async def record(self, order: ProfileOrder, processes: Any, tell: Any) -> Profile:
        tell(ProfileProgress(state="recording"))
        await asyncio.sleep(order.duration)
        return await super().record(order, processes, tell)


def test_of_a_profiler_that_it_records() -> None:
    [only] = said(profilers=[Recording])
    assert only == "ok: records this process as its contract says, or says why it cannot here"


class Rowless(Good):
    def collect(self, proc: Proc) -> Iterator[Rows]:
        yield from ()


def test_of_a_collector_without_rows_here_that_its_contract_was_not_tried_on_spoilt_files() -> None:
    first, second = said(collectors=[Rowless])
    assert first == "note: yields no row here, so its contract was not tried on spoilt files"
    assert second.startswith("ok: 0 rows in ")


class Dear(Collector):
    name = "mine"
    tables = (TABLE,)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        end = time.thread_time() + 0.11
        while time.thread_time() < end:
            sum(range(1000))
        yield TABLE.row(level=1)


def test_of_a_dear_collector_that_it_wants_a_longer_interval() -> None:
    found = said(collectors=[Dear])
    assert any(
        re.fullmatch(r"note: takes [\d.]+ ms of CPU time at every reading: give it a longer `interval`", one)
        for one in found
    ), found


def test_of_one_for_an_older_api_that_it_is_spoken_for_a_while_yet(
    proc: FakeProc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "PLUGIN_API", 2)
    proc.write("acme", "7\n")
    found = findings(point(collectors(Good)), machine=proc)
    assert wrong(found) == []
    assert next(finding.text for finding in found if finding.level is Level.NOTE) == (
        "is written for plugin API 1, which is spoken beside 2 for a while yet"
    )


def test_where_settings_are_wrong_that_nothing_was_tried() -> None:
    found = findings(point(collectors(Good)), agent__interval="soon")
    assert (found[-1].level, found[-1].text) == (Level.NOTE, "nothing was tried out: first mend the settings")
    assert "agent__interval: expected" in wrong(found)[0][1]
