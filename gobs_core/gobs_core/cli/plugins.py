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
    parser.add_argument("--pins", action="store_true", help="lines for `[plugins] allow`: every entry point with "
                        "version and hash, as it is installed now")  # fmt: skip
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Print every plugin and its state."""
    from gobs_core.agent.build import idle_states
    from gobs_core.cli.common import set_up

    if getattr(args, "pins", False):  # `gobs plugin list` has no such option
        return _pins()
    setup = set_up(args, {}, quiet=True)
    states = idle_states(setup.settings, setup.plugins)
    if args.json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(states), indent=2).decode() + "\n")
    else:
        sys.stdout.write("\n".join(_lines(states)) + "\n")
    return 0


def _pins() -> int:
    """Print what may stand in an allow-list; 1 where something has no hash, which is said."""
    import msgspec

    from gobs_core.errors import DeclarationError
    from gobs_core.plugins.loader import GROUPS
    from gobs_core.plugins.origin import installed, origin_of
    from gobs_core.plugins.pins import pin_of
    from gobs_core.text import escape

    lines, lacking = [], 0
    for point in installed(*GROUPS):
        try:
            lines.append(f"    {msgspec.json.encode(str(pin_of(point))).decode()},")
        except DeclarationError as error:
            lacking += 1
            sys.stderr.write(f"gobs plugins: {escape(str(origin_of(point)))} has no hash: {escape(str(error))}\n")
    sys.stdout.write("\n".join(["[plugins]", "allow = [", *lines, "]"]) + "\n")
    return int(lacking > 0)


def _lines(states: tuple[PluginState, ...]) -> list[str]:
    from gobs_core.cli.grid import grid
    from gobs_core.text import escape

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    head = ("KIND", "NAME", "STATE", "RUNS IN", "API", "FROM", "")
    rows = [_row(state) for state in states]
    lines = grid(head, rows, keys=len(head), width=width) if rows else ["no plugin is installed"]
    for state in states:
        if state.state == "broken":
            lines += ["", f"{state.kind} {state.name} is broken:"]
            lines += [f"    {escape(line)}" for line in (state.trace or state.error).rstrip().splitlines()]
    return lines


def _row(state: PluginState) -> tuple[str, ...]:
    where = f"{state.distribution} {state.version}".strip()
    api = "" if state.api is None else str(state.api)
    return (state.kind, state.name, state.state, state.runs_in, api, where, _reason(state.error))


def _reason(error: str) -> str:
    return error.strip().splitlines()[-1] if error.strip() else ""


command = Command(
    "plugins",
    "List the plugins that are installed, and why one does not run.",
    configure,
    run,
    (
        "gobs plugins",
        "gobs plugins --json",
        "gobs plugins --pins  # what is here now, for production to allow nothing else",
    ),
)
