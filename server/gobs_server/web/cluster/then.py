"""What is kept of all nodes at a moment, as the numbers they are summed up in, and how two moments differ."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gobs_core import Unit
from gobs_server.history import Past
from gobs_server.live import View
from gobs_server.web.cluster.board import CPUS
from gobs_server.web.format import cell, exact, full, signed
from gobs_server.web.headlines import HEADLINES, Value, in_order, shown, value_then
from gobs_server.web.lists import Field, Numbers, Sheet, Texts

READ, NOTHING, LATE = "read", "nothing kept", "not read in time"
"""What is known of a node at a moment."""
_DEADLINE = 10.0
"""Seconds after which those nodes are left out that have not been read."""
_TABLES = in_order({headline.table for headline in HEADLINES})
FIELDS = (
    Field("node", "node", "key", help="The node's name"),
    Field("state", "reading", "info", help="Whether anything is kept of it as it was then"),
    *(Field(one.name, one.label, "number", one.unit, one.rate, one.help) for one in HEADLINES),
)
CHANGES = (
    FIELDS[0],
    Field("change", "change", "info", help="Whether it came, went, or its numbers are others"),
    *FIELDS[2:],
)


class Then(NamedTuple):
    """All nodes at one moment, or what of them has changed between two. A value."""

    names: list[str]
    states: list[str]
    """What is known of each; of a difference: new, gone or changed."""
    values: Numbers
    """A line for each node, a column for each of HEADLINES and for CPUS."""
    before: Numbers | None = None
    """What they were before; None: it is one moment, and no difference."""
    same: int = 0
    """Nodes a difference leaves out because nothing of them has changed."""
    lacking: int = 0
    """Nodes of which nothing is known."""

    @property
    def read(self) -> Numbers:
        """The lines of those of which anything is known."""
        found: Numbers = self.values[np.array([state == READ for state in self.states], dtype=bool)]
        return found

    def sheet(self) -> Sheet:
        """What they can be filtered and ordered by."""

        def texts(name: str) -> Texts:
            return self.names if name == "node" else self.states

        places = {headline.name: place for place, headline in enumerate(HEADLINES)}
        fields = FIELDS if self.before is None else CHANGES
        return Sheet(fields, len(self.names), texts, lambda name: self.differences()[:, places[name]])

    def differences(self) -> Numbers:
        """What is shown: the values, or by how much they have changed."""
        if self.before is None:
            return self.values
        with np.errstate(over="ignore", invalid="ignore"):
            found: Numbers = self.values - self.before
        return np.where(np.isfinite(found), found, np.nan)

    def shown(self, row: int, *, alone: bool) -> list[Value]:
        """Return all values of a node as they are shown, with their units where they stand `alone`."""
        if self.before is None:
            reason = "nothing is kept of it of that moment" if self.states[row] == READ else self.states[row]
            each = zip(HEADLINES, self.values[row].tolist(), strict=False)
            return [shown(one, value, reason, alone=alone or one.unit is Unit.NONE) for one, value in each]
        return self._changes(row, self.before[row].tolist(), alone=alone)

    def _changes(self, row: int, before: Sequence[float], *, alone: bool) -> list[Value]:
        found = []
        each = zip(HEADLINES, self.values[row].tolist(), before, self.differences()[row].tolist(), strict=False)
        for one, after, then, difference in each:
            if difference != difference:  # noqa: PLR0124  NaN
                value = shown(one, difference, "not known at one of the two moments")
                found.append(value._replace(bar=None))
            else:
                text = (full if alone else cell)(difference, one.unit, one.rate)
                told = ", then ".join(exact(side, one.unit, one.rate) for side in (then, after))
                found.append(Value(one.label, signed(difference, text), told, None))
        return found


def read(names: Sequence[str], pasts: Sequence[Past], moment: float) -> Then:
    """Read all nodes out of their histories; in a thread, for it takes milliseconds for each of them."""
    values, states = np.full((len(names), CPUS + 1), np.nan), [LATE] * len(names)
    deadline = time.monotonic() + _DEADLINE
    for line, past in enumerate(pasts):
        if time.monotonic() > deadline:
            break
        views: dict[str, View] = {}
        for table in _TABLES:
            view = past.at(table, moment)
            if view is not None:
                views[table] = view
        states[line] = READ if views else NOTHING
        cpus = float(len(views["cpu"].keys) - 1 or np.nan) if "cpu" in views else np.nan  # one row is all of them
        values[line] = [*(value_then(views, headline) for headline in HEADLINES), cpus]
        time.sleep(0)  # let the event loop have its turn
    return Then(list(names), states, values, lacking=len([state for state in states if state != READ]))


def difference(later: Then, earlier: Then) -> Then:
    """Return the nodes that are not the same at both moments; of one that is silent at one, no number is known."""
    now, then = ({name: row for row, name in enumerate(one.names)} for one in (later, earlier))
    names, states, lines, same, lacking = [], [], [], 0, 0
    for name in dict.fromkeys((*later.names, *earlier.names)):
        pair = now.get(name, -1), then.get(name, -1)
        there = _read(later, pair[0]), _read(earlier, pair[1])
        if not any(there):
            lacking += 1
        elif all(there) and np.array_equal(later.values[pair[0]], earlier.values[pair[1]], equal_nan=True):
            same += 1
        else:
            names.append(name)
            states.append("changed" if all(there) else "new" if there[0] else "gone")
            lines.append(pair)
    after, before = (
        np.concatenate((one.values, np.full((1, CPUS + 1), np.nan)))[[pair[side] for pair in lines]]
        for side, one in enumerate((later, earlier))
    )
    return Then(names, states, after, before, same, lacking)


def _read(then: Then, row: int) -> bool:
    return row >= 0 and then.states[row] == READ
