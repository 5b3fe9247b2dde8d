"""What the sink `stdout` prints is JSON, safe to show, and ends politely with its reader."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import unicodedata
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core import Frame, Reading, Source, Table, Unit, counter, derived, gauge, info, key
from gobs_sinks.stdout import StdoutConfig, StdoutSink, line_of
from tests.support.programs import searched

T = Table(
    "t",
    "",
    (
        key("k", ""),
        counter("busy", "", Unit.SECONDS, scale=0.01),
        counter("n", ""),
        gauge("r", ""),
        derived("share", "", "100 * rate(busy)"),
        info("i", ""),
    ),
)
ROWS: Any = (("a", 250, 7, 0.5, "x"), ("b", None, None, None, None))


def frame(rows: Any = ROWS) -> Frame:
    return Frame(3, 1_700_000_000_500_000_000, 9, (Reading(T, rows, 9),))


async def printed(rows: Any = ROWS, per: Literal["row", "frame"] = "row") -> list[Any]:
    written: list[bytes] = []
    sink = StdoutSink(StdoutConfig(per=per), Source(node="n1"), write=written.append)
    await sink.open()
    await sink.send(frame(rows))
    await sink.close()
    text = b"".join(written)
    assert text.endswith(b"\n")
    return [json.loads(line, parse_constant=pytest.fail) for line in text.splitlines()]


async def test_a_line_for_each_row_with_shown_values() -> None:
    first, second = await printed()
    assert first == {
        "time": 1_700_000_000.5,
        "node": "n1",
        "table": "t",
        "keys": {"k": "a"},
        "values": {"busy": 2.5, "n": 7, "r": 0.5, "i": "x"},
    }
    assert second["values"] == {"busy": None, "n": None, "r": None, "i": None}


async def test_a_line_for_each_frame_when_that_is_asked_for() -> None:
    [shown] = await printed(per="frame")
    assert (shown["time"], shown["node"], shown["sequence"]) == (1_700_000_000.5, "n1", 3)
    assert [row["keys"]["k"] for row in shown["tables"]["t"]] == ["a", "b"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), "text", [], 10**400])
async def test_what_is_no_number_is_null(value: Any) -> None:
    [shown] = await printed((("a", value, 1, value, "x"),))
    assert shown["values"]["busy"] is None
    assert shown["values"]["r"] is None


@given(st.text(st.characters()))
def test_any_text_is_one_line_without_control_characters_and_reads_back(text: str) -> None:
    line = line_of({"x": text.encode("utf-8", "backslashreplace").decode()})
    shown = line.decode()
    assert shown.endswith("\n")
    assert not any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in shown[:-1])
    assert json.loads(shown)["x"] == text.encode("utf-8", "backslashreplace").decode()


@pytest.mark.parametrize("name", ["\x1b[2J", "\u2028", "\u202eevil", "\x7f", "\x9b31m", "a\nb", "\x00", "\u200b"])
async def test_a_hostile_name_cannot_act_on_a_terminal(name: str) -> None:
    written: list[bytes] = []
    sink = StdoutSink(StdoutConfig(), Source(node="n1"), write=written.append)
    await sink.send(frame(((name, 1, 1, 1.0, name),)))
    shown = written[0].decode()
    assert not [char for char in shown[:-1] if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")]
    assert json.loads(shown)["keys"]["k"] == name


async def test_lone_surrogates_are_escaped() -> None:
    [shown] = await printed((("\udcff", 1, 1, 1.0, "\ud800"),))
    assert (shown["keys"]["k"], shown["values"]["i"]) == ("\\udcff", "\\ud800")


async def test_a_reader_that_has_gone_is_noticed_once_and_nothing_raised() -> None:
    def broken(text: bytes) -> None:
        raise BrokenPipeError

    left: list[int] = []
    sink = StdoutSink(StdoutConfig(), Source(node="n1"), write=broken, leave=lambda: left.append(1))
    await sink.send(frame())
    await sink.send(frame())
    assert left == [1]


AGENT = """
import asyncio
from gobs_core import Source
from gobs_sinks.stdout import StdoutConfig, StdoutSink
from tests.sinks.test_stdout import frame

async def main():
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(15, stopped.set)
    sink = StdoutSink(StdoutConfig(), Source(node="n1"))
    async with asyncio.timeout(20):
        while not stopped.is_set():
            await sink.send(frame())
            await asyncio.sleep(0.01)

asyncio.run(main())
"""


def test_a_closed_pipe_ends_the_process_without_a_traceback() -> None:
    with searched(
        subprocess.Popen([sys.executable, "-c", AGENT], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["node"] == "n1"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=20) in (0, -signal.SIGTERM)
