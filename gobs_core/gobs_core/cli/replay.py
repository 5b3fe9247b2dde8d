"""`gobs replay`: a recorded machine again, through a real agent: printed, sent to a server, or with one of its own."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING

from gobs_core.command import Command

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from gobs_core.replay import Recording
    from gobs_core.replay.player import Player
    from gobs_core.settings import Setup

FLAGS = {"--server": "sinks.grpc.server", "--node": "agent.node", "--sink": "agent.sinks"}
HTTP, GRPC = "127.0.0.1:8080", "127.0.0.1:9090"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from gobs_core.cli.common import add_common

    parser.add_argument("file", metavar="FILE", help="what `gobs record` made")
    parser.add_argument("--up", action="store_true", help="start a server here as well, and keep it until Ctrl+C")
    parser.add_argument("--server", metavar="HOST:PORT", help="send it to this server (default: print it)")
    parser.add_argument("--sink", metavar="NAME", nargs="+", help="send it to these sinks")
    parser.add_argument("--speed", metavar="SPEED", help="1x as it was, 10x, 0.5x, or max: as fast as it goes "
                        "(default: 1x; max where it is printed). A server places what it is sent by when it comes, so "
                        "its charts have the recorded spacing at 1x alone; rates are right at any speed")  # fmt: skip
    parser.add_argument("--loop", action="store_true", help="again and again, until Ctrl+C; at 1x or slower")
    parser.add_argument("--only", metavar="NAME", nargs="+", help="these collectors (default: all that would run)")
    parser.add_argument("--node", metavar="NAME", help="the name of the machine (default: as it was recorded)")
    parser.add_argument("--http", metavar="HOST:PORT", help=f"where the server of --up shows pages (default {HTTP})")
    parser.add_argument("--grpc", metavar="HOST:PORT", help=f"where that server takes agents (default {GRPC})")
    parser.add_argument("--data", metavar="DIR", help="where that server keeps its data (default: a folder that is "
                        "gone when it ends)")  # fmt: skip
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Replay it to its end, or until SIGINT or SIGTERM."""
    from gobs_core.cli.common import set_up
    from gobs_core.cli.readings import chosen
    from gobs_core.errors import UserError
    from gobs_core.replay import Recording
    from gobs_core.settings import Flag

    if args.up and (args.server or args.sink):
        raise UserError(f"{'--server' if args.server else '--sink'}: leave it away with --up, which starts a server")
    for flag, value in (("--http", args.http), ("--grpc", args.grpc), ("--data", args.data)):
        if value and not args.up:
            raise UserError(f"{flag}: belongs to the server of --up")
    sent = bool(args.up or args.server or args.sink)
    speed = _speed(args.speed or ("1x" if sent else "max"))
    if args.loop and (speed is None or speed > 1):
        raise UserError("--loop: with --speed 1x or slower; faster, one round would lie over the one before in time")
    recording = Recording(args.file)
    more = [] if args.node else [Flag("agent.node", recording.header.node, "the recording")]
    if not args.sink:
        more.append(Flag("agent.sinks", ["grpc"] if sent else ["stdout"], "gobs replay"))
    if args.up:
        more.append(Flag("sinks.grpc.server", args.grpc or GRPC, "--grpc"))
    setup = set_up(args, FLAGS, more=tuple(more), server=False)
    if args.only:
        setup = setup._replace(plugins=chosen(setup.plugins, args.only))
    return _Run(args, recording, setup, speed, now=sent and setup.settings.agent.sinks != ["stdout"]).run()


class _Run:
    def __init__(
        self, args: argparse.Namespace, recording: Recording, setup: Setup, speed: float | None, *, now: bool
    ) -> None:
        self.args, self.recording, self.setup, self.speed, self.now = args, recording, setup, speed, now
        self.failed = False

    def run(self) -> int:
        from gobs_core.running import run_until_signal

        found = self.recording.survey()
        header = self.recording.header
        cut = "" if found.whole else "; its end is missing"
        _say(f"{header.node}: {found.ticks} ticks over {found.seconds:.0f} s{cut}")
        if note := spacing(self.speed, now=self.now):
            _say(note)
        code = run_until_signal(self._work)
        return 1 if self.failed else code

    async def _work(self, stop: asyncio.Event) -> None:
        from contextlib import AsyncExitStack

        from gobs_core.running import unless_stopped
        from gobs_core.simulate.scratch import scratch
        from gobs_core.simulate.server_child import ServerFailedError, server, server_command

        async with AsyncExitStack() as stack:
            folder = stack.enter_context(scratch())
            if self.args.up:
                http, grpc = self.args.http or HTTP, self.args.grpc or GRPC
                command = server_command(self.args, http, grpc, self.args.data or str(folder / "data"))
                try:
                    child = await unless_stopped(stop, stack.enter_async_context(server(command, grpc)))
                except ServerFailedError as error:
                    self.failed = True
                    _say(str(error))
                    return
                if child is None:
                    return
            await self._play(stop, folder)
            if self.args.up and not stop.is_set():
                _say("the recording has ended; the server stays until Ctrl+C")
                await stop.wait()

    async def _play(self, stop: asyncio.Event, folder: Path) -> None:
        rounds = 0
        while not stop.is_set() and (rounds == 0 or self.args.loop):
            rounds += 1
            await self._player(folder / f"round{rounds % 2}").play(stop)

    def _player(self, folder: Path) -> Player:
        import shutil

        from gobs_core.replay.player import Player

        shutil.rmtree(folder, ignore_errors=True)
        settings, plugins = self.setup
        return Player(self.recording, settings, plugins, folder, speed=self.speed, now=self.now)


def _speed(text: str) -> float | None:
    from gobs_core.errors import UserError

    if text == "max":
        return None
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)x?", text)
    if match is None or float(match[1]) <= 0:
        raise UserError(f"--speed {text}: expected 1x, 10x, 0.5x or max")
    return float(match[1])


def spacing(speed: float | None, *, now: bool) -> str:
    """What is to be known of a server's charts; empty where they are as they were recorded, or nobody draws any."""
    if not now or speed == 1:
        return ""
    return "at another speed than 1x a server's charts are drawn over the time this takes; rates are right all the same"


def _say(text: str) -> None:
    from gobs_core.text import escape

    sys.stderr.write(f"gobs replay: {escape(text)}\n")
    sys.stderr.flush()


command = Command(
    "replay",
    "Replay a recorded machine through a real agent: printed, to a server, or with a server of its own.",
    configure,
    run,
    (
        "gobs replay rack7.gobs.xz --up                # a server and that machine, on http://127.0.0.1:8080",
        "gobs replay rack7.gobs.xz --up --speed 10x    # ten times as fast",
        "gobs replay rack7.gobs.xz | head -1           # what its collectors made of it, as JSON lines",
        "gobs replay rack7.gobs.xz --server gobs.example.org:9090 --node rack7-again",
    ),
)
