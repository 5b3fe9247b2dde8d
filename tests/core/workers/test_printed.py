"""What a plugin prints in its worker is in the log with its name: some lines a minute, and harmless ones."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from gobs_core.logs import configure_logging
from gobs_core.settings.sections import LogSettings
from gobs_core.testing import FakeClock, FakeProc
from gobs_core.workers.output import MOST_TOLD, Sparing
from tests.core.workers.rig import make_agent, settled


@pytest.fixture
def stream() -> Iterator[StringIO]:
    """The log, as JSON lines."""
    handlers, written = logging.getLogger().handlers[:], StringIO()
    configure_logging(LogSettings(format="json"), stream=written)
    yield written
    logging.getLogger().handlers[:] = handlers


async def test_what_it_prints_is_in_the_log_with_its_name_and_harmless(proc: FakeProc, stream: StringIO) -> None:
    clock = FakeClock()
    agent = make_agent(proc, ("prints",), clock=clock)
    await agent.open()
    for _ in range(2):  # what was printed is there, at the latest, when it has answered once more
        await agent.tick()
        await settled(agent)
        clock.advance(5)
    await agent.close()
    said = [json.loads(line) for line in stream.getvalue().splitlines()]
    printed = [(line["name"], line["line"], line["level"]) for line in said if line["event"] == "plugin printed"]
    assert ("prints", "hello \\x1b[31m", "info") in printed
    assert ("prints", "hello again", "info") in printed


def test_of_many_lines_some_are_told_each_minute_and_the_others_counted() -> None:
    told: list[str] = []
    now = 0.0
    sparing = Sparing(told.append, lambda: now)
    sparing(b"half a")
    assert told == []
    sparing(b" line\n\n" + b"x\n" * 100_000)
    assert told == ["half a line", *["x"] * (MOST_TOLD - 1)]
    now = 61.0
    sparing(b"again\n")
    assert told[MOST_TOLD:] == [f"and {100_000 - MOST_TOLD + 1} more lines within a minute", "again"]


def test_a_line_without_end_is_not_kept_for_ever() -> None:
    told: list[str] = []
    sparing = Sparing(told.append)
    for _ in range(100):
        sparing(b"x" * 65536)
    sparing(b"\n")
    assert [len(line) for line in told] == [500]
