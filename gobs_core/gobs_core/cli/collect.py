"""`gobs collect`: what collectors would send, read here and now, and printed."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from gobs_core.command import Command

if TYPE_CHECKING:
    from gobs_core.cli.readings import Result
    from gobs_core.settings import Setup

FLAGS = {"--proc-root": "agent.proc_root", "--sys-root": "agent.sys_root"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from gobs_core.cli.common import add_common

    parser.add_argument("names", metavar="NAME", nargs="*", help="collectors (default: all that would run)")
    parser.add_argument("--once", action="store_true", help="read once: counters as they stand instead of rates")
    parser.add_argument("--watch", action="store_true", help="read again and again, each time with the code as it is "
                        "then: for the terminal beside the editor")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="JSON lines, one object for each row")
    parser.add_argument("--interval", metavar="TIME", default="1s", help="time between the two readings (default: 1s)")
    parser.add_argument("--recording", metavar="FILE", help="read a machine that `gobs record` recorded, to its end")
    parser.add_argument("--proc-root", metavar="DIR", help="where the machine's /proc is (default: /proc)")
    parser.add_argument("--sys-root", metavar="DIR", help="where the machine's /sys is (default: beside its /proc)")
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Read once or twice, and print."""
    from gobs_core.agent.machine import open_machine
    from gobs_core.cli.common import set_up
    from gobs_core.cli.readings import names_known, read
    from gobs_core.errors import UserError
    from gobs_core.values import parse_duration

    try:
        pause = parse_duration(args.interval)
    except ValueError as expected:
        raise UserError(f"--interval {args.interval}: expected {expected}") from None
    if args.watch:
        return _watch(pause)
    setup = set_up(args, FLAGS, quiet=True, server=False)
    if args.recording is not None:
        return _recorded(args, setup)
    proc = open_machine(setup.settings.agent)
    with names_known(setup) as workloads:
        results = read(setup, proc, args.names, workloads, None if args.once else pause)
    return _told(results, as_json=args.json)


def _told(results: list[Result], *, as_json: bool) -> int:
    """Print them; 1 where one failed, or where there is nothing to print at all."""
    from gobs_core.cli.show import show

    show(results, as_json=as_json)
    for result in results:
        if result.state.state == "ok" and not any(reading.rows for reading in result.after):
            sys.stderr.write(f"{result.state.name}: it read, and yielded no row\n")
    failed = any(result.state.state in ("failing", "late", "quarantined") for result in results)
    return int(failed or not any(reading.rows for result in results for reading in result.after))


def _recorded(args: argparse.Namespace, setup: Setup) -> int:
    """Of a recording what its last reading is, and unless it is `--once` the rates since the one before."""
    from gobs_core.cli.readings import read_recorded
    from gobs_core.replay import Recording

    results = read_recorded(setup, Recording(args.recording), args.names, once=args.once)
    return _told(results, as_json=args.json)


def _watch(pause: float) -> int:
    """Where rates are read, a reading takes the interval by itself; one that is broken takes less."""
    from gobs_core.cli.watching import again, watch

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    watch(again(sys.argv[1:]), pause, write=write, clear=sys.stdout.isatty())
    return 0


command = Command(
    "collect",
    "Print what collectors would send, and exit.",
    configure,
    run,
    (
        "gobs collect                                          # everything, with rates over one second",
        "gobs collect --once cpu memory                        # two collectors, counters as they stand",
        "gobs collect --json process | head -1                 # for a program to read",
        "gobs collect --watch load                             # again and again, while the collector is edited",
        "gobs collect --recording tests/recordings/bare-vm.gobs.xz load  # a machine that was recorded",
        "gobs collect --proc-root tests/machines/bare-vm/proc  # another machine's files",
    ),
)
