"""Which subcommands there are: entry points of the group `gobs.commands`, of which only the wanted one is imported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gobs_core.command import GROUP, Command
from gobs_core.errors import DeclarationError
from gobs_core.plugins.origin import EntryPointLike, Origin, installed, origin_of, sort


class Broken(NamedTuple):
    """A subcommand that cannot be used."""

    name: str
    origin: Origin
    error: str


def find_commands(
    wanted: str | None, entry_points: Iterable[EntryPointLike] | None = None
) -> tuple[dict[str, Command], list[Broken]]:
    """Load the wanted subcommand, or all when there is none of that name; broken ones cost no other."""
    points = installed(GROUP) if entry_points is None else sort(entry_points)
    if any(point.name == wanted for point in points):
        points = tuple(point for point in points if point.name == wanted)
    commands: dict[str, Command] = {}
    broken: list[Broken] = []
    owners: dict[str, Origin] = {}
    for point in points:
        origin = origin_of(point)
        try:
            command = _checked(point)
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a stranger's module raises is its own failure
            broken.append(Broken(point.name, origin, f"{type(error).__name__}: {error}"))
            continue
        if point.name in owners:
            commands.pop(point.name, None)
            broken.append(Broken(point.name, origin, f"it is also the {owners[point.name]}"))
            continue
        owners[point.name] = origin
        commands[point.name] = command
    return commands, broken


def _checked(point: EntryPointLike) -> Command:
    command = point.load()
    if not isinstance(command, Command):
        raise DeclarationError(f"{point.value} is a {type(command).__name__}, not a gobs_core.command.Command")
    if command.name != point.name:
        raise DeclarationError(f"{point.value} calls itself {command.name!r}, its entry point {point.name!r}")
    return command
