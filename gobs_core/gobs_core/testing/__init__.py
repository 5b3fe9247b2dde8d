"""The test kit: a /proc made of files, a way to read it through a collector, and what every plugin must keep to."""

from gobs_core.testing.clock import FakeClock
from gobs_core.testing.collecting import collect
from gobs_core.testing.conditions import check_condition
from gobs_core.testing.conformance import check_collector
from gobs_core.testing.fake_proc import FakeProc
from gobs_core.testing.inventories import check_inventory
from gobs_core.testing.notifiers import check_notifier, example_notification
from gobs_core.testing.profilers import check_profiler
from gobs_core.testing.sinks import check_sink

__all__ = [
    "FakeClock",
    "FakeProc",
    "check_collector",
    "check_condition",
    "check_inventory",
    "check_notifier",
    "check_profiler",
    "check_sink",
    "collect",
    "example_notification",
]
