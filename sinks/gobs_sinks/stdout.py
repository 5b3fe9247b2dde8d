"""The sink `stdout`: prints frames as JSON lines, one object for each row or for each frame."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any, ClassVar, Literal

import msgspec

from gobs_core import Cell, Column, Frame, Reading, RowValues, Sink, SinkConfig, Source, hookimpl

_ESCAPED = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF, *range(0x202A, 0x202F))}
_ESCAPED |= {code: f"\\u{code:04x}" for code in (*range(0x200B, 0x2010), *range(0x2066, 0x206A))}
"""What JSON allows in a string, but a terminal, a browser or an eye may take for something else."""


class StdoutConfig(SinkConfig, frozen=True, kw_only=True):
    """Settings under `[sinks.stdout]`."""

    per: Literal["row", "frame"] = "row"
    """An object for each row, or one for each frame with its tables."""


class StdoutSink(Sink):
    """Prints what is read; a reader that goes away ends the agent as it would any other command."""

    name = "stdout"
    Config: ClassVar[type[StdoutConfig]] = StdoutConfig
    config: StdoutConfig

    def __init__(
        self,
        config: StdoutConfig,
        source: Source,
        *,
        write: Callable[[bytes], None] | None = None,
        leave: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(config, source)
        self._write = write or _write_stdout
        self._leave = leave or _leave
        self._gone = False

    async def send(self, frame: Frame) -> None:
        """Print one frame; a slow reader is waited for in a thread, so that nothing else waits."""
        if self._gone:
            return
        lines = rows_of(frame, self.source.node) if self.config.per == "row" else [frame_of(frame, self.source.node)]
        text = b"".join(map(line_of, lines))
        try:
            await asyncio.to_thread(self._write, text)
        except (BrokenPipeError, ValueError):  # ValueError: stdout was closed in this process
            self._gone = True
            self._leave()


def rows_of(frame: Frame, node: str) -> Iterator[dict[str, Any]]:
    """One object for each row of a frame."""
    for reading in frame.readings:
        head = {"time": frame.wall_ns / 1e9, "node": node, "table": reading.table.name}
        for keys, values in _rows(reading):
            yield {**head, "keys": keys, "values": values}


def frame_of(frame: Frame, node: str) -> dict[str, Any]:
    """One object for a frame."""
    tables = {
        reading.table.name: [{"keys": keys, "values": values} for keys, values in _rows(reading)]
        for reading in frame.readings
    }
    return {"time": frame.wall_ns / 1e9, "node": node, "sequence": frame.sequence, "tables": tables}


def line_of(shown: dict[str, Any]) -> bytes:
    """A line of JSON that is safe to show: no control character, nothing that turns text around or breaks lines."""
    text = msgspec.json.encode(shown).decode()
    return (text if text.isascii() and "\x7f" not in text else text.translate(_ESCAPED)).encode() + b"\n"


def _rows(reading: Reading) -> Iterator[tuple[dict[str, str], dict[str, Cell]]]:
    keys, cells = reading.table.keys, reading.table.cells
    for row in reading.rows:
        yield (
            _keys(keys, row),
            {column.name: _shown(column, cell) for column, cell in zip(cells, row[len(keys) :], strict=False)},
        )


def _keys(columns: tuple[Column, ...], row: RowValues) -> dict[str, str]:
    return {column.name: _text(str(part)) for column, part in zip(columns, row, strict=False)}


def _shown(column: Column, cell: Cell) -> Cell:
    """The shown value: a stored integer times its scale; None where it is not known."""
    if cell is None:
        return None
    if not column.numeric:
        return _text(str(cell))
    try:
        value = cell if column.scale in (None, 1) else float(cell) * column.scale
        return value if isfinite(float(value)) else None
    except (TypeError, ValueError, OverflowError):
        return None


def _text(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _write_stdout(text: bytes) -> None:
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


def _leave() -> None:
    """End this process as SIGTERM would; what Python still holds for stdout goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    os.kill(os.getpid(), signal.SIGTERM)


@hookimpl
def gobs_register_sinks() -> list[type[Sink]]:
    """Announce the sink."""
    return [StdoutSink]
