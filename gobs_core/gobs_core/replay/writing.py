"""Writing a recording: beside the file that is asked for, and in its place once it is whole."""

from __future__ import annotations

import lzma
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from gobs_core.errors import UserError
from gobs_core.replay.layout import DICTIONARY, Header, Tick

_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 2, "dict_size": DICTIONARY}]


class Writer:
    """One recording file, for its owner alone to read; made by `with`. Raises UserError where it cannot be written."""

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self.written = 0
        """Bytes in the file so far; some more wait to be compressed."""
        self.taken = 0
        """Bytes given to it so far."""
        self._beside = path.with_name(f".{path.name}.part")
        self._xz = lzma.LZMACompressor(format=lzma.FORMAT_XZ, filters=_FILTERS)
        self._ended = False
        try:
            self._fd = os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}") from None
        self._put(msgspec.json.encode(header) + b"\n")

    def tick(self, tick: Tick, contents: Sequence[bytes]) -> None:
        """Write one tick."""
        self._put(msgspec.json.encode(tick) + b"\n")
        for content in contents:
            self._put(content)

    def end(self) -> None:
        """Finish the file and put it in its place."""
        self._write(self._xz.flush())
        os.fsync(self._fd)
        os.replace(self._beside, self.path)
        self._ended = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)
        if not self._ended:
            self._beside.unlink(missing_ok=True)

    def _put(self, raw: bytes) -> None:
        self.taken += len(raw)
        self._write(self._xz.compress(raw))

    def _write(self, raw: bytes) -> None:
        left = memoryview(raw)
        while left:
            try:
                done = os.write(self._fd, left)
            except OSError as error:
                raise UserError(f"{self.path}: {error.strerror}, after {self.written:,} bytes") from None
            self.written += done
            left = left[done:]
