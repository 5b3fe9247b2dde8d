"""What every plugin has in common: a name, a configuration, and the four steps of its life."""

from __future__ import annotations

from typing import ClassVar

import msgspec

PLUGIN_API = 1
"""The number of the plugin API that this `gobs_core` speaks; it grows when something could break a plugin, never before
the older number has been spoken beside it for a minor version."""
OLDEST_API = 1
"""The oldest number that is still spoken."""


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
    api: ClassVar[int] = 1
    """The number of the plugin API it was written for; one that is spoken no more is refused by name."""
    needs: ClassVar[tuple[str, ...]] = ()
    """What it needs to do its work at all, such as a program or a capability, each in words: shown as here once it has
    worked, and as lacking while it says NoData."""
