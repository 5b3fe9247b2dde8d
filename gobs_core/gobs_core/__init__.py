"""The SDK: all a plugin of Gobservability needs. `__all__` is the plugin API; it is only ever added to."""

import gobs_core._python  # noqa: F401  first, since the rest needs a newer Python
from gobs_core.chart import Chart
from gobs_core.collector import Collector, CollectorConfig, Context, Inspector
from gobs_core.condition import Condition, ConditionParameters, Sample
from gobs_core.described import ContainerInfo, WorkloadInfo
from gobs_core.errors import (
    DeclarationError,
    Forbidden,
    GobsError,
    Gone,
    Missing,
    NoData,
    ParseError,
    SettingsError,
    UserError,
)
from gobs_core.frame import Frame, Reading
from gobs_core.hookspecs import hookimpl
from gobs_core.inventory import Inventory, Report
from gobs_core.notification import AlertState, Contributor, Event, Notification, Receipt, Severity
from gobs_core.notifier import Channel, Notifier, NotifierConfig, Rejected, TryLater, Unusable
from gobs_core.plugin import PLUGIN_API, Plugin, PluginConfig
from gobs_core.proc import Proc
from gobs_core.profile import Profile, ProfileThread, StackCount, StackFrame, Stacks
from gobs_core.profiler import (
    ProfileFailed,
    ProfileHearer,
    ProfileOrder,
    ProfileProcesses,
    ProfileProgress,
    Profiler,
    ProfilerConfig,
    ProfileTarget,
)
from gobs_core.sink import Sink, SinkConfig, Source
from gobs_core.state import PluginState
from gobs_core.table import Cell, Column, Kind, Rows, RowValues, Table, Total, counter, derived, gauge, info, key
from gobs_core.thresholds import Thresholds
from gobs_core.units import Unit
from gobs_core.values import Duration, Secret, Size
from gobs_core.workloads import Workload, Workloads

__version__ = "0.1.0"

__all__ = [
    "PLUGIN_API",
    "AlertState",
    "Cell",
    "Channel",
    "Chart",
    "Collector",
    "CollectorConfig",
    "Column",
    "Condition",
    "ConditionParameters",
    "ContainerInfo",
    "Context",
    "Contributor",
    "DeclarationError",
    "Duration",
    "Event",
    "Forbidden",
    "Frame",
    "GobsError",
    "Gone",
    "Inspector",
    "Inventory",
    "Kind",
    "Missing",
    "NoData",
    "Notification",
    "Notifier",
    "NotifierConfig",
    "ParseError",
    "Plugin",
    "PluginConfig",
    "PluginState",
    "Proc",
    "Profile",
    "ProfileFailed",
    "ProfileHearer",
    "ProfileOrder",
    "ProfileProcesses",
    "ProfileProgress",
    "ProfileTarget",
    "ProfileThread",
    "Profiler",
    "ProfilerConfig",
    "Reading",
    "Receipt",
    "Rejected",
    "Report",
    "RowValues",
    "Rows",
    "Sample",
    "Secret",
    "SettingsError",
    "Severity",
    "Sink",
    "SinkConfig",
    "Size",
    "Source",
    "StackCount",
    "StackFrame",
    "Stacks",
    "Table",
    "Thresholds",
    "Total",
    "TryLater",
    "Unit",
    "Unusable",
    "UserError",
    "Workload",
    "WorkloadInfo",
    "Workloads",
    "counter",
    "derived",
    "gauge",
    "hookimpl",
    "info",
    "key",
]
