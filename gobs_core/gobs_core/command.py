"""The contract of a subcommand of `gobs`, announced by an entry point of the group `gobs.commands`.

The entry point's name is the subcommand's, and what it points to is a `Command`: only the chosen one is imported, so
its module may import what it needs, and `gobs --help` imports all: keep the module itself light and import in `run`.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

GROUP = "gobs.commands"


@dataclass(frozen=True)
class Command:
    """One subcommand."""

    name: str
    help: str
    """One line for `gobs --help`."""
    configure: Callable[[ArgumentParser], None]
    """Adds its arguments."""
    run: Callable[[Namespace], int]
    """Does it and returns the exit code: 0 ok, 1 failure, 2 the user's mistake. Raise UserError for the last."""
    examples: tuple[str, ...] = ()
    """Command lines shown at the end of its `--help`, each with what it does after a `#`."""
