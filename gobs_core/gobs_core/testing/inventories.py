"""What every inventory must keep to, whoever it asks."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable

from gobs_core.described import WorkloadInfo
from gobs_core.errors import NoData
from gobs_core.inventory import Inventory
from gobs_core.plugin import PluginConfig
from gobs_core.plugins.checks import check_class
from gobs_core.plugins.registry import contract_of
from gobs_core.testing.configs import default_config
from gobs_core.testing.watch import watched

SOON = 2.0
"""Seconds `open` and `close` may take."""


class Heard:
    """A Report that keeps what it is told."""

    def __init__(self) -> None:
        self.known: list[list[WorkloadInfo]] = []
        self.troubles: list[str] = []
        self.told = threading.Event()

    def workloads(self, known: Iterable[WorkloadInfo], lacking: str = "") -> None:
        """Keep it."""
        self.known.append(list(known))
        self.troubles += [lacking] if lacking else []
        self.told.set()

    def trouble(self, why: str) -> None:
        """Keep it."""
        self.troubles.append(why)
        self.told.set()


def check_inventory(cls: type[Inventory], *, config: PluginConfig | None = None, patience: float = SOON) -> Heard:
    """Raise AssertionError unless the inventory keeps its contract; returns what it told within `patience` seconds.

    Whoever it asks need not be there: then it is to say so, and to go on.
    """
    check_class(contract_of(Inventory), cls)
    made = config or default_config(cls)
    with watched() as seen:
        inventory = cls(made, "conformance")
    assert not seen, f"{cls.__name__}: its constructor does input or output: {seen[0]}; do it in open()"
    _soon(inventory, "close, unopened,", patience)
    heard = Heard()
    inventory = cls(made, "conformance")
    began = time.monotonic()
    with contextlib.suppress(NoData):
        inventory.open(heard)
        took = time.monotonic() - began
        assert took < patience, f"{cls.__name__}: open takes {took:.1f} s; ask in a thread of your own"
        heard.told.wait(patience)
    _soon(inventory, "close", patience)
    after = (len(heard.known), len(heard.troubles))
    _soon(inventory, "the second close", patience)
    assert after == (len(heard.known), len(heard.troubles)), f"{cls.__name__}: reports after it was closed"
    for info in heard.known[-1] if heard.known else ():
        assert isinstance(info, WorkloadInfo), f"{cls.__name__}: reports {info!r}, which is no WorkloadInfo"
        assert info.id, f"{cls.__name__}: reports a workload without an id: {info!r}"
    assert all(heard.troubles), f"{cls.__name__}: reports trouble without a why"
    return heard


def _soon(inventory: Inventory, what: str, seconds: float) -> None:
    thread = threading.Thread(target=inventory.close, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), f"{type(inventory).__name__}: {what} takes more than {seconds:g} s"
