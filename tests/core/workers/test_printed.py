"""What a plugin prints in its worker is in the log with its name, some lines a minute, and the last of it in its state.

None of it is anything that a terminal would act on, and none is a secret.
"""

from __future__ import annotations

import json
import os
from io import StringIO
from pathlib import Path

import pytest

from gobs_core import Secret
from gobs_core.logs import configure_logging
from gobs_core.redact import Redactor
from gobs_core.settings.sections import LogSettings
from gobs_core.state import MAX_PRINTED
from gobs_core.testing import FakeClock, FakeProc
from gobs_core.workers.output import KEPT, LINES, MOST_TOLD, Output, Sparing
from tests.core.workers.faulty import CLASSES, PATIENT
from tests.core.workers.rig import make_agent, settled
from tests.core.workers.test_sinks import box, frame
from tests.support.secrets import marked


@pytest.fixture
def stream() -> StringIO:
    """The log, as JSON lines."""
    written = StringIO()
    configure_logging(LogSettings(format="json"), stream=written)
    return written


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


async def test_the_last_lines_it_printed_are_told_with_it_also_when_another_life_prints_nothing(
    proc: FakeProc, stream: StringIO, tmp_path: Path
) -> None:
    clock, key = FakeClock(), marked("blab")
    config = CLASSES["blabs"].Config(key=Secret(key), say=str(tmp_path / "once"), deadline=PATIENT)
    agent = make_agent(proc, ("blabs",), clock=clock, configs={"blabs": config})
    await agent.open()
    for lives in (1, 2, 3):
        await agent.tick()
        await settled(agent)
        clock.advance(120)
        state = agent.states()[0]
        assert state.restarts == lives - 1
        lines = state.printed.splitlines()
        assert lines[-1] == "my key is ***"
        assert lines[-2] == "line 49 \\x1b[31m"
        assert len(lines) == LINES
    await agent.close()
    assert key not in stream.getvalue()


async def test_what_a_sink_printed_is_told_with_it(tmp_path: Path) -> None:
    outbox = box("awaits", FakeClock())
    outbox.start()
    for number in range(1, 4):  # what was printed is there, at the latest, when it has answered once more
        outbox.put(frame(number))
        await outbox._drained.wait()
    assert set(outbox.state.printed.splitlines()) == {"hello"}
    assert outbox.state.cpu is not None
    assert 0 <= outbox.state.cpu < 10
    assert outbox.state.rows == 1
    await outbox.close()


def written(raw: bytes) -> Output:
    """Return an output that has read so much."""
    reading, writing = os.pipe()
    output = Output(reading)
    for at in range(0, len(raw), 4096):
        os.write(writing, raw[at : at + 4096])
        output.take_rest()
    os.close(writing)
    return output


async def test_of_much_the_end_is_kept_and_no_part_of_a_secret_whose_beginning_is_not() -> None:
    key = "s3cret-" * 40
    redact = Redactor([key])
    for more in range(0, 400, 7):
        output = written(key.encode() + b"\n" + (b"x" * 98 + b"\n") * 82 + b"y" * more + b"\n")
        told = output.lines(redact)
        assert "s3cret" not in told + output.text()
        assert len(told) <= MAX_PRINTED
        output.close()


async def test_a_line_longer_than_what_is_kept_is_said_to_be_one() -> None:
    output = written(b"z" * (KEPT + 100))
    assert output.lines(str) == f"(a line of more than {KEPT} bytes)"
    output.close()


async def test_the_answer_to_where_it_is_is_no_more_what_it_printed() -> None:
    reading, writing = os.pipe()
    output = Output(reading)
    os.write(writing, b"mine\n")
    output.take_rest()
    output.hear(None)
    os.write(writing, b"Current thread\n")
    output.take_rest()
    os.close(writing)
    assert output.lines(str) == "mine"
    assert output.text() == "mine\nCurrent thread"
    output.close()
