"""The plugin API is `gobs_core.__all__`: complete, sorted, and only ever added to."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

import gobs_core
from gobs_core._python import require

SETTLED = {
    "0.1.0": """
        AlertState Cell Channel Chart Collector CollectorConfig Column Condition ConditionParameters
        ContainerInfo Context Contributor
        DeclarationError Duration Event Forbidden Frame GobsError Gone Inspector Inventory Kind Missing NoData
        Notification Notifier NotifierConfig PLUGIN_API ParseError Plugin PluginConfig PluginState
        Proc Profile ProfileFailed ProfileHearer ProfileOrder ProfileProcesses ProfileProgress ProfileTarget
        ProfileThread Profiler ProfilerConfig StackCount StackFrame Stacks
        Reading Receipt Rejected Report RowValues Rows Sample Secret SettingsError Severity
        Sink SinkConfig Size Source Table Total TryLater Unit Unusable UserError Workload WorkloadInfo Workloads
        counter derived gauge hookimpl info key
    """,
}
"""What each release has promised; nothing is ever taken out of here."""


def test_the_plugin_api_is_what_was_promised_and_nothing_else() -> None:
    promised = {name for names in SETTLED.values() for name in names.split()}
    assert set(gobs_core.__all__) == promised, "add new names to SETTLED under the version that brings them"


def test_the_plugin_api_is_sorted_and_exists() -> None:
    assert gobs_core.__all__ == sorted(gobs_core.__all__, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(gobs_core, name) for name in gobs_core.__all__)


def test_nothing_public_is_left_out_of_the_plugin_api() -> None:
    public = {
        name
        for name, value in vars(gobs_core).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }
    assert public == set(gobs_core.__all__)


def test_all_of_it_says_what_it_is() -> None:
    for name in gobs_core.__all__:
        value = getattr(gobs_core, name)
        if isinstance(value, type) or callable(value):
            assert value.__doc__, name


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 9), (2, 7, 18)])
def test_an_old_python_is_told_in_a_sentence(version: tuple[int, ...]) -> None:
    with pytest.raises(SystemExit, match=r"^gobs: needs Python 3\.11 or newer, and this is Python [\d.]+$"):
        require(version)


def test_this_python_will_do() -> None:
    require(sys.version_info[:3])
