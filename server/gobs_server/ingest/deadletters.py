"""Dead letters: frames that the server refused again and again, kept in files so that somebody can look at them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from gobs_core.logs import get_logger

log = get_logger("gobs.ingest")
_MOST_FILES = 50
_MOST_BYTES = 16 << 20
_MOST_WAITING = 4
"""Letters being written at once; a further one is not kept."""


class DeadLetters:
    """A folder with the newest letters: `.bin` what an agent sent, `.json` whose it was and why it was refused.

    Bounded in number and size; the oldest go first. Written beside the event loop; what fails is logged and forgotten.
    """

    def __init__(self, folder: Path | None) -> None:
        self.kept = 0
        """Letters written since the server started."""
        self._folder = folder
        self._writing: set[asyncio.Task[None]] = set()

    def put(self, node: str, raw: bytes, facts: Mapping[str, object]) -> None:
        """Keep a letter, soon; never raises."""
        if self._folder is None or len(self._writing) >= _MOST_WAITING:
            return
        at = datetime.now(UTC)
        name = f"{at:%Y%m%dT%H%M%S.%f}-{hashlib.sha256(node.encode()).hexdigest()[:8]}"
        told = msgspec.json.encode({"node": node, "at": at, "bytes": len(raw), **facts})
        task = asyncio.create_task(self._write(self._folder, name, raw, told))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def settled(self) -> None:
        """Wait until all letters are written."""
        while self._writing:
            await asyncio.wait(self._writing)

    async def _write(self, folder: Path, name: str, raw: bytes, told: bytes) -> None:
        try:
            await asyncio.to_thread(_put, folder, name, raw, told)
        except OSError as error:
            log.warning("a refused frame cannot be kept", folder=str(folder), why=str(error))
        else:
            self.kept += 1


def _put(folder: Path, name: str, raw: bytes, told: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for suffix, content in ((".bin", raw), (".json", told)):
        path = folder / f"{name}{suffix}"
        path.touch(mode=0o600)
        path.write_bytes(content)
    letters = sorted(folder.glob("*.bin"))
    sizes = {path: path.stat().st_size for path in letters}
    while letters and (len(letters) > _MOST_FILES or sum(sizes[path] for path in letters) > _MOST_BYTES):
        oldest = letters.pop(0)
        for path in (oldest, oldest.with_suffix(".json")):
            with suppress(FileNotFoundError):
                path.unlink()
