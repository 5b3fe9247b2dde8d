"""From arguments to an exit code: no mistake of a user ends in a traceback."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from typing import Any

from gobs_core.cli import FAILURE, INTERRUPTED, MISTAKE, OK
from gobs_core.cli.discover import find_commands
from gobs_core.command import Command
from gobs_core.errors import UserError
from gobs_core.plugins.origin import EntryPointLike
from gobs_core.suggest import did_you_mean
from gobs_core.text import escape

DESCRIPTION = "Gobservability: live process-deep monitoring of Linux machines and Kubernetes nodes."
EXAMPLES = ("gobs up                        # this machine, live, on http://127.0.0.1:8080", "gobs collect load cpu")


def run(argv: list[str], entry_points: Iterable[EntryPointLike] | None = None) -> int:
    """Parse the arguments and run the subcommand they name."""
    wanted = next((word for word in argv if not word.startswith("-")), None)
    commands, broken = find_commands(wanted, entry_points)
    for problem in broken:
        if wanted is None or problem.name == wanted:
            _complain(f"subcommand {problem.name!r} ({problem.origin}) cannot be used: {problem.error}")
    if wanted in {problem.name for problem in broken}:
        return FAILURE
    if wanted is not None and wanted not in commands:
        _complain(f"there is no command {wanted!r}{did_you_mean(wanted, commands)}")
        return MISTAKE
    try:
        args = _parsed(commands, argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else MISTAKE
    return _run(commands[args.command], args)


def _run(command: Command, args: argparse.Namespace) -> int:
    from gobs_core.running import ends_by_sigterm

    try:
        with ends_by_sigterm():
            code = command.run(args)
        sys.stdout.flush()
        return code
    except UserError as error:
        _complain(str(error))
        return MISTAKE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough; what Python still wants to flush at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _complain(text: str) -> None:
    for line in text.splitlines() or [""]:
        sys.stderr.write(f"gobs: {escape(line)}\n")


class _Parser(argparse.ArgumentParser):
    """A parser that keeps its examples' lines, and takes no abbreviation that a later option could break."""

    def __init__(self, *, examples: Iterable[str] = (), **rest: Any) -> None:
        lines = "\n".join(f"  {example}" for example in examples)
        epilog = f"examples:\n{lines}" if lines else None
        raw = argparse.RawDescriptionHelpFormatter
        super().__init__(epilog=epilog, formatter_class=raw, allow_abbrev=False, **rest)
        self.subs: dict[str, argparse.ArgumentParser] = {}
        """Those of its subcommands."""


def _parsed(commands: dict[str, Command], argv: list[str]) -> argparse.Namespace:
    """Parse them; of words that nobody knows the subcommand says so, with its own usage."""
    parser = _parser(commands)
    args, unknown = parser.parse_known_args(argv)
    if unknown:
        parser.subs[args.command].error(f"unrecognized arguments: {' '.join(map(escape, unknown))}")
    return args


def _parser(commands: dict[str, Command]) -> _Parser:
    parser = _Parser(prog="gobs", description=DESCRIPTION, examples=EXAMPLES)
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    subparsers = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for name, command in commands.items():
        sub = parser.subs[name] = subparsers.add_parser(
            name, help=command.help, description=command.help, examples=command.examples
        )
        command.configure(sub)
    return parser


class _Version(argparse.Action):
    """Tells the version; imported only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from gobs_core import __version__

        sys.stdout.write(f"gobs {__version__}\n")
        parser.exit()
