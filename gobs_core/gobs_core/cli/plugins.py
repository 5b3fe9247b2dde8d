"""`gobs plugins`: what is installed, what of it may run, and why the rest does not."""

from __future__ import annotations

import argparse
import shutil
import sys

from gobs_core.command import Command
from gobs_core.state import PluginState


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from gobs_core.cli.common import add_common

    parser.add_argument("--json", action="store_true", help="as JSON, tracebacks included")
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Print every plugin and its state."""
    from gobs_core.agent.build import idle_states
    from gobs_core.cli.common import set_up

    setup = set_up(args, {}, quiet=True)
    states = idle_states(setup.settings, setup.plugins)
    if args.json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(states), indent=2).decode() + "\n")
    else:
        sys.stdout.write("\n".join(_lines(states)) + "\n")
    return 0


def _lines(states: tuple[PluginState, ...]) -> list[str]:
    from gobs_core.cli.grid import grid
    from gobs_core.text import escape

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    rows = [(s.kind, s.name, s.state, f"{s.distribution} {s.version}".strip(), _reason(s.error)) for s in states]
    lines = (
        grid(("KIND", "NAME", "STATE", "FROM", ""), rows, keys=5, width=width) if rows else ["no plugin is installed"]
    )
    for state in states:
        if state.state == "broken":
            lines += ["", f"{state.kind} {state.name} is broken:"]
            lines += [f"    {escape(line)}" for line in state.error.rstrip().splitlines()]
    return lines


def _reason(error: str) -> str:
    return error.strip().splitlines()[-1] if error.strip() else ""


command = Command(
    "plugins",
    "List the plugins that are installed, and why one does not run.",
    configure,
    run,
    ("gobs plugins", "gobs plugins --json"),
)
