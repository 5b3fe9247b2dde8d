"""Every exception Gobservability raises on purpose.

GobsError
├── UserError            a mistake in what the user gave us; shown without a traceback, exit code 2
│   └── SettingsError    one or more faults in settings, all of them, each with its path
├── DeclarationError     a plugin declares something that is not allowed; names the plugin, table or column
├── ParseError           a kernel file does not look as documented; names the file and what was expected
└── NoData               this machine, now, has none of what was asked for; an outcome, not a failure
    ├── Missing          the file or feature is not there (kernel too old, switched off, not mounted)
    ├── Forbidden        it is there, but a capability or permission is lacking
    └── Gone             it was there and has vanished (a process that ended)
"""

from __future__ import annotations

from collections.abc import Iterable


class GobsError(Exception):
    """The root of all errors raised on purpose."""


class UserError(GobsError):
    """The user gave us something we cannot use; the text says what, where and what to do."""


class SettingsError(UserError):
    """One or more faults in the settings, all of them at once."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class DeclarationError(GobsError):
    """A plugin declared something that is not allowed."""


class ParseError(GobsError):
    """A kernel file does not look as documented."""


class NoData(GobsError):
    """There is nothing to read here and now; an outcome, not a failure."""


class Missing(NoData):
    """The file or the feature behind it does not exist on this machine."""


class Forbidden(NoData):
    """Reading it needs a capability or permission the agent lacks."""


class Gone(NoData):
    """It was there and has vanished."""
