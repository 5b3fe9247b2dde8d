"""The nodes at a glance: one card each, rendered again only when its node has changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import NamedTuple

from gobs_server.live import Node
from gobs_server.paths import segment
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web.headlines import Value, headlines
from gobs_server.web.rendering import Templates
from gobs_server.web.states import attention, meaning
from gobs_server.web.text import ident, visible

_NONE = (-1, b"")
_AT_ONCE = 25
_BETWEEN = b"\0"
"""Stands between two cards; nothing in a card can be it, for whatever is shown has been made visible."""


class Card(NamedTuple):
    """One node, ready to be shown."""

    id: str
    segment: str
    name: str
    node: Node
    values: list[Value]
    meaning: str
    attention: int


class Cards:
    """The fragment of all nodes. Lives as long as the app; one copy is shared by all who look."""

    def __init__(self, services: Services, templates: Templates, tags: Tags) -> None:
        self._live = services.live
        self._troubles = services.troubles
        self._templates = templates
        self._tags = tags
        self._cards: dict[str, tuple[int, bytes]] = {}
        self._faces: dict[str, tuple[str, str, str]] = {}
        self._rendering = asyncio.Lock()
        self._whole: tuple[str, bytes] = ("", b"")

    def tag(self) -> str:
        """Return the tag of what `content` would be now."""
        troubles = self._troubles()
        return self._tags.of(self._live.version, *troubles.items()) if troubles else self._tags.of(self._live.version)

    async def content(self) -> bytes:
        """Return the fragment as it is now; others get their turn between some cards and the next."""
        async with self._rendering:
            tag = self.tag()
            if self._whole[0] != tag:
                self._whole = (tag, await self._render())
            return self._whole[1]

    async def _render(self) -> bytes:
        nodes = self._live.nodes()
        states = Counter(node.state for node in nodes)
        summary = self._templates.render(
            "nodes_summary.html", count=len(nodes), states=states, troubles=self._troubles()
        )
        changed = [node for node in nodes if self._cards.get(node.name, _NONE)[0] != node.version]
        for first in range(0, len(changed), _AT_ONCE):
            self._renew(changed[first : first + _AT_ONCE])
            await asyncio.sleep(0)
        if len(self._cards) > len(nodes):
            self._forget({node.name for node in nodes})
        return b"".join([summary, *[self._cards[node.name][1] for node in nodes], b"</ul>\n" if nodes else b""])

    def _forget(self, known: set[str]) -> None:
        """Let go of the cards of nodes that are known no more."""
        for name in self._cards.keys() - known:
            del self._cards[name], self._faces[name]

    def _renew(self, nodes: list[Node]) -> None:
        """Render what has changed in one go: setting a template up costs as much as filling in a card."""
        made = self._templates.render("cards.html", cards=[self._card(node) for node in nodes])
        for node, content in zip(nodes, made.split(_BETWEEN), strict=True):
            self._cards[node.name] = (node.version, content)

    def _card(self, node: Node) -> Card:
        if (face := self._faces.get(node.name)) is None:
            face = self._faces[node.name] = (ident("card", node.name), segment(node.name), visible(node.name))
        return Card(*face, node, headlines(self._live, node), meaning(node), attention(node))
