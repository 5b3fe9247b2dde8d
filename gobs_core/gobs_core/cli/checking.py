"""The process in which `gobs plugin check` tries plugins out: it says what it finds to who started it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from gobs_core.kit.check import Steps, beside, check, entry_points, read_words

if TYPE_CHECKING:
    from gobs_core.kit.trial import Bench
    from gobs_core.plugins.places import Place
    from gobs_core.settings import Setup

FLAGS = {"--proc-root": "agent.proc_root", "--sys-root": "agent.sys_root"}
BEAT = 0.5
"""Seconds between two signs of life."""


class _Line(Steps):
    """The line to the process that started this one."""

    def __init__(self, fd: int, heard: int, skip: list[str]) -> None:
        for own in (fd, heard):
            os.set_inheritable(own, False)
        self._fd, self._heard = fd, heard
        self._lock = threading.Lock()
        self.skip = frozenset(skip)

    def say(self, **message: Any) -> None:
        """Say it, after what was printed until now."""
        sys.stdout.flush()
        with self._lock:
            left = json.dumps(message).encode() + b"\n"
            while left:
                left = left[os.write(self._fd, left) :]

    def begin(
        self,
        about: str,
        *,
        wanted: bool = True,
        what: str = "trying it",
        seconds: float | None = None,
        place: Place | None = None,
    ) -> None:
        """Pass it on, and wait until that was heard: what is printed from then on is about this."""
        self.say(begin=about, wanted=wanted, what=what, seconds=seconds, place=place)
        os.read(self._heard, 1)

    def beat(self) -> None:
        """Tell for ever that Python runs."""
        while True:
            time.sleep(BEAT)
            self.say(beat=True)


def main() -> None:
    """Do what the order in `argv` says, and end at once, whatever a plugin has left running."""
    from gobs_core.errors import UserError

    order = json.loads(sys.argv[3])
    line = _Line(int(sys.argv[1]), int(sys.argv[2]), order.pop("skip"))
    _prepare()
    threading.Thread(target=line.beat, daemon=True).start()
    try:
        _check(argparse.Namespace(**order), line)
    except UserError as error:
        line.say(mistake=str(error))
    line.say(done=True)
    os._exit(0)


def _prepare() -> None:
    import faulthandler

    from gobs_core.workers.bounds import TELL

    faulthandler.enable(2)
    faulthandler.register(TELL, file=2)


def _check(args: argparse.Namespace, line: _Line) -> None:
    from gobs_core.cli.common import set_up

    line.begin("", wanted=False, what="reading settings and metadata")
    wanted = read_words(args.words)
    for finding in beside(wanted):
        line.say(finding=finding)
    points = entry_points(wanted)
    load: Any = lambda make: set_up(args, FLAGS, quiet=True, plugins=make)  # noqa: E731  shorter than a def here
    with ExitStack() as stack:
        for finding in check(wanted, points, load, lambda setup: _bench(args, setup, stack), line):
            line.say(finding=finding)


def _bench(args: argparse.Namespace, setup: Setup, stack: ExitStack) -> Bench:
    from gobs_core.agent.machine import open_machine
    from gobs_core.collector import Context
    from gobs_core.kit.trial import Bench

    agent = setup.settings.agent
    if args.recording is None:
        return Bench(open_machine(agent), Context(node=agent.node), agent.interval, args.send, args.patience)
    from gobs_core.replay.looking import first_moment

    proc, header = stack.enter_context(first_moment(args.recording))
    return Bench(proc, Context(node=header.node), header.interval, args.send, args.patience)
