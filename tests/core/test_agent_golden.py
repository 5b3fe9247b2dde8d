"""The golden output of the whole agent: two ticks over each fixture machine, as the sink `stdout` prints them."""

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
from gobs_core.agent.loop import Agent
from gobs_core.plugins import Plugins, load_plugins
from gobs_core.plugins.installed import Dist, Point
from gobs_core.settings import AgentSettings, Settings
from gobs_core.testing import FakeClock
from gobs_sinks.stdout import StdoutConfig, StdoutSink
from tests.collectors.golden import LATER, SECONDS, lay
from tests.machines.make import MACHINES
from tests.support.house import ROOT

GOLDEN = Path(__file__).parent.parent / "golden"
OWN = {"agent": ("rss", "cpu", "descriptors"), "collector": ("duration", "cpu")}
"""What differs from run to run: what the agent itself uses, and how long its collectors take."""
HERE = ("plugin", "sight")
"""Tables that tell what is installed and what may be seen where the tests run."""
MASK = "OWN"
FIRST = [name for name in MACHINES if not name.endswith(LATER)]


def plugins() -> Plugins:
    """Return every collector and sink that comes with Gobservability, through the real loader."""
    files = [ROOT / name / "pyproject.toml" for name in ("collectors", "sinks")]
    projects = [tomllib.loads(file.read_text())["project"] for file in files]
    return load_plugins(
        Point(name, value, Dist(project["name"], project["version"]))
        for project in projects
        for name, value in project["entry-points"]["gobs"].items()
    )


async def printed(machine: str, folder: Path) -> bytes:
    """Return what the agent prints of the machine, and of the same machine later: unchanged where there is no later."""
    written: list[bytes] = []

    class Printed(StdoutSink):
        def __init__(self, config: StdoutConfig, source: Source) -> None:
            super().__init__(config, source, write=written.append)

    loaded = plugins()
    assert loaded.sinks["stdout"] is StdoutSink
    loaded = dataclasses.replace(loaded, sinks={**loaded.sinks, "stdout": Printed})
    settings = Settings(agent=AgentSettings(node="rack7", interval=SECONDS, sinks=["stdout"]))
    clock = FakeClock()
    lay(MACHINES[machine], folder)
    with Proc(folder / "proc", folder / "sys") as proc:
        agent = Agent(settings, loaded, proc, clock=clock, run="0123456789abcdef")
        await agent.open()
        for count, tree in enumerate((MACHINES[machine], MACHINES.get(machine + LATER, MACHINES[machine])), start=1):
            lay(tree, folder)
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
    rows = [row for row in map(json.loads, lines) if row["table"] not in HERE]
    for row in rows:
        for name in OWN.get(row["table"], ()):
            assert row["values"][name] is not None, "masked, but known"
            row["values"][name] = MASK
    tables = list(dict.fromkeys(row["table"] for row in rows))

    def place(row: dict[str, Any]) -> tuple[object, ...]:
        return (row["time"], tables.index(row["table"]), [(len(part), part) for part in row["keys"].values()])

    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in sorted(rows, key=place))
    return text.replace(str(folder), "MACHINE")


@pytest.mark.parametrize("machine", FIRST)
async def test_the_agent_prints_of_a_fixture_machine_what_it_printed_before(
    machine: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    file = GOLDEN / f"agent-{machine}.jsonl"
    text = golden((await printed(machine, tmp_path)).splitlines(), tmp_path)
    if pytestconfig.getoption("--update-golden"):
        file.write_text(text)
    kept = file.read_text() if file.exists() else ""
    difference = "\n".join(difflib.unified_diff(kept.split("\n"), text.split("\n"), file.name, "now", lineterm="", n=0))
    assert not difference, f"{difference}\n\nIf that is what you meant: make golden, and read the difference in git."


def test_no_golden_output_is_left_behind_by_a_machine_that_is_no_more() -> None:
    assert {file.name for file in GOLDEN.glob("*.jsonl")} == {f"agent-{machine}.jsonl" for machine in FIRST}
