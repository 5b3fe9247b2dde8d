"""A socket in the data folder, for this user of this machine alone: how `gobs token` and `gobs user` come in."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gobs_core.logs import get_logger

if TYPE_CHECKING:  # commands that only connect need no web server
    from gobs_server.serving import Application

log = get_logger("gobs.server")
NAME = "gobs.sock"
LOCAL = "gobs.local"
"""Set in the scope of requests that came through the socket, and nowhere else."""


def listen_locally(folder: Path) -> socket.socket | None:
    """Listen on the socket of the folder; None, and a line in the log, where that cannot be."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            (folder / NAME).unlink()
        before = os.umask(0o177)
        try:
            _near(folder, listener.bind)
        finally:
            os.umask(before)
        listener.listen(16)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        log.warning("no socket for `gobs token` and `gobs user`", folder=str(folder), why=str(error))
        return None
    return listener


def connect_locally(folder: Path, seconds: float) -> socket.socket:
    """Connect to the server of the folder; raises OSError where there is none."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    try:
        _near(folder, connection.connect)
    except BaseException:
        connection.close()
        raise
    return connection


class ForLocals:
    """ASGI middleware: marks what comes through the socket. Only the socket's own server is given it."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the call on with its mark."""
        await self._app({**scope, LOCAL: True} if scope["type"] == "http" else scope, receive, send)


def _near(folder: Path, use: Any) -> None:
    """Name the socket from within its folder: the path of a socket may have a hundred bytes and no more."""
    path = folder / NAME
    if len(os.fsencode(path)) < 100:
        use(str(path))
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        use(f"/proc/self/fd/{descriptor}/{NAME}")
    finally:
        os.close(descriptor)
