"""The page of plugins: what is loaded where, those that need a look first, those that do not run here last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

import numpy as np

from gobs_core import PluginState, Unit
from gobs_core.state import STATES
from gobs_server.live import Node
from gobs_server.web.format import UNKNOWN, cell, duration
from gobs_server.web.lists import Field, Sheet, asked, matching
from gobs_server.web.paging import page_asked, paged
from gobs_server.web.rendering import Templates
from gobs_server.web.states import at_work
from gobs_server.web.text import ident, lines

FIELDS = (
    Field("node", "where", "key", help="The node it is loaded on, or server"),
    Field("kind", "kind", "info", help="What it is for"),
    Field("name", "name", "info", help="Its name"),
    Field("state", "state", "info", help="How it fares"),
    Field("from", "from", "info", help="The package it comes from"),
    Field("error", "last error", "info", help="Why it failed last"),
)
"""What plugins can be filtered by."""
_COLOURS = {"starting": "idle", "ok": "fresh", "degraded": "stale", "quarantined": "down", "disabled": "idle",
            "broken": "down"}  # fmt: skip
"""By what a state says plainly."""
_SET_ASIDE = frozenset({"disabled", "off"})
_NOT_HERE = _SET_ASIDE | {"broken"}


@dataclass(frozen=True, slots=True)
class Line:
    """One plugin in one place, ready to be shown."""

    id: str
    node: str
    """Empty: in the server."""
    plugin: PluginState
    colour: str
    error: str
    trace: str
    """The whole of an error that has several lines, or where the last one was raised."""
    printed: str
    """The last lines it printed."""
    meaning: str
    """What its state means."""

    @property
    def runs(self) -> str:
        """How often it ran; not known where it does not run."""
        return self._count(self.plugin.runs)

    @property
    def failures(self) -> str:
        """How often it failed."""
        return self._count(self.plugin.failures)

    @property
    def drops(self) -> str:
        """How many frames it lost; of sinks, since no other kind has a queue."""
        return self._count(self.plugin.drops) if self.plugin.kind == "sink" else UNKNOWN

    @property
    def cost(self) -> str:
        """How long its last run took."""
        return _seconds(self.plugin.duration)

    @property
    def cpu(self) -> str:
        """How much CPU time its last run took."""
        return _seconds(self.plugin.cpu)

    @property
    def memory(self) -> str:
        """What its worker holds in memory."""
        return UNKNOWN if self.plugin.memory is None else cell(self.plugin.memory, Unit.BYTES)

    @property
    def lacking(self) -> int:
        """How many of its needs are not met."""
        return sum(not here for here in self.plugin.needs.values())

    @property
    def rows(self) -> str:
        """How many rows its last run yielded."""
        return UNKNOWN if self.plugin.rows is None else f"{self.plugin.rows:,}"

    def _count(self, count: int) -> str:
        return UNKNOWN if not count and self.plugin.state in _NOT_HERE else f"{count:,}"


class Listed(NamedTuple):
    """Which of them are asked for."""

    filter: str = ""
    page: int = 1

    @property
    def query(self) -> str:
        """What an address says of it, the page aside."""
        return urlencode({"filter": self.filter}, errors="replace") if self.filter else ""

    @property
    def address(self) -> str:
        """Where the page is that shows this."""
        said = "&".join(filter(None, (self.query, f"page={self.page}" if self.page > 1 else "")))
        return f"/plugins?{said}" if said else "/plugins"


def listed(values: Mapping[str, str]) -> Listed:
    """What a query asks for."""
    return Listed(asked(values).filter, page_asked(values))


def render_plugins(templates: Templates, own: Sequence[PluginState], nodes: Sequence[Node], wanted: Listed) -> bytes:
    """Return the fragment that lists those that are asked for."""
    found = [("", plugin) for plugin in own]
    found += [(node.name, plugin) for node in nodes for plugin in node.plugins]
    found.sort(key=lambda one: (at_work(one[1]), one[1].state in _SET_ASIDE))
    rows, said = matching(_sheet(found), wanted.filter)
    shown = paged(rows.tolist(), wanted.page)
    return templates.render(
        "plugins_list.html",
        lines=[_line(*found[row]) for row in shown.items],
        asked=wanted._replace(page=shown.number),
        shown=shown,
        said=said,
        count=len(found),
        places=len({node for node, _ in found}),
        attention=sum(not at_work(plugin) for _, plugin in found),
    )


def _sheet(found: Sequence[tuple[str, PluginState]]) -> Sheet:
    """What they can be filtered by."""
    told: dict[str, Callable[[str, PluginState], str]] = {
        "node": lambda node, _: node or "server",
        "kind": lambda _, plugin: plugin.kind,
        "name": lambda _, plugin: plugin.name,
        "state": lambda _, plugin: plugin.state,
        "from": lambda _, plugin: plugin.distribution,
        "error": lambda _, plugin: plugin.error,
    }
    return Sheet(
        FIELDS, len(found), lambda name: [told[name](*one) for one in found], lambda _: np.full(len(found), np.nan)
    )


def _seconds(taken: float | None) -> str:
    return UNKNOWN if taken is None or taken != taken else duration(taken)  # noqa: PLR0124  NaN


def _colour(state: str) -> str:
    if state == "no data":  # nothing is wrong, and nothing is to be seen either
        return "idle"
    return _COLOURS[STATES[state].plain] if state in STATES else "stale"


def _line(node: str, plugin: PluginState) -> Line:
    said, known = lines(plugin.error), STATES.get(plugin.state)
    trace = said if len(said) > 1 else lines(plugin.trace)
    return Line(
        id=ident("plugin", node, plugin.kind, plugin.name, plugin.distribution),
        node=node,
        plugin=plugin,
        colour=_colour(plugin.state),
        error=said[-1] if said else "",
        trace="\n".join(trace),
        printed="\n".join(lines(plugin.printed)),
        meaning="" if known is None else known.help,
    )
