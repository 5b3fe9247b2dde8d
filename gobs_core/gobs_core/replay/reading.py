"""Reading a recording, whoever made it: no more at once than the limits allow, whatever it claims."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, NoReturn

import msgspec

from gobs_core.errors import UserError
from gobs_core.replay.layout import DICTIONARY, FORMAT, LARGEST_TICK, LONGEST_LINE, MOST_TICKS, Header, Tick

_CHUNK = 1 << 16
_MEMORY = 2 * DICTIONARY + (8 << 20)
"""Bytes that decompressing may take."""
_headers = msgspec.json.Decoder(Header)
_ticks = msgspec.json.Decoder(Tick)


class Survey(NamedTuple):
    """What a recording holds in all."""

    ticks: int
    seconds: float
    """From the first tick to the last."""
    whole: bool
    """False: its end is missing, as of one that was not copied whole."""


class Recording:
    """A recording file. Raises UserError, naming file and fault, where it is none or is spoilt."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with self._opened() as stream:
            self.header = self._header(stream)

    def ticks(self) -> Iterator[tuple[Tick, list[bytes]]]:
        """Every tick with the contents of its files, as it is read; one that is cut off is left out."""
        with self._opened() as stream:
            self._header(stream)
            for _ in range(MOST_TICKS):
                line = stream.line(LONGEST_LINE)
                if not line:
                    return
                if (tick := self._tick(line, stream)) is None:
                    return
                if (contents := self._contents(tick, stream)) is None:
                    return
                yield tick, contents

    def survey(self) -> Survey:
        """Read all of it once; raises UserError for one without a tick, or whose clock does not grow."""
        first = last = None
        count = 0
        with self._opened() as stream:
            self._header(stream)
            while count < MOST_TICKS and (line := stream.line(LONGEST_LINE)):
                tick = self._tick(line, stream)
                if tick is None or not stream.skip(self._size(tick)):
                    break
                if last is not None and tick.monotonic_ns <= last.monotonic_ns:
                    self._bad(f"tick {count + 1} is not after the one before")
                first, last, count = first or tick, tick, count + 1
            whole = stream.ended
        if first is None or last is None:
            self._bad("there is no tick in it")
        return Survey(count, (last.monotonic_ns - first.monotonic_ns) / 1e9, whole)

    @contextmanager
    def _opened(self) -> Iterator[_Stream]:
        try:
            with self.path.open("rb") as file:
                yield _Stream(file)
        except OSError as error:
            raise UserError(f"{self.path}: {error.strerror}") from None
        except lzma.LZMAError as error:
            self._bad(f"it cannot be decompressed: {error}")

    def _header(self, stream: _Stream) -> Header:
        line = stream.line(1 << 16)
        try:
            header = _headers.decode(line)
        except msgspec.DecodeError as error:
            self._bad(f"its first line is not that of one: {error}")
        if not line.startswith(b'{"recording":'):
            self._bad("its first line is not that of one")
        if header.recording != FORMAT:
            self._bad(f"it is written in format {header.recording}, and {FORMAT} is read here: upgrade gobs-core")
        return header

    def _tick(self, line: bytes, stream: _Stream) -> Tick | None:
        if not line.endswith(b"\n"):
            if not stream.short:
                self._bad(f"it has a line of more than {LONGEST_LINE >> 20} MiB")
            return None
        try:
            return _ticks.decode(line)
        except msgspec.DecodeError as error:
            self._bad(f"a tick is not as it should be: {error}")

    def _contents(self, tick: Tick, stream: _Stream) -> list[bytes] | None:
        self._size(tick)
        contents = [stream.read(size) for _, size in tick.files]
        return None if any(len(raw) < size for raw, (_, size) in zip(contents, tick.files, strict=True)) else contents

    def _size(self, tick: Tick) -> int:
        size = sum(size for _, size in tick.files)
        if size > LARGEST_TICK:
            self._bad(f"the files of one tick have more than {LARGEST_TICK >> 20} MiB")
        return size

    def _bad(self, fault: str) -> NoReturn:
        raise UserError(f"{self.path}: no recording, or a spoilt one: {fault}")


class _Stream:
    """Decompresses no more than is asked for."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._xz = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)
        self._left = memoryview(b"")
        self.short = False
        """Whether the file ended before what was asked for."""

    @property
    def ended(self) -> bool:
        """Whether its own end was read, and nothing was missing."""
        return self._xz.eof and not self._left and not self.short

    def line(self, most: int) -> bytes:
        """The next line with its end; empty after the last; without an end where it is too long or cut off."""
        parts: list[bytes] = []
        size = 0
        while size < most and (self._left or self._fill()):
            raw = bytes(self._left)
            cut = raw.find(b"\n") + 1
            part = raw[: cut or len(raw)]
            self._left = self._left[len(part) :]
            parts.append(part)
            size += len(part)
            if cut:
                return b"".join(parts)
        self.short = self.short or (bool(parts) and size < most)
        return b"".join(parts)

    def read(self, size: int) -> bytes:
        """As many bytes, or fewer where the file is cut off."""
        parts: list[bytes] = []
        while size > 0 and (self._left or self._fill()):
            part, self._left = bytes(self._left[:size]), self._left[size:]
            parts.append(part)
            size -= len(part)
        self.short = self.short or size > 0
        return b"".join(parts)

    def skip(self, size: int) -> bool:
        """Pass over as many bytes; False where the file is cut off before."""
        while size > 0 and (self._left or self._fill()):
            gone = min(size, len(self._left))
            self._left = self._left[gone:]
            size -= gone
        self.short = self.short or size > 0
        return size == 0

    def _fill(self) -> bool:
        while not self._left and not self._xz.eof:
            raw = self._file.read(_CHUNK) if self._xz.needs_input else b""
            if self._xz.needs_input and not raw:
                self.short = True
                return False
            self._left = memoryview(self._xz.decompress(raw, max_length=_CHUNK))
        return bool(self._left)
