"""Ports of servers that are away for a while, or not there yet."""

from __future__ import annotations

import contextlib
import secrets
import socket


def free_port() -> int:
    """Return a port of loopback on which nobody listens.

    It is below those the system gives to whoever connects: one of them would be taken meanwhile now and then, by the
    very program that tries to connect to it.
    """
    dice = secrets.SystemRandom()
    while True:
        port = dice.randrange(12_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
