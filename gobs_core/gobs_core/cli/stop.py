"""`gobs stop`: end what `up`, `server` or `simulate` started with this state folder."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gobs_core.command import Command
from gobs_core.folders import state_dir
from gobs_core.pidfile import Started, started

PATIENCE = 10.0
"""Seconds a program gets to end by itself."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--data", metavar="DIR", help="the state folder it was started with (default: the XDG one)")


def run(args: argparse.Namespace) -> int:
    """Ask them to end, wait, and insist."""
    found = started(Path(args.data) if args.data else state_dir(os.environ))
    if not found:
        sys.stdout.write("nothing is running\n")
        return 0
    killed = end(found, PATIENCE)
    for one in found:
        sys.stdout.write(f"{'killed' if one in killed else 'stopped'} gobs {one.what} (process {one.pid})\n")
    return int(bool(killed))


def end(found: Sequence[Started], patience: float) -> set[Started]:
    """Ask these programs to end, and return those that had to be killed after as many seconds."""
    for one in found:
        _signal(one, signal.SIGTERM)
    until = time.monotonic() + patience
    while any(one.alive() for one in found) and time.monotonic() < until:
        time.sleep(0.05)
    killed = {one for one in found if one.alive()}
    for one in killed:
        _signal(one, signal.SIGKILL)
    return killed


def _signal(one: Started, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(one.pid, number)


command = Command(
    "stop",
    "End what `gobs up`, `gobs server` or `gobs simulate` started here.",
    configure,
    run,
    ("gobs stop", "gobs stop --data /srv/gobs"),
)
