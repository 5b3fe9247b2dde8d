"""Nothing that a user or a plugin's author can name is missing from the pages."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import gobs_core
from gobs_core import Plugin, hookspecs
from gobs_core.agent.build import idle_states
from gobs_core.plugins import KINDS
from gobs_core.plugins.registry import plural
from gobs_core.settings import load_settings
from gobs_core.settings.sources import ORIGINAL
from scripts.docs.builtin import Declared, plugins, tables
from scripts.docs.command import commands, flags
from scripts.docs.rest import document
from scripts.docs.settings import settings
from tests.docs.markdown import page

REFERENCE, CLI, REST = page("docs/reference.md"), page("docs/cli.md"), page("docs/rest.md")
PLUGINS, CONFIGURATION, README = page("docs/plugins.md"), page("docs/configuration.md"), page("README.md")


def first_cells(text: str) -> set[str]:
    return {line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")}


@pytest.mark.parametrize("declared", tables(), ids=lambda declared: declared.table.name)
def test_every_table_and_column_is_in_the_reference(declared: Declared) -> None:
    table = declared.table
    named = first_cells(REFERENCE.section(table.name))
    assert {f"`{column.name}`" for column in table.columns} <= named
    assert f"[`{table.name}`]" in README.text


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_subcommand_and_argument_is_on_the_page(name: str) -> None:
    section = CLI.section(f"gobs {name}")
    for action in flags(commands()[name]):
        for written in action.option_strings or [str(action.metavar)]:
            assert f"`{written}" in section


def test_every_setting_and_its_variable_are_on_the_page() -> None:
    for section, rows in settings().items():
        text = CONFIGURATION.section(f"[{section}]")
        for name, setting in rows:
            assert f"| `{name}` | `{setting.variable}` |" in text


@pytest.mark.parametrize("kind", KINDS)
def test_every_plugin_that_has_settings_has_a_section(kind: str) -> None:
    for name, cls in plugins().of_kind(kind).items():
        assert issubclass(cls, Plugin)
        assert f"{plural(kind)}.{name}" in settings()


@pytest.mark.parametrize("variable", sorted(ORIGINAL))
def test_the_variables_of_the_original_are_on_the_page(variable: str) -> None:
    assert f"| `{variable}` |" in CONFIGURATION.section("Variables of the original")


def test_the_settings_file_on_the_page_changes_nothing(tmp_path: Path) -> None:
    [example] = CONFIGURATION.code("toml")
    file = tmp_path / "gobs.toml"
    file.write_text(example.text, encoding="utf-8")
    written = load_settings(environ={}, config=str(file), plugins=plugins())
    nothing = load_settings(environ={}, plugins=plugins(), system_file=tmp_path / "none")
    assert written.settings.agent == nothing.settings.agent
    assert written.settings.log == nothing.settings.log
    assert idle_states(written.settings, plugins()) == idle_states(nothing.settings, plugins())
    assert written.settings.incomplete == nothing.settings.incomplete
    for kind in KINDS:
        for name, cls in plugins().of_kind(kind).items():
            if (kind, name) not in nothing.settings.incomplete:
                assert written.settings.config(kind, cls) == nothing.settings.config(kind, cls)


def test_the_order_of_the_sources_is_said() -> None:
    order = [CONFIGURATION.text.index(word) for word in ("**One TOML file**", "**Variables**", "**Flags**")]
    assert order == sorted(order)
    assert "`…_FILE`" in CONFIGURATION.text


@pytest.mark.parametrize("name", gobs_core.__all__)
def test_every_name_of_the_plugin_api_is_explained(name: str) -> None:
    [line] = [line for line in PLUGINS.section("The promise").splitlines() if line.startswith(f"| `{name}` |")]
    assert len(line) >= len(f"| `{name}` | ") + 8


@pytest.mark.parametrize("name", [name for name in vars(hookspecs) if name.startswith("gobs_register_")])
def test_every_hook_has_a_heading_and_its_exact_signature(name: str) -> None:
    told = inspect.signature(getattr(hookspecs, name))
    assert f"def {name}() -> {told.return_annotation}: ..." in PLUGINS.section(name)


def test_every_operation_is_on_the_page() -> None:
    for path, verbs in document()["paths"].items():
        for verb in verbs:
            assert REST.section(f"{verb.upper()} {path}")
