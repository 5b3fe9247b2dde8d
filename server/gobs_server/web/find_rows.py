"""Search in the rows of all tables of all nodes, through the dictionaries their texts are kept in: no index is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gobs_server.beside import Beside
from gobs_server.live import LiveTable, Node
from gobs_server.paths import segment
from gobs_server.privacy import seen_text_ids
from gobs_server.tables.texts import Texts
from gobs_server.web.found import Found, Ranked, ranked
from gobs_server.web.links import link
from gobs_server.web.naming import named

_TEXTS, _ROWS = 1000, 20
"""Texts of one node that hold a word, and rows of one table that hold all, that are looked at."""
_DEADLINE = 1.0
"""Seconds after which what was found so far has to do."""
_SMALL = 50
"""Nodes that are searched faster than a thread is asked."""
_AT_ONCE = 10
_COMMON = 0.3
"""Share of the rows of a table above which what they have in common says little, where they are not few:"""
_FEW = 4
_NOT = 100
"""How far a row is from what it does not hold."""
_CONSIDERED = 200
"""Rows that are compared with each other."""

_Asked = tuple[Node, tuple[str, ...], list[Texts]]
_Hit = tuple[int, Node, tuple[str, ...]]


class RowFinder:
    """Searches the rows of nodes. Lives as long as the app."""

    def __init__(self) -> None:
        self._beside = Beside()

    async def find(self, nodes: list[Node], words: tuple[str, ...]) -> tuple[list[Ranked], bool]:
        """Return rows that hold all words, in their texts or the name of their node, and whether these are all."""
        until = time.monotonic() + _DEADLINE
        asked = [(node, _asked_of(node, words), _dictionaries(node)) for node in nodes]
        if len(asked) <= _SMALL:
            hits = _search(asked, until)
        else:
            hits = await self._beside.run(lambda: _search(asked, until))
        found: list[Ranked] = []
        for place, (_, node, wanted) in enumerate(hits, 1):
            found += _matching(node, wanted)
            if len(found) >= _CONSIDERED or time.monotonic() > until:
                return found, False
            if place % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return found, time.monotonic() < until


def _asked_of(node: Node, words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that a row of the node has to hold: those that the node's name does not, if there are any."""
    name = node.name.lower()
    return tuple(word for word in words if word not in name) or words


def _dictionaries(node: Node) -> list[Texts]:
    return list({id(table.texts): table.texts for table in node.tables.values()}.values())


def _search(asked: list[_Asked], until: float) -> list[_Hit]:
    """Return the nodes whose texts hold all that is asked of them, the closest first; called in any thread."""
    hits: list[_Hit] = []
    for place, (node, words, dictionaries) in enumerate(asked):
        found = [sum(closeness) for texts in dictionaries if max(closeness := texts.closeness(words)) < 3]
        if found:
            hits.append((min(found), node, words))
        if place % 16 == 0 and time.monotonic() > until:
            break
    hits.sort(key=lambda hit: hit[0])
    return hits


def _matching(node: Node, words: tuple[str, ...]) -> Iterator[Ranked]:
    """Yield the rows of a node that hold every word."""
    hits: dict[int, list[dict[int, int]]] = {}
    for table in node.tables.values():
        if table.table.keys and table.rows:
            texts = table.texts
            if id(texts) not in hits:
                hits[id(texts)] = [texts.holding(word, _TEXTS) for word in words]
            yield from _rows_of(node, table, hits[id(texts)], words)


def _rows_of(node: Node, table: LiveTable, hits: list[dict[int, int]], words: tuple[str, ...]) -> Iterator[Ranked]:
    if not all(hits):
        return
    ids = seen_text_ids(table)
    apart = [_apart(ids, some) for some in hits]
    nearest = np.sum([each.min(axis=1) for each in apart], axis=0)
    rows = np.flatnonzero(nearest < _NOT)
    keys, texts, declared = len(table.table.keys), table.texts, table.table
    for row in rows[np.argsort(nearest[rows], kind="stable")][:_ROWS].tolist():
        told = [texts.get(text_id) for text_id in ids[row].tolist()]
        key = tuple(text or "" for text in told[:keys])
        name, more = named(declared, key, told[keys:])
        path = link(node.name, declared, key) or f"/nodes/{segment(node.name)}/tables/{segment(declared.name)}"
        found = Found(declared.name, name, more, node.name, path)
        common = all(_shared(ids, row, int(each[row].argmin())) for each in apart)
        yield ranked(words, [name, *filter(None, told)], "row", found, common=common)


def _apart(ids: NDArray[np.integer], hits: dict[int, int]) -> NDArray[np.int64]:
    """Return how far each text of each row is from a word: its closeness, _NOT where it does not hold it."""
    order = np.asarray(sorted(hits))
    close = np.asarray([hits[one] for one in order.tolist()])
    at = np.searchsorted(order, ids).clip(max=len(order) - 1)
    apart: NDArray[np.int64] = np.where(order[at] == ids, close[at], _NOT)
    return apart


def _shared(ids: NDArray[np.integer], row: int, column: int) -> bool:
    """Whether so many rows have the same text in a column that it says little of any."""
    same = np.count_nonzero(ids[:, column] == ids[row, column])
    return bool(same > max(_FEW, _COMMON * len(ids)))
