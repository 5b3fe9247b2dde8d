"""The golden output of the whole agent: two ticks over a fixture machine, as the sink `stdout` prints them."""

from __future__ import annotations

import asyncio
import dataclasses
import difflib
import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from gobs_core import Proc, Source
from gobs_core.agent import Agent
from gobs_core.plugins import Plugins, load_plugins
from gobs_core.plugins.installed import Dist, Point
from gobs_core.settings import AgentSettings, Settings
from gobs_core.testing import FakeClock
from gobs_sinks.stdout import StdoutConfig, StdoutSink
from tests.collectors.golden import LATER, SECONDS, lay
from tests.machines.make import MACHINES
from tests.support.house import ROOT

GOLDEN = Path(__file__).parent.parent / "golden" / "agent.jsonl"
MACHINE = "containerd-v2"
OWN = {"agent": ("rss", "cpu", "descriptors"), "collector": ("duration", "cpu")}
"""What differs from run to run: what the agent itself uses, and how long its collectors take."""
SIGHT = "sight"
"""The table that tells what may be seen where the tests run."""
MASK = "OWN"


def plugins() -> Plugins:
    """Return every collector and sink that comes with Gobservability, through the real loader."""
    files = [ROOT / name / "pyproject.toml" for name in ("collectors", "sinks")]
    projects = [tomllib.loads(file.read_text())["project"] for file in files]
    return load_plugins(
        Point(name, value, Dist(project["name"], project["version"]))
        for project in projects
        for name, value in project["entry-points"]["gobs"].items()
    )


async def printed(folder: Path) -> bytes:
    """Return what the agent prints of the machine, and of the same machine later."""
    written: list[bytes] = []

    class Printed(StdoutSink):
        def __init__(self, config: StdoutConfig, source: Source) -> None:
            super().__init__(config, source, write=written.append)

    loaded = plugins()
    assert loaded.sinks["stdout"] is StdoutSink
    loaded = dataclasses.replace(loaded, sinks={**loaded.sinks, "stdout": Printed})
    settings = Settings(agent=AgentSettings(node="rack7", interval=SECONDS, sinks=["stdout"]))
    clock = FakeClock()
    lay(MACHINES[MACHINE], folder)
    with Proc(folder / "proc", folder / "sys") as proc:
        agent = Agent(settings, loaded, proc, clock=clock, run="0123456789abcdef")
        await agent.open()
        for count, name in enumerate((MACHINE, MACHINE + LATER), start=1):
            lay(MACHINES[name], folder)
            stats = await agent.tick()
            assert set(stats.ran) == set(loaded.collectors)
            async with asyncio.timeout(10):
                while agent.outboxes["stdout"].sent < count:  # noqa: ASYNC110  the sink's own thread prints
                    await asyncio.sleep(0.001)
            clock.advance(SECONDS)
        await agent.close()
    return b"".join(written)


def golden(lines: Iterable[bytes], folder: Path) -> str:
    """Return the lines in an order of their own and with what is the agent's own masked."""
    rows = [row for row in map(json.loads, lines) if row["table"] != SIGHT]
    for row in rows:
        for name in OWN.get(row["table"], ()):
            assert row["values"][name] is not None, "masked, but known"
            row["values"][name] = MASK
    tables = list(dict.fromkeys(row["table"] for row in rows))

    def place(row: dict[str, Any]) -> tuple[object, ...]:
        return (row["time"], tables.index(row["table"]), [(len(part), part) for part in row["keys"].values()])

    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in sorted(rows, key=place))
    return text.replace(str(folder), "MACHINE")


async def test_the_agent_prints_of_a_fixture_machine_what_it_printed_before(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    text = golden((await printed(tmp_path)).splitlines(), tmp_path)
    if pytestconfig.getoption("--update-golden"):
        GOLDEN.write_text(text)
    kept = GOLDEN.read_text() if GOLDEN.exists() else ""
    difference = "\n".join(
        difflib.unified_diff(kept.split("\n"), text.split("\n"), GOLDEN.name, "now", lineterm="", n=0)
    )
    assert not difference, f"{difference}\n\nIf that is what you meant: make golden, and read the difference in git."
