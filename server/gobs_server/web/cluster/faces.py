"""Cards, rows and tiles of nodes as they are sent: each rendered once for all who look, and only when it changed."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence

from gobs_server.live import Live, Node
from gobs_server.paths import segment
from gobs_server.web.badges import Badges
from gobs_server.web.cluster.board import Board
from gobs_server.web.cluster.heat import Scale
from gobs_server.web.cluster.looks import Face, cards, rows, tiles
from gobs_server.web.cluster.trends import Trends
from gobs_server.web.lists import Item, Items
from gobs_server.web.rendering import Templates
from gobs_server.web.text import ident, visible

_AT_ONCE = {"cards": 25, "table": 25, "heat": 250}
"""Items rendered before others get their turn; some milliseconds' worth."""


class Faces:
    """The items of the list of nodes, in each of its looks. Lives as long as the app."""

    def __init__(self, live: Live, templates: Templates, board: Board, trends: Trends, badges: Badges) -> None:
        self._live = live
        self._templates = templates
        self._board = board
        self._trends = trends
        self._badges = badges
        self._faces: dict[str, Face] = {}
        self._items: dict[tuple[str, str], Items] = {}
        self._rendering = asyncio.Lock()

    @property
    def version(self) -> int:
        """Raised whenever an item may be another one."""
        return self._board.version + self._badges.version

    def face(self, name: str) -> Face:
        """Return what never changes of a node."""
        if (found := self._faces.get(name)) is None:
            found = self._faces[name] = Face(ident("node", name), segment(name), visible(name))
        return found

    async def items(self, look: str, nodes: Sequence[Node], scale: Scale) -> list[Item]:
        """Return these nodes in one look; others get their turn between some that have to be rendered and the next."""
        kept = self._items.setdefault((look, scale.name if look == "heat" else ""), Items())
        names = [self.face(node.name).id for node in nodes]
        async with self._rendering:
            outdated = set(kept.outdated(zip(names, self._made_from(look, nodes, scale), strict=True)))
            changed = [node for name, node in zip(names, nodes, strict=True) if name in outdated]
            for first in range(0, len(changed), _AT_ONCE[look]):
                if first:
                    await asyncio.sleep(0)
                self._render(kept, look, changed[first : first + _AT_ONCE[look]], scale)
            return kept.get(names)

    def forget(self) -> None:
        """Let go of nodes that are known no more."""
        known = {node.name for node in self._board.nodes}
        self._faces = {name: face for name, face in self._faces.items() if name in known}
        ids = {face.id for face in self._faces.values()}
        for kept in self._items.values():
            kept.keep_only(lambda item: item.id in ids)

    def _made_from(self, look: str, nodes: Sequence[Node], scale: Scale) -> list[Hashable]:
        """Return of which version of each node, with which badge, and for tiles of which scale it would be made."""
        top = scale.top if look == "heat" else 0.0
        fires, versions = self._badges.now, zip(nodes, self._board.versions(nodes), strict=True)
        return [(version, top, fires.of_node(node.name)) for node, version in versions]

    def _render(self, kept: Items, look: str, nodes: Sequence[Node], scale: Scale) -> None:
        faces = [self.face(node.name) for node in nodes]
        contents = self._rendered(look, faces, nodes, scale)
        made_from = self._made_from(look, nodes, scale)
        for face, origin, content in zip(faces, made_from, contents, strict=True):
            kept.put(face.id, origin, self.version, content)

    def _rendered(self, look: str, faces: Sequence[Face], nodes: Sequence[Node], scale: Scale) -> list[bytes]:
        lines, live, each = self._board.lines(nodes), self._live, self._templates.each
        badges = [self._badges.now.of_node(node.name) for node in nodes]
        if look == "heat":
            return each("node_tiles.html", tiles=zip(tiles(faces, nodes, lines, scale), badges, strict=True))
        if look == "table":
            return each("node_rows.html", rows=zip(rows(live, faces, nodes, lines, self._trends), badges, strict=True))
        return each("node_cards.html", cards=zip(cards(live, faces, nodes, lines, self._trends), badges, strict=True))
