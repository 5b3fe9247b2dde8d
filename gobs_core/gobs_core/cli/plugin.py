"""`gobs plugin`: begin a plugin of one's own, check it, install it, leave it out."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from gobs_core.command import Command

if TYPE_CHECKING:
    from gobs_core.kit.findings import Finding

FLAGS = {"--proc-root": "agent.proc_root", "--sys-root": "agent.sys_root"}
_KINDS = "collector, sink, notifier, condition or profiler"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions, each with its own arguments."""
    from gobs_core.cli import plugins
    from gobs_core.cli.common import add_common

    actions = parser.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)

    def action(name: str, does: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")

    new = action("new", "write a project for a plugin of your own, with a test that passes")
    new.add_argument("kind", metavar="KIND", help=_KINDS)
    new.add_argument("name", metavar="NAME", help="what the plugin is called: lower-case letters, digits and _")
    new.add_argument("--into", metavar="DIR", default=".", help="where the project's folder is made (default: here)")
    add_common(new)
    _add_check(action("check", "say whether plugins keep their contract on this machine, and what they cost"), "*",
               "names of plugins, entry points or distributions, and folders of projects, which are checked as they "
               "lie there (default: the project here, or every plugin that did not come with Gobservability)"
               )  # fmt: skip
    plugins.configure(action("list", "list what is installed, as `gobs plugins` does"))
    described = action(
        "describe", "write the reference of plugins in Markdown: tables, columns, exported names, settings"
    )
    described.add_argument("words", metavar="NAME", nargs="*", help="names of plugins, entry points or distributions "
                           "(default: every plugin that did not come with Gobservability)")  # fmt: skip
    add_common(described)
    _add_check(action("install", "install a distribution with the pip of this Python, and check what it brought"), "+",
               "what to install, as pip understands it: a distribution, a folder, a wheel")  # fmt: skip
    for name, does in (("enable", "take names out of the list `[plugins] deny` of the settings file"),
                       ("disable", "leave plugins out from the next start on, by `[plugins] deny` of the settings"),
                       ):  # fmt: skip
        listed = action(name, does)
        listed.add_argument("words", metavar="NAME", nargs="+", help="names of plugins or entry points")
        add_common(listed)


def _add_check(parser: argparse.ArgumentParser, count: str, words: str) -> None:
    from gobs_core.cli.common import add_common

    parser.add_argument("words", metavar="WORD", nargs=count, help=words)
    parser.add_argument("--send", action="store_true", help="try sinks and notifiers too, with the settings they have: "
                        "strange rows and messages will be sent, and what was answered is told")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--deadline", metavar="TIME", default="10s", help="the longest that a call of a plugin may "
                        "take (default: 10s)")  # fmt: skip
    parser.add_argument("--recording", metavar="FILE", help="try collectors on the first reading of a machine that "
                        "`gobs record` recorded (default: on this one)")  # fmt: skip
    parser.add_argument("--proc-root", metavar="DIR", help="where the machine's /proc is (default: /proc)")
    parser.add_argument("--sys-root", metavar="DIR", help="where its /sys is (default: beside its /proc)")
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Do what the action says."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "new": _new,
        "check": _check,
        "list": _list,
        "describe": _describe,
        "install": _install,
        "enable": _enable,
        "disable": _enable,
    }
    return actions[args.action](args)


def _new(args: argparse.Namespace) -> int:
    from pathlib import Path

    from gobs_core.cli.common import set_up
    from gobs_core.kit.new import new_project

    folder = new_project(args.kind, args.name, Path(args.into), set_up(args, {}, quiet=True).plugins)
    sys.stdout.write(f"{folder} is a {args.kind} with a test. Next:\n  cd {folder}\n")
    sys.stdout.write("  python -m pip install -e . pytest\n  python -m pytest\n  gobs plugin check\n")
    return 0


def _check(args: argparse.Namespace) -> int:
    from gobs_core.errors import UserError
    from gobs_core.kit.apart import check_apart
    from gobs_core.kit.findings import Level
    from gobs_core.values import parse_duration

    try:
        patience = parse_duration(args.deadline)
    except ValueError as expected:
        raise UserError(f"--deadline {args.deadline}: expected {expected}") from None
    order = {name: value for name, value in vars(args).items() if not callable(value)}
    found = []
    for finding in check_apart({**order, "patience": patience}, patience):
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


def _describe(args: argparse.Namespace) -> int:
    from gobs_core.cli.common import set_up
    from gobs_core.errors import UserError
    from gobs_core.kit.reference.plugins import describe, meant
    from gobs_core.suggest import did_you_mean
    from gobs_core.text import escape

    plugins = set_up(args, {}, quiet=True).plugins
    for word in args.words:
        if not any(meant([word], plugins)):
            known = dict.fromkeys(state.name for state in plugins.states() if state.state == "ok")
            raise UserError(f"no plugin that could be loaded is called {word!r}{did_you_mean(word, known)}")
    found = [describe(kind, name, cls, plugins) for kind, name, cls in meant(args.words, plugins)]
    lines = "\n".join(found or ["no plugin is installed besides those that come with Gobservability"]).splitlines()
    sys.stdout.write("".join(f"{escape(line)}\n" for line in lines))
    return 0


def _install(args: argparse.Namespace) -> int:
    from gobs_core.errors import UserError
    from gobs_core.kit.installing import install

    brought = install(args.words)
    if not brought:
        raise UserError(f"installed, but {', '.join(args.words)} brought no entry point of the group `gobs`: no plugin")
    args.words = brought
    return _check(args)


def _enable(args: argparse.Namespace) -> int:
    from gobs_core.kit.denying import deny

    if args.action == "disable":
        _refuse_unknown(args)
    for name in args.words:
        file, changed = deny(name, args.config, os.environ, allow=args.action == "enable")
        already = "" if changed else " already"
        sys.stdout.write(f"{name} is {args.action}d{already} in {file}; what runs has to be started again\n")
    return 0


def _refuse_unknown(args: argparse.Namespace) -> None:
    """Raise UserError for a name that no plugin here has; one that is known by its entry point is not imported."""
    from gobs_core.cli.common import set_up
    from gobs_core.errors import UserError
    from gobs_core.plugins.loader import GROUPS
    from gobs_core.plugins.origin import installed
    from gobs_core.suggest import did_you_mean

    known = {point.name for point in installed(*GROUPS)}
    if known.issuperset(args.words):
        return
    known |= {state.name for state in set_up(args, {}, quiet=True).plugins.states()}
    for name in args.words:
        if name not in known:
            raise UserError(f"no plugin here is called {name!r}{did_you_mean(name, known)}")


command = Command(
    "plugin",
    "Begin a plugin of your own, check it, describe it, install it, or leave it out.",
    configure,
    run,
    (
        "gobs plugin new collector open_files     # a project with a test, in gobs-plugin-open-files",
        "gobs plugin check .                      # the project here: its contract, its faults, its cost",
        "gobs plugin check . --recording rack7.gobs.xz  # on the machine of somebody else",
        "gobs plugin check . --send --set notifiers.mine.address=me  # sends, and tells what was answered",
        "gobs plugin check --json                 # every plugin that did not come with Gobservability",
        "gobs plugin describe open_files > REFERENCE.md  # its tables, columns, exported names and settings",
        "gobs plugin disable open_files           # left out from the next start on",
    ),
)
