"""The whole cluster in one line: sums over the nodes that report, and how many they leave out."""

from __future__ import annotations

from collections import Counter
from math import isfinite
from typing import NamedTuple

import numpy as np

from gobs_core import Unit
from gobs_server.web.cluster.board import CPUS, Board
from gobs_server.web.format import UNKNOWN, cell, exact, full
from gobs_server.web.headlines import PLACES
from gobs_server.web.lists.sheet import Numbers


class Sum(NamedTuple):
    """One number of the whole cluster, ready to be shown."""

    label: str
    text: str
    title: str
    missing: int
    """Nodes it leaves out, because they do not report or do not tell it."""


class Summary(NamedTuple):
    """All there is to say of all nodes at once."""

    nodes: int
    states: Counter[str]
    sums: list[Sum]


def summary(board: Board) -> Summary:
    """Return the summary of all nodes now. Only nodes that are fresh are counted in a sum."""
    states: Counter[str] = Counter(node.state for node in board.nodes)
    fresh = board.values[np.array([node.state == "fresh" for node in board.nodes], dtype=bool)]
    return Summary(len(board.nodes), states, sums(fresh, len(board.nodes)))


def sums(fresh: Numbers, count: int) -> list[Sum]:
    """Return the sums over the lines of a board that count, of so many nodes."""
    return [
        _cpu(fresh, count),
        _memory(fresh, count),
        *(
            _rate(fresh, count, name, label)
            for name, label in (
                ("net_in", "Net in"),
                ("net_out", "Net out"),
                ("disk_read", "Disk read"),
                ("disk_write", "Disk write"),
            )
        ),
    ]


def _cpu(fresh: Numbers, count: int) -> Sum:
    share, cpus = fresh[:, PLACES["cpu"]], fresh[:, CPUS]
    known = ~(np.isnan(share) | np.isnan(cpus))
    there, busy = float(cpus[known].sum()), float((share[known] * cpus[known]).sum()) / 100
    if not there:
        return Sum("CPU", UNKNOWN, "no node tells it now", count)
    text = f"{full(100 * busy / there, Unit.PERCENT)} of {there:,.0f}"
    return Sum("CPU", text, f"{busy:,.2f} of {there:,.0f} CPUs at work", count - int(known.sum()))


def _memory(fresh: Numbers, count: int) -> Sum:
    used, total = fresh[:, PLACES["memory_used"]], fresh[:, PLACES["memory_total"]]
    known = ~(np.isnan(used) | np.isnan(total))
    if not known.any():
        return Sum("Memory", UNKNOWN, "no node tells it now", count)
    with np.errstate(over="ignore"):
        have, there = float(used[known].sum()), float(total[known].sum())
    title = f"{exact(have, Unit.BYTES)} of {exact(there, Unit.BYTES)} used"
    return Sum("Memory", f"{cell(have, Unit.BYTES)} of {cell(there, Unit.BYTES)}", title, count - int(known.sum()))


def _rate(fresh: Numbers, count: int, name: str, label: str) -> Sum:
    values = fresh[:, PLACES[name]]
    known = values[~np.isnan(values)]
    if not len(known):
        return Sum(label, UNKNOWN, "no node tells it now", count)
    with np.errstate(over="ignore"):
        total = float(known.sum())
    if not isfinite(total):
        return Sum(label, UNKNOWN, "the sum is too large a number", count)
    return Sum(label, full(total, Unit.BYTES, rate=True), exact(total, Unit.BYTES, rate=True), count - len(known))
