"""What every plugin has in common: a name, a configuration, and the four steps of its life."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class PluginConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every plugin's settings: subclass it as `Config` inside the plugin; unknown keys are refused.

    Read from `[<kind>s.<name>]` of the settings file, e.g. `[collectors.cpu]`, overridden by the environment, e.g.
    `GOBS_COLLECTORS__CPU__INTERVAL`.
    """

    enabled: bool = True
    """Whether it runs."""


class Plugin:
    """Base of all six kinds of plugin.

    Life: 1. constructed with its validated configuration, without any I/O; 2. `open`; 3. its work; 4. `close`. `close`
    is called once for every construction, is safe unopened and twice, and one plugin's failing close keeps no other
    from closing.
    """

    name: ClassVar[str]
    """Lower-case letters, digits and _; unique among plugins of its kind; the same in settings, pages and metrics."""
    Config: ClassVar[type[PluginConfig]] = PluginConfig
