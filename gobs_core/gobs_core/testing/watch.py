"""Seeing which files a piece of code opens, and whether it does anything else it should not."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

_IO = ("open", "os.listdir", "os.scandir", "socket.connect", "socket.bind", "subprocess.Popen", "os.mkdir", "os.remove")
_CODE = (".py", ".pyc", ".so", "__pycache__")
_watchers: dict[int, list[tuple[str, str]]] = {}
_lock = threading.Lock()
_hooked = False


@contextlib.contextmanager
def watched() -> Iterator[list[tuple[str, str]]]:
    """Collect (event, path) of all input and output that this thread does in the block, imports left out.

    An audit hook cannot be taken away again: one is added at the first use, and idles outside of such blocks.
    """
    global _hooked  # noqa: PLW0603  the interpreter's list of audit hooks is global as well
    with _lock:
        if not _hooked:
            sys.addaudithook(_note)
            _hooked = True
    seen: list[tuple[str, str]] = []
    _watchers[threading.get_ident()] = seen
    try:
        yield seen
    finally:
        del _watchers[threading.get_ident()]


def _note(event: str, args: tuple[object, ...]) -> None:
    if event not in _IO or not _watchers:
        return
    seen = _watchers.get(threading.get_ident())
    if seen is not None:
        path = args[0] if args else ""
        name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else repr(path)
        if not name.endswith(_CODE):
            seen.append((event, name))
