"""The plugin API is `gobs_core.__all__`: complete, sorted, and only ever added to."""

from __future__ import annotations

import ast
import pkgutil
import pydoc
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import gobs_core
from gobs_core._python import require
from gobs_core.helpers import HELPERS
from tests.support.house import ROOT

BUILT_IN = (
    "collectors/gobs_collectors",
    "sinks/gobs_sinks",
    "notifiers/gobs_notifiers",
    "server/gobs_server/alerts/conditions",
)

SETTLED = {
    "0.1.0": """
        AlertState Cell Channel Chart Collector CollectorConfig Column Condition ConditionParameters
        ContainerInfo Context Contributor
        DeclarationError Duration Event Forbidden Frame GobsError Gone Inspector Inventory Kind Missing NoData
        Notification Notifier NotifierConfig PLUGIN_API ParseError Plugin PluginConfig PluginState
        Proc Profile ProfileFailed ProfileHearer ProfileOrder ProfileProcesses ProfileProgress ProfileTarget
        ProfileThread Profiler ProfilerConfig StackCount StackFrame Stacks
        Reading Receipt Rejected Report RowValues Rows Sample Secret SettingsError Severity
        Sink SinkConfig Size Source Table Thresholds Total TryLater Unit Unusable UserError Workload WorkloadInfo
        Workloads
        counter derived gauge hookimpl info key
    """,
}
"""What each release has promised; nothing is ever taken out of here."""
SETTLED_HELPERS = {
    "0.1.0": """
        accumulator:Accumulator,Member,Sums cgroup_path:paths,unified_path
        control_groups:MAX_DEPTH,TOP,Group,below,is_unified,mounted,walk
        descriptors:UNREADABLE,Descriptors,Pread,on_procfs
        exposition:Exposition,Families,Form,form_of exposition.naming:PREFIX,dotted,texts
        exposition.rows:Labels,expose,samples
        exposition.text:CONTENT_TYPES folders:state_dir later:put_off logs:get_logger
        outgoing:ForbiddenAddress,Inside parse:flat,garbage,lines,numbers proc:text profile:MAX_NAME,FrameKind
        profiler:ProfileKind scrub:compile_patterns,hide,scrub shown:derived,levels,shown sink:Inspect,Recordings
        table:MAX_ROWS text:cut,one_line units:UNIT_NAMES values:show_duration workloads:KERNEL
    """,
}
"""The same of the helpers."""


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


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Sample", ("oldest first", "seconds before now", "an item for each row")),
        ("Thresholds", ("in the unit shown", "below=True")),
        ("Chart", ("`top` is the value that axis reaches at least",)),
        ("gauge", ("`needs` says", "`source` is where")),
        ("Notifier", ("`most` is how many alerts", "with `complete`")),
        ("Condition", ("`reads` says",)),
    ],
)
def test_pydoc_tells_an_author_the_meaning_the_order_and_the_unit_of_fields(name: str, words: tuple[str, ...]) -> None:
    shown = " ".join(pydoc.plain(pydoc.render_doc(getattr(gobs_core, name))).replace("|", " ").split())
    for text in words:
        assert text in shown


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 9), (2, 7, 18)])
def test_an_old_python_is_told_in_a_sentence(version: tuple[int, ...]) -> None:
    with pytest.raises(SystemExit, match=r"^gobs: needs Python 3\.11 or newer, and this is Python [\d.]+$"):
        require(version)


def test_this_python_will_do() -> None:
    require(sys.version_info[:3])


def test_the_helpers_are_what_was_promised_and_exist() -> None:
    promised = {word for words in SETTLED_HELPERS.values() for word in words.split()}
    assert {f"{module.removeprefix('gobs_core.')}:{','.join(names)}" for module, names in HELPERS.items()} == promised
    assert all(hasattr(import_module(module), name) for module, names in HELPERS.items() for name in names)


def imported(file: Path) -> set[tuple[str, str]]:
    """The modules of the core that a file imports from, each with the name it takes."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "gobs_core":
            found |= {(str(node.module), alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {(alias.name, "*") for alias in node.names if alias.name.split(".")[0] == "gobs_core"}
    return found


@pytest.mark.parametrize("folder", BUILT_IN)
def test_the_built_in_plugins_use_the_plugin_api_and_the_helpers_and_nothing_else(folder: str) -> None:
    allowed = {("gobs_core", name) for name in gobs_core.__all__}
    allowed |= {(module, name) for module, names in HELPERS.items() for name in names}
    files = [*(ROOT / folder).rglob("*.py")]
    beyond = {str(file.relative_to(ROOT)): found for file in files if (found := imported(file) - allowed)}
    assert files
    assert beyond == {}


def test_what_the_import_linter_forbids_them_is_every_other_module_of_the_core() -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [contract] = [
        one for one in document["tool"]["importlinter"]["contracts"] if one["name"].startswith("Built-in plugins use")
    ]
    helpers = {".".join(name.split(".")[:2]) for name in HELPERS}
    modules = {f"gobs_core.{module.name}" for module in pkgutil.iter_modules(gobs_core.__path__)}
    assert set(contract["forbidden_modules"]) == modules - helpers
    assert set(contract["source_modules"]) == {folder.split("/", 1)[1].replace("/", ".") for folder in BUILT_IN}
