"""Where settings are written: one TOML file, below the environment, below flags."""

from __future__ import annotations

import argparse
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from gobs_core.errors import SettingsError, UserError
from gobs_core.settings.tree import Leaf, Rank, Tree, put

PREFIX = "GOBS_"
SYSTEM_FILE = Path("/etc/gobservability/gobs.toml")

ORIGINAL = {
    "NODE_NAME": "agent.node",
    "POSTGRES_URL": "server.database",
    "DISCORD_WEBHOOK_URL": "notifiers.discord.webhook_url",
    "ENABLE_FLAMEGRAPH": "profilers.perf.enabled",
}
"""Variables of the original Gobservability, and what they are called here."""


class Flag(NamedTuple):
    """A setting given on the command line."""

    path: str
    """E.g. `agent.interval`."""
    value: object
    name: str
    """E.g. `--interval`."""


def flags(args: argparse.Namespace, paths: Mapping[str, str]) -> tuple[Flag, ...]:
    """The settings among parsed arguments, from flag -> path of the setting; those not given (None) are left out."""
    given = ((name, path, getattr(args, name.lstrip("-").replace("-", "_"), None)) for name, path in paths.items())
    return tuple(Flag(path, value, name) for name, path, value in given if value is not None)


def read_sources(
    config: str | None, environ: Mapping[str, str], given: Iterable[Flag] = (), *, system_file: Path = SYSTEM_FILE
) -> Tree:
    """Everything that was written, merged; raises UserError for a file that cannot be read."""
    tree: Tree = {}
    path = settings_file(config, environ, system_file)
    if path is not None:
        _add_table(tree, (), _read_toml(path), str(path))
    for name, target in ORIGINAL.items():
        if environ.get(name):
            put(tree, target.split("."), Leaf(environ[name], name, Rank.ORIGINAL))
    for name, value in sorted(environ.items()):
        steps = name.removeprefix(PREFIX).lower().split("__")
        if name.startswith(PREFIX) and len(steps) > 1 and all(steps):
            put(tree, steps, Leaf(value, name, Rank.ENVIRONMENT))
    for flag in given:
        put(tree, flag.path.split("."), Leaf(flag.value, flag.name, Rank.FLAG))
    return tree


def settings_file(config: str | None, environ: Mapping[str, str], system_file: Path = SYSTEM_FILE) -> Path | None:
    """The one file that is read: `--config`, else `GOBS_CONFIG`, else the user's, else the system's if there is one."""
    named = config or environ.get("GOBS_CONFIG")
    if named:
        return Path(named)
    home = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME", ""), ".config")
    for path in (Path(home) / "gobservability" / "gobs.toml", system_file):
        if path.is_absolute() and path.is_file():
            return path
    return None


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: expected UTF-8 text, got other bytes at offset {error.start}"]) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"{path}: expected TOML, got something else: {error}"]) from None
    except RecursionError:
        raise SettingsError([f"{path}: expected TOML, got brackets nested too deeply"]) from None


def _add_table(tree: Tree, path: tuple[str, ...], table: Mapping[str, object], where: str) -> None:
    for name, value in table.items():
        steps = (*path, name)
        if isinstance(value, dict):
            if value:
                _add_table(tree, steps, value, where)
            else:
                _ensure(tree, steps)
        else:
            put(tree, steps, Leaf(value, f"{where}:{'.'.join(steps)}", Rank.FILE))


def _ensure(tree: Tree, path: tuple[str, ...]) -> None:
    for name in path:
        below = tree.setdefault(name, {})
        if isinstance(below, Leaf):
            return
        tree = below


def variable(path: str) -> str:
    """The environment variable of a setting: `agent.interval` -> `GOBS_AGENT__INTERVAL`."""
    return PREFIX + "__".join(path.split(".")).upper()
