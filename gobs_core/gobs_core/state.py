"""What is told about a plugin: where it came from, how it fares, what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

MAX_TRACE = 4000
MAX_PRINTED = 2000


class Meaning(NamedTuple):
    """What a word for a plugin's state means."""

    plain: str
    """Which of six words says the same, if less exactly: starting, ok, degraded, quarantined, disabled, broken."""
    help: str
    to_do: str = ""
    """What ends it; empty: there is nothing to be done."""
    at_work: bool = False
    """Whether the plugin does what it is there for, or is meant not to."""


STATES: Mapping[str, Meaning] = {
    "starting": Meaning(
        "starting", "its worker, or whatever it asks, has not answered for the first time, or it is about to be tried "
        "again", at_work=True
    ),
    "ok": Meaning("ok", "it does its work", at_work=True),
    "no data": Meaning(
        "ok", "there is none of what it reads on this machine, which is no error; why is said", at_work=True
    ),
    "degraded": Meaning(
        "degraded", "it is read less often than it was set to, since the agent is over its budget",
        "raise `agent.budget`, or give it a longer `interval`",
    ),
    "failing": Meaning(
        "degraded", "what it was asked last failed; it is asked again at its next turn", "read its last error"
    ),
    "late": Meaning(
        "degraded", "it was over its deadline; it is left alone until it has returned",
        "give it a longer `deadline`, or let it read less",
    ),
    "quarantined": Meaning(
        "quarantined", "it failed three times in a row: it is left alone for 30 s, then for twice as long each time",
        "mend it, then *Try again*",
    ),
    "disabled": Meaning("disabled", "its own setting `enabled` is false", at_work=True),
    "off": Meaning(
        "disabled", "it does not run here: `[plugins]` leaves it out, nobody named it, or it runs elsewhere",
        at_work=True,
    ),
    "broken": Meaning(
        "broken", "it could not be loaded or made, or a setting that it needs is missing or wrong",
        "read its last error, which names what to mend, and start again",
    ),
}  # fmt: skip
"""Every state there is, from `PluginState.state`."""


class PluginState(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin as shown by `gobs plugins`, REST and the dashboard. A value; made anew when anything changes."""

    kind: str
    """collector, sink, profiler, condition, notifier, or `plugin` for an entry point that never got that far."""
    name: str
    distribution: str = ""
    version: str = ""
    api: int | None = None
    """The number of the plugin API it is written for; None where it never got that far."""
    state: str = "ok"
    """starting, ok, no data, degraded, failing, late, quarantined, disabled, off, broken: what each means is in the
    table of states on the page for authors."""
    error: str = ""
    """The last error in one line."""
    runs: int = 0
    failures: int = 0
    drops: int = 0
    duration: float | None = None
    """Seconds the last run took."""
    rows: int | None = None
    succeeded: float | None = None
    """When it last did what it is there for, in seconds since 1970; None: not since it was started."""
    runs_in: str = ""
    """Where its code runs: `thread` or `loop` of the program itself, or `worker`, its own process; empty: nowhere."""
    pid: int | None = None
    """Of its worker."""
    cpu: float | None = None
    """Seconds of CPU time the last run took, in its thread or its worker."""
    memory: int | None = None
    """Bytes resident in its worker, children included; None: it has none, or that is not known."""
    restarts: int = 0
    """How often its worker was started again; of a profiler, which has one for each recording, how many were lost."""
    trace: str = ""
    """The traceback of the last error, or what its worker printed last; at most MAX_TRACE characters."""
    printed: str = ""
    """The last lines it printed in its worker, which may be one that is gone; at most MAX_PRINTED characters."""
    unknown: dict[str, str] = {}
    """`table.column` -> why its values are not known here."""
    needs: dict[str, bool] = {}
    """What some of its columns need, such as a capability -> whether it is here, as far as it has run."""
    title: str = ""
    """What people choose it by; of a profiler."""
    targets: tuple[str, ...] = ()
    """What it can be asked about; of a profiler: node, workload, container, process."""
