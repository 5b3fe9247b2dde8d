"""`gobs record`: a file with exactly what the collectors read of this machine, to be replayed anywhere."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from gobs_core.command import Command

if TYPE_CHECKING:
    from gobs_core.replay.recorder import Progress

FLAGS = {
    "--node": "agent.node",
    "--interval": "agent.interval",
    "--proc-root": "agent.proc_root",
    "--sys-root": "agent.sys_root",
}
TICKS = 12
_REFUSED = (
    "reads past its Proc ({what}): what it yields is not in the recording, and where that is replayed it has no data. "
    "What a collector asks its `proc` alone is recorded; what is not below /proc or /sys cannot be"
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from gobs_core.cli.common import add_common

    parser.add_argument("file", metavar="FILE", help="the recording to be made, e.g. rack7.gobs.xz")
    parser.add_argument("--ticks", type=int, default=TICKS, metavar="N",
                        help=f"how many readings (default: {TICKS}); Ctrl+C ends it, with those there are")  # fmt: skip
    parser.add_argument("--only", metavar="NAME", nargs="+", help="these collectors (default: all that would run)")
    parser.add_argument("--interval", metavar="TIME", help="time between two readings, e.g. 1s (default: 5s)")
    parser.add_argument("--node", metavar="NAME", help="the name it is replayed under (default: this host's name)")
    parser.add_argument("--proc-root", metavar="DIR", help="where the machine's /proc is (default: /proc)")
    parser.add_argument("--sys-root", metavar="DIR", help="where the machine's /sys is (default: beside its /proc)")
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Record, saying how far it is."""
    import asyncio
    from pathlib import Path

    from gobs_core.agent.machine import open_machine
    from gobs_core.cli.common import set_up
    from gobs_core.cli.readings import chosen
    from gobs_core.errors import UserError
    from gobs_core.replay.recorder import Recorder
    from gobs_core.running import run_until_signal
    from gobs_core.text import escape

    if args.ticks < 1:
        raise UserError(f"--ticks {args.ticks}: expected a number from 1 on")
    settings, plugins = set_up(args, FLAGS, server=False)
    open_machine(settings.agent).close()
    if args.only:
        plugins = chosen(plugins, args.only)
    recorder = Recorder(settings, plugins, settings.agent.proc_root, settings.agent.sys)
    path, done = Path(args.file), 0
    refused: dict[str, str] = {}

    def told(progress: Progress) -> None:
        refused.update(progress.refused)
        _told(progress)

    async def work(stop: asyncio.Event) -> None:
        nonlocal done
        done = await recorder.record(path, args.ticks, stop, told)

    code = run_until_signal(work)
    for name, what in refused.items():
        sys.stderr.write(f"{name} {_REFUSED.format(what=escape(what))}\n")
    if done:
        ticks = "1 tick" if done == 1 else f"{done} ticks"
        sys.stdout.write(f"{path}: {ticks} of {settings.agent.node}, {_size(path.stat().st_size)}; secrets in command "
                         f"lines and environments are hidden. See it again: gobs replay {path} --up\n")  # fmt: skip
    return 0 if done else code


def _told(progress: Progress) -> None:
    """Say how far it is: in one line that is written again on a terminal, else in a line each."""
    past = f", {progress.past} read without `proc` and copied" if progress.past else ""
    line = f"tick {progress.tick} of {progress.ticks}: {progress.files} files new or changed{past}, "
    line += f"{_size(progress.taken)} in all before it is compressed"
    end = "\n" if not sys.stderr.isatty() or progress.tick == progress.ticks else ""
    sys.stderr.write(f"{chr(13) + chr(27) + '[K' if sys.stderr.isatty() else ''}{line}{end}")
    sys.stderr.flush()


def _size(size: Any) -> str:
    from gobs_core.cli.figures import figure
    from gobs_core.units import Unit

    return figure(size, Unit.BYTES)


command = Command(
    "record",
    "Record exactly what the collectors read of this machine, without secrets, to replay it anywhere.",
    configure,
    run,
    (
        "gobs record rack7.gobs.xz                            # a minute of this machine",
        "gobs record rack7.gobs.xz --ticks 600 --interval 1s  # ten minutes, every second",
        "gobs record cpu.gobs.xz --only cpu load              # what two collectors read",
    ),
)
