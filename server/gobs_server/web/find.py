"""Search over everything there is now: pages, nodes, tables, and the rows of any table by any of their texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gobs_server.actor import may
from gobs_server.live import Live, Node
from gobs_server.paths import segment
from gobs_server.web.find_rows import RowFinder
from gobs_server.web.found import Found, Ranked, ranked
from gobs_server.web.places import PLACES

MOST = 50
"""Things found that are shown."""
LONGEST = 100
"""Characters of a query that count."""
_WORDS = 8


class Findings(NamedTuple):
    """What was found, the best first."""

    found: list[Found]
    complete: bool
    """Whether nothing was left out."""


class Finder:
    """Searches what is live. Lives as long as the app; keeps no index: the dictionaries of the nodes are one."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._rows = RowFinder()

    async def find(self, query: str) -> Findings:
        """Return what holds every word of the query, in a key, an info column or the node's name."""
        words = tuple(dict.fromkeys(query[:LONGEST].lower().split()))[:_WORDS]
        nodes = self._live.nodes()
        if not words:
            return _first(nodes)
        rows, complete = await self._rows.find(nodes, words)
        found = sorted([*_pages(words), *_nodes(nodes, words), *_tables(nodes, words), *rows])
        return Findings([one.found for one in found[:MOST]], complete and len(found) <= MOST)


def _first(nodes: list[Node]) -> Findings:
    """Return what is worth going to before anything was typed: nodes in trouble before those that fare well."""
    pages = [Found("page", place.title, (place.help,), "", place.path) for place in PLACES if may(place.role)]
    order = sorted(nodes, key=lambda node: node.state == "fresh")
    found = [*pages, *(_node(node) for node in order)]
    return Findings(found[:MOST], len(found) <= MOST)


def _pages(words: tuple[str, ...]) -> Iterator[Ranked]:
    for place in PLACES:
        if may(place.role) and all(word in place.title.lower() for word in words):
            found = Found("page", place.title, (place.help,), "", place.path)
            yield ranked(words, [place.title], "page", found)


def _nodes(nodes: Iterable[Node], words: tuple[str, ...]) -> Iterator[Ranked]:
    for node in nodes:
        if all(word in node.name.lower() for word in words):
            found = _node(node)
            yield ranked(words, [node.name], "node", found)


def _node(node: Node) -> Found:
    return Found("node", node.name, (node.state,), "", f"/nodes/{segment(node.name)}")


def _tables(nodes: Iterable[Node], words: tuple[str, ...]) -> Iterator[Ranked]:
    """Yield each table whose name holds the words that the name of its node does not; one of a name unless asked."""
    seen: set[str] = set()
    for node in nodes:
        rest = [word for word in words if word not in node.name.lower()]
        for name in node.tables if rest else ():
            if all(word in name.lower() for word in rest) and not (name in seen and len(rest) == len(words)):
                seen.add(name)
                help_, path = node.tables[name].table.help, f"/nodes/{segment(node.name)}/tables/{segment(name)}"
                found = Found("table", name, (help_,), node.name, path)
                yield ranked(words, [name, node.name], "table", found)
