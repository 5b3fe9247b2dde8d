"""Inventories tell names from threads of their own; nothing waits for them, and what they break is their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from gobs_core import Collector, Inventory, NoData, PluginConfig, Proc, Report, Rows, WorkloadInfo, Workloads
from gobs_core.agent.inventories import Listener
from gobs_core.agent.loop import CLOSE
from gobs_core.inventory import MAX_WORKLOADS
from gobs_core.state import PluginState
from gobs_core.testing import FakeProc, check_inventory
from gobs_core.workloads import NOBODY
from tests.core.fakes import make_agent, rows_of, table

WEB = WorkloadInfo(id="1", name="web-0", namespace="shop", owner="StatefulSet/web")
DB = WorkloadInfo(id="2", name="db-0", namespace="shop")


class FakeInventory(Inventory):
    """Keeps what it reports to; the test reports through it."""

    name = "fake"
    made: Any = None

    def __init__(self, config: PluginConfig, node: str) -> None:
        super().__init__(config, node)
        self.calls: list[str] = []
        self.report: Report | None = None
        type(self).made = self

    def open(self, report: Report) -> None:
        """Note it."""
        self.calls.append("open")
        self.report = report

    def close(self) -> None:
        """Note it."""
        self.calls.append("close")


def inventory(name: str = "fake", **more: Any) -> Any:
    return type(name.title(), (FakeInventory,), {"name": name, "made": None, **more})


class Named(Collector):
    """Yields what is known of each workload."""

    name = "named"
    tables = (table("named"),)

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """One row for each."""
        known = self.context.workloads.known()
        yield self.tables[0].batch([(key, None, None, info.name) for key, info in sorted(known.items())])


def listener(cls: Any, workloads: Workloads) -> Listener:
    state = PluginState(kind="inventory", name=cls.name)
    return Listener(cls(PluginConfig(), "here"), state, workloads, lambda text: text.replace("hunter2", "***"))


async def test_a_collector_knows_by_name_what_an_inventory_tells_whenever_that_is(proc: FakeProc) -> None:
    cls = inventory()
    agent = make_agent(proc, Named, inventories=(cls,))
    await agent.open()
    assert cls.made.node == "here"
    assert rows_of((await agent.tick()).frame, "named") == []
    thread = threading.Thread(target=lambda: cls.made.report.workloads([DB, WEB]))
    thread.start()
    thread.join()
    agent._schedule.take(0)  # type: ignore[union-attr]  # due again
    agent._clock.advance(5)  # type: ignore[attr-defined]  # a FakeClock
    assert [row["label"] for row in rows_of((await agent.tick()).frame, "named")] == ["web-0", "db-0"]
    await agent.close()
    assert cls.made.calls == ["open", "close"]


async def test_its_state_is_told_like_any_plugins_and_logged_when_it_changes(proc: FakeProc) -> None:
    cls = inventory()
    agent = make_agent(proc, Named, inventories=(cls,))

    def state() -> PluginState:
        return next(state for state in agent.states() if state.kind == "inventory")

    assert (state().state, state().error) == ("starting", "has not answered yet")
    await agent.open()
    with capture_logs() as logs:
        cls.made.report.workloads([WEB])
        cls.made.report.workloads([WEB, DB])
        assert (state().state, state().rows, state().runs) == ("ok", 2, 2)
        cls.made.report.trouble("the API is away\x1b[31m")
        cls.made.report.trouble("the API is away\x1b[31m")
        assert (state().state, state().error) == ("failing", "the API is away\\x1b[31m")
        cls.made.report.workloads([WEB, DB])
        assert state().state == "ok"
    assert [line["event"] for line in logs] == ["inventory is ok", "inventory is failing", "inventory is ok"]
    await agent.close()


@pytest.mark.parametrize(
    ("error", "state", "says"),
    [
        (NoData("no cluster here"), "no data", "no cluster here"),
        (RuntimeError("ouch"), "failing", "RuntimeError: ouch"),
    ],
)
async def test_one_that_cannot_open_costs_names_and_nothing_else(
    proc: FakeProc, error: Exception, state: str, says: str
) -> None:
    def fail(self: Any, report: Report) -> None:
        raise error

    agent = make_agent(proc, Named, inventories=(inventory("bad", open=fail), inventory("good")))
    await agent.open()
    assert rows_of((await agent.tick()).frame, "named") == []
    found = {found.name: found for found in agent.states() if found.kind == "inventory"}
    assert (found["bad"].state, found["bad"].error) == (state, says)
    await agent.close()


async def test_one_that_hangs_or_raises_when_it_closes_is_left_behind(proc: FakeProc) -> None:
    gate = threading.Event()

    def boom(self: Any) -> None:
        raise RuntimeError("boom")

    last = inventory("last")
    agent = make_agent(
        proc,
        Named,
        inventories=(last, inventory("hangs", close=lambda self: gate.wait(30)), inventory("raises", close=boom)),
    )
    await agent.open()
    with capture_logs() as logs:
        await agent.close()
    gate.set()
    assert [(line["inventory"], line["error"]) for line in logs] == [
        ("raises", "RuntimeError: boom"),
        ("hangs", f"not within {CLOSE:g} s"),
    ]
    assert last.made.calls == ["open", "close"]


def test_what_is_known_is_the_very_same_object_until_something_changes() -> None:
    workloads = Workloads()
    workloads.told("a", [WEB, DB])
    before = workloads.known()
    workloads.told("a", [WorkloadInfo(id="1", name="web-0", namespace="shop", owner="StatefulSet/web"), DB])
    assert workloads.known() is before
    workloads.told("a", [WEB, WorkloadInfo(id="2", name="db-0", namespace="shop", phase="Failed")])
    assert workloads.known()["1"] is before["1"]
    assert workloads.known()["2"].phase == "Failed"
    assert before["2"].phase == "", "whoever holds it sees no change"
    workloads.told("a", [WEB])
    assert set(workloads.known()) == {"1"}


def test_of_two_that_tell_of_one_workload_the_first_by_name_is_believed() -> None:
    workloads = Workloads()
    workloads.told("b", [WorkloadInfo(id="1", name="of b"), WorkloadInfo(id="3", name="b's own")])
    workloads.told("a", [WorkloadInfo(id="1", name="of a")])
    assert {key: info.name for key, info in workloads.known().items()} == {"1": "of a", "3": "b's own"}
    workloads.told("a", [])
    assert workloads.known()["1"].name == "of b"


def test_why_names_are_missing_is_said_until_they_are_there() -> None:
    workloads = Workloads()
    assert workloads.unnamed() == NOBODY
    heard = listener(inventory(), workloads)
    assert workloads.unnamed() == "the inventory 'fake' has not answered yet"
    heard.trouble("the token hunter2 has expired")
    assert workloads.unnamed() == "the token *** has expired"
    heard.workloads([WEB])
    assert workloads.unnamed() == ""
    heard.trouble("gone")
    assert workloads.unnamed() == "gone"
    assert workloads.known()["1"] is WEB, "what was told last stays"


def test_more_workloads_than_a_table_could_show_are_left_out_and_said() -> None:
    workloads = Workloads()
    heard = listener(inventory(), workloads)
    heard.workloads(WorkloadInfo(id=str(number), name="x") for number in range(MAX_WORKLOADS + 2))
    assert len(workloads.known()) == MAX_WORKLOADS
    assert workloads.unnamed() == f"2 workloads over {MAX_WORKLOADS} are left out"


def test_telling_and_asking_from_many_threads_never_fails() -> None:
    workloads = Workloads()
    stop = threading.Event()
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            while not stop.is_set():
                assert all(info.name for info in workloads.known().values())
                workloads.of(b"0::/\n", "0")
        except BaseException as error:  # noqa: BLE001  whatever it is, it is what is looked for
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(2000):
        workloads.told("ab"[number % 2], [WorkloadInfo(id=str(n), name="x") for n in range(number % 40)])
    stop.set()
    for thread in threads:
        thread.join()
    assert failed == []


def test_the_test_kit_passes_a_good_inventory_and_returns_what_it_told() -> None:
    def tell(self: Any, report: Report) -> None:
        threading.Thread(target=lambda: report.workloads([WEB])).start()

    assert check_inventory(inventory("good", open=tell)).known == [[WEB]]


def _slow(self: Any, report: Report) -> None:
    time.sleep(0.3)


def _constructs(self: Any, config: Any, node: str) -> None:
    with open("/proc/version", "rb"):
        pass


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"open": _slow}, "open takes"),
        ({"__init__": _constructs}, "its constructor does input or output"),
        ({"close": lambda self: time.sleep(0.5)}, "close, unopened, takes more than"),
        ({"open": lambda self, report: report.workloads([WorkloadInfo(id="", name="x")])}, "without an id"),
        ({"open": lambda self, report: report.trouble("")}, "without a why"),
        ({"close": lambda self: self.report and self.report.trouble("late")}, "reports after it was closed"),
    ],
)
def test_the_test_kit_finds_each_promise_broken(broken: dict[str, Any], says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        check_inventory(inventory("bad", **broken), patience=0.2)
