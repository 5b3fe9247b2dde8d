"""Writes every subcommand of `gobs` from its own argument parser, whatever Python formats its help like."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points

from gobs_core.cli import agent
from gobs_core.cli.common import LOG_FLAGS
from gobs_core.cli.discover import find_commands
from gobs_core.command import GROUP, Command
from gobs_core.kit.reference.markdown import code, fence, table
from scripts.docs.builtin import DISTRIBUTIONS


def commands() -> Mapping[str, Command]:
    """Return the built-in subcommands by name; raises RuntimeError when one is broken."""
    points = [
        point for point in entry_points(group=GROUP) if point.dist is not None and point.dist.name in DISTRIBUTIONS
    ]
    found, broken = find_commands(None, points)
    if broken:
        raise RuntimeError("\n".join(f"{problem.name}: {problem.error}" for problem in broken))
    return dict(sorted(found.items()))


def flags(command: Command) -> list[argparse.Action]:
    """Return the arguments of a subcommand and of all its actions, in order, each once."""
    own, actions = _parsed(command)
    found = {tuple(action.option_strings) or action.dest: action for action in own}
    for parser in actions.values():
        found |= {tuple(action.option_strings) or action.dest: action for action in _arguments(parser)}
    return list(found.values())


def _parsed(command: Command) -> tuple[list[argparse.Action], Mapping[str, argparse.ArgumentParser]]:
    """Its own arguments, and the parsers of its actions, where it has any."""
    parser = argparse.ArgumentParser(add_help=False)
    command.configure(parser)
    own = _arguments(parser)
    below = [action for action in own if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001  no public name
    return [action for action in own if action not in below], below[0].choices if below else {}


def _arguments(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    hidden = (argparse.SUPPRESS, "show this help message and exit")
    return [action for action in parser._actions if action.help not in hidden]  # noqa: SLF001  no public list


def every_command() -> str:
    """Return a section for each subcommand."""
    return "\n\n".join(_section(command) for command in commands().values())


def _section(command: Command) -> str:
    beside = agent.FLAGS if command.name == "up" else {}  # which hands them on to the agent it starts
    settings = {**LOG_FLAGS, **beside, **getattr(sys.modules[command.run.__module__], "FLAGS", {})}
    parts = [f"## gobs {command.name}", _sentence(command.help)]
    own, actions = _parsed(command)
    parts += [_table(own, settings)] if own else []
    for name, parser in actions.items():
        about = [f"### gobs {command.name} {name}", parser.description or ""]
        parts += [*about, _table(_arguments(parser), settings)]
    if command.examples:
        parts.append(fence("text", "\n".join(command.examples)))
    return "\n\n".join(parts)


def _table(arguments: list[argparse.Action], settings: Mapping[str, str]) -> str:
    return table(("argument", "setting", "what it does"), (_row(one, settings) for one in arguments))


def _row(action: argparse.Action, settings: Mapping[str, str]) -> tuple[str, str, str]:
    setting = next((settings[flag] for flag in action.option_strings if flag in settings), "")
    return ", ".join(_written(action)), code(setting), (action.help or "") % {**vars(action), "prog": "gobs"}


def _written(action: argparse.Action) -> Iterator[str]:
    value = str(action.metavar or (action.dest.upper() if action.nargs != 0 else ""))
    if action.nargs in ("*", "+"):
        value += "…"
    for flag in action.option_strings or ("",):
        yield code(f"{flag} {value if action.nargs != 0 else ''}".strip())


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
