"""What the subcommands that start something share: options for settings, one way to load them and to set up logging."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import Any

import msgspec

from gobs_core.errors import UserError
from gobs_core.settings import Flag, Setup, flags, load_settings
from gobs_core.settings.lacking import lacking

LOG_FLAGS = {"--log-level": "log.level", "--log-format": "log.format", "--only-plugins": "plugins.allow"}


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add `--config`, `--set`, `--only-plugins`, `--log-level` and `--log-format`."""
    group = parser.add_argument_group(
        "settings", "Each is also an environment variable: agent.node is GOBS_AGENT__NODE."
    )
    group.add_argument("--config", metavar="FILE", help="the settings file (default: $GOBS_CONFIG, else gobs.toml in "
                       "~/.config/gobservability or /etc/gobservability)")  # fmt: skip
    group.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="any setting, e.g. "
                       "--set sinks.grpc.queue=10; may come several times")  # fmt: skip
    group.add_argument("--only-plugins", metavar="NAME", nargs="+", help="load these alone, by their entry "
                       "points: NAME, NAME==VERSION or 'NAME==VERSION sha256:HASH' (default: [plugins] allow)"
                       )  # fmt: skip
    group.add_argument("--log-level", metavar="LEVEL", help="debug, info, warning or error (default: info)")
    group.add_argument("--log-format", metavar="FORMAT", help="console, json, or auto: console on a terminal")


def set_up(
    args: argparse.Namespace,
    paths: Mapping[str, str],
    *,
    sections: Mapping[str, type[msgspec.Struct]] | None = None,
    environ: Mapping[str, str] | None = None,
    more: tuple[Flag, ...] = (),
    quiet: bool = False,
    **rest: Any,
) -> Setup:
    """Load settings and plugins from the options `paths` (flag -> setting) and set up logging; raises SettingsError.

    `quiet` leaves out the warnings, for a command that shows the same in another way. Without it a plugin that would
    run, and lacks a setting, is among the broken ones.
    """
    from gobs_core.logs import configure_logging, get_logger
    from gobs_core.redact import Redactor

    given = (*flags(args, {**LOG_FLAGS, **paths}), *_sets(args.set), *more)
    environ = os.environ if environ is None else environ
    setup = load_settings(environ=environ, config=args.config, flags=given, sections=sections, **rest)
    configure_logging(setup.settings.log, Redactor(setup.settings.secrets()))
    if quiet:
        return setup
    setup = setup._replace(plugins=setup.plugins.without(lacking(*setup)))
    log = get_logger("gobs")
    for warning in setup.settings.warnings:
        log.warning("settings may not mean what they say", warning=warning)
    for state in setup.plugins.failed:
        if state.state == "broken":
            from gobs_core.kit.findings import reason

            why = reason(state)
            log.warning(
                "plugin is broken", kind=state.kind, name=state.name, distribution=state.distribution, error=why
            )
    return setup


def _sets(texts: list[str]) -> tuple[Flag, ...]:
    found = []
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals or not all(path.split(".")) or "." not in path:
            raise UserError(f"--set {text}: expected NAME=VALUE, for example --set agent.interval=1s")
        found.append(Flag(path.strip(), value, f"--set {path}"))
    return tuple(found)
