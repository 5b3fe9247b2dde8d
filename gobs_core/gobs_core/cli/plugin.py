"""`gobs plugin`: begin a plugin of one's own, check it, install it, leave it out."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from gobs_core.command import Command

if TYPE_CHECKING:
    from gobs_core.kit.findings import Finding

FLAGS = {"--proc-root": "agent.proc_root", "--sys-root": "agent.sys_root"}
_ACTIONS = ("new", "check", "list", "install", "enable", "disable")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from gobs_core.cli.common import add_common

    parser.add_argument("action", choices=_ACTIONS, metavar="ACTION", help="new KIND NAME: a project for a collector, "
                        "sink, notifier, condition or profiler; check: whether plugins keep their contract on this "
                        "machine, and what they cost; list: as `gobs plugins`; install: with this Python's pip, and "
                        "check; enable, disable: by the list `[plugins] deny` of the settings file")  # fmt: skip
    parser.add_argument("words", metavar="WORD", nargs="*", help="what the action is about: names of plugins, entry "
                        "points or distributions; folders of projects (check: this one, or every plugin that did not "
                        "come with Gobservability)")  # fmt: skip
    parser.add_argument("--into", metavar="DIR", default=".", help="new: where the project's folder is made "
                        "(default: here)")  # fmt: skip
    parser.add_argument("--send", action="store_true", help="check: try sinks and notifiers too, with the settings "
                        "they have: strange rows and messages will be sent")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="check, list: as JSON")
    parser.add_argument("--recording", metavar="FILE", help="check: try collectors on the first reading of a machine "
                        "that `gobs record` recorded (default: on this one)")  # fmt: skip
    parser.add_argument("--proc-root", metavar="DIR", help="check: where the machine's /proc is (default: /proc)")
    parser.add_argument("--sys-root", metavar="DIR", help="check: where its /sys is (default: beside its /proc)")
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Do what the action says."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "new": _new,
        "check": _check,
        "list": _list,
        "install": _install,
        "enable": _enable,
        "disable": _enable,
    }
    return actions[args.action](args)


def _new(args: argparse.Namespace) -> int:
    from pathlib import Path

    from gobs_core.cli.common import set_up
    from gobs_core.errors import UserError
    from gobs_core.kit.new import KINDS, new_project

    if len(args.words) != 2:
        raise UserError(f"gobs plugin new: expected KIND NAME; a kind is {', '.join(KINDS)}")
    kind, name = args.words
    folder = new_project(kind, name, Path(args.into), set_up(args, {}, quiet=True).plugins)
    sys.stdout.write(f"{folder} is a {kind} with a test. Next:\n  cd {folder}\n")
    sys.stdout.write("  python -m pip install -e . pytest\n  python -m pytest\n  gobs plugin check\n")
    return 0


def _check(args: argparse.Namespace) -> int:
    from gobs_core.cli.common import set_up
    from gobs_core.kit.check import check, entry_points, read_words
    from gobs_core.kit.findings import Level

    wanted = read_words(args.words)
    points = entry_points(wanted)
    load: Any = lambda make: set_up(args, FLAGS, quiet=True, plugins=make)  # noqa: E731  shorter than a def here
    found = []
    with ExitStack() as stack:
        for finding in check(wanted, points, load, lambda setup: _bench(args, setup, stack)):
            found.append(finding)
            if not args.json:
                sys.stdout.write(_line(finding))
                sys.stdout.flush()
    if args.json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    elif not found:
        sys.stdout.write("no plugin is installed besides those that come with Gobservability\n")
    return int(any(finding.level is Level.WRONG for finding in found))


def _bench(args: argparse.Namespace, setup: Any, stack: ExitStack) -> Any:
    from gobs_core.agent.machine import open_machine
    from gobs_core.collector import Context
    from gobs_core.kit.trial import Bench

    agent = setup.settings.agent
    if args.recording is None:
        return Bench(open_machine(agent), Context(node=agent.node), agent.interval, args.send)
    from gobs_core.replay.looking import first_moment

    proc, header = stack.enter_context(first_moment(args.recording))
    return Bench(proc, Context(node=header.node), header.interval, args.send)


def _line(finding: Finding) -> str:
    from gobs_core.text import escape

    first, *rest = finding.text.splitlines() or [""]
    lines = [
        f"{finding.level:5}  {escape(finding.about)}: {escape(first)}",
        *(f"         {escape(line)}" for line in rest),
    ]
    return "\n".join(lines) + "\n"


def _list(args: argparse.Namespace) -> int:
    from gobs_core.cli import plugins

    return plugins.run(args)


def _install(args: argparse.Namespace) -> int:
    from gobs_core.errors import UserError
    from gobs_core.kit.installing import install

    if not args.words:
        raise UserError("gobs plugin install: expected the name of a distribution, a folder or a wheel")
    brought = install(args.words)
    if not brought:
        raise UserError(f"installed, but {', '.join(args.words)} brought no entry point of the group `gobs`: no plugin")
    args.words = brought
    return _check(args)


def _enable(args: argparse.Namespace) -> int:
    from gobs_core.errors import UserError
    from gobs_core.kit.denying import deny

    if not args.words:
        raise UserError(f"gobs plugin {args.action}: expected the names of plugins or entry points")
    for name in args.words:
        file, changed = deny(name, args.config, os.environ, allow=args.action == "enable")
        already = "" if changed else " already"
        sys.stdout.write(f"{name} is {args.action}d{already} in {file}; what runs has to be started again\n")
    return 0


command = Command(
    "plugin",
    "Begin a plugin of your own, check it, install it, or leave it out.",
    configure,
    run,
    (
        "gobs plugin new collector open_files     # a project with a test, in gobs-plugin-open-files",
        "gobs plugin check .                      # the project here: its contract, its faults, its cost",
        "gobs plugin check . --recording rack7.gobs.xz  # on the machine of somebody else",
        "gobs plugin check --json                 # every plugin that did not come with Gobservability",
        "gobs plugin disable open_files           # left out from the next start on",
    ),
)
