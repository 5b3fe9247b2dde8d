"""Projects of plugins on disk, as a stranger writes them: for what the check does with a folder."""

from __future__ import annotations

from pathlib import Path

COLLECTOR = """\
from gobs_core import Collector, Table, gauge, hookimpl

MINE = Table("{name}", "A table", [gauge("level", "A level", source="/proc/uptime")])


class Mine(Collector):
    name = "{name}"
    tables = (MINE,)

    def collect(self, proc):
        proc.read("uptime")
{collect}
        yield MINE.row(level=1)


@hookimpl
def gobs_register_collectors():
    return [Mine]
"""
NOTIFIER = '''\
from typing import Annotated
import msgspec
from gobs_core import Notifier, NotifierConfig, Receipt, TryLater, hookimpl


class MineConfig(NotifierConfig, frozen=True, kw_only=True):
    """Settings."""

    address: Annotated[str, msgspec.Meta(min_length=1)]
    """Where messages go."""


class Mine(Notifier):
    name = "{name}"
    Config = MineConfig

    async def send(self, notification):
{send}


@hookimpl
def gobs_register_notifiers():
    return [Mine]
'''
CONDITION = """\
from gobs_core import Condition, hookimpl


class Mine(Condition):
    name = "{name}"

    def judge(self, sample, parameters):
{judge}

    def describe(self, parameters):
        return "odd"


@hookimpl
def gobs_register_conditions():
    return [Mine]
"""


def project(folder: Path, code: str, name: str = "mine", *, before: str = "") -> Path:
    """Write a project whose module holds this code, with `before` as its first lines; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(
        f'[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        f'[project]\nname = "gobs-plugin-{name}"\nversion = "1.0"\n[project.entry-points.gobs]\n'
        f'{name} = "gobs_{name}"\n[tool.hatch.build.targets.wheel]\nonly-include = ["gobs_{name}.py"]\n'
    )
    (folder / f"gobs_{name}.py").write_text(before + code)
    return folder


def collector(folder: Path, collect: str = "", name: str = "mine", *, before: str = "") -> Path:
    """Write a project of a collector that does this at each reading."""
    return project(folder, COLLECTOR.format(name=name, collect=_lines(collect)), name, before=before)


def notifier(folder: Path, send: str, name: str = "mine") -> Path:
    """Write a project of a notifier with a setting `address` that is needed, which does this with each message."""
    return project(folder, NOTIFIER.format(name=name, send=_lines(send)), name)


def condition(folder: Path, judge: str, name: str = "mine") -> Path:
    """Write a project of a condition that judges like this."""
    return project(folder, CONDITION.format(name=name, judge=_lines(judge)), name)


def installed(folder: Path, name: str = "mine") -> Path:
    """Write the metadata that pip would, so that a folder on the path holds an installed copy; return it."""
    about = folder / f"gobs_plugin_{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Name: gobs-plugin-{name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[gobs]\n{name} = gobs_{name}\n")
    return folder


def _lines(code: str) -> str:
    return "\n".join(f"        {line}" for line in code.splitlines())


def line_of(folder: Path, text: str, name: str = "mine") -> str:
    """How a finding names the line of the module that holds this text."""
    lines = (folder / f"gobs_{name}.py").read_text().splitlines()
    number = next(number for number, line in enumerate(lines, start=1) if text in line)
    return f"(FOLDER/gobs_{name}.py, line {number})"
