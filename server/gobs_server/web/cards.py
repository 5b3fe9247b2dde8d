"""The nodes at a glance: one card each, rendered again only when its node has changed."""

from __future__ import annotations

from collections import Counter

from gobs_server.live import Node
from gobs_server.services import Services
from gobs_server.tags import Tags
from gobs_server.web.headlines import headlines
from gobs_server.web.rendering import Templates
from gobs_server.web.states import attention, meaning


class Cards:
    """The fragment of all nodes. Lives as long as the app; one copy is shared by all who look."""

    def __init__(self, services: Services, templates: Templates, tags: Tags) -> None:
        self._live = services.live
        self._troubles = services.troubles
        self._templates = templates
        self._tags = tags
        self._cards: dict[str, tuple[int, bytes]] = {}
        self._whole: tuple[str, bytes] = ("", b"")

    def tag(self) -> str:
        """Return the tag of what `content` would be now."""
        troubles = self._troubles()
        return self._tags.of(self._live.version, *troubles.items()) if troubles else self._tags.of(self._live.version)

    def content(self) -> bytes:
        """Return the fragment as it is now."""
        tag = self.tag()
        if self._whole[0] != tag:
            self._whole = (tag, self._render())
        return self._whole[1]

    def _render(self) -> bytes:
        nodes = self._live.nodes()
        states = Counter(node.state for node in nodes)
        parts = [
            self._templates.render("nodes_summary.html", count=len(nodes), states=states, troubles=self._troubles())
        ]
        parts.extend(map(self._card, nodes))
        parts.append(b"</ul>\n" if nodes else b"")
        return b"".join(parts)

    def _card(self, node: Node) -> bytes:
        kept = self._cards.get(node.name)
        if kept is None or kept[0] != node.version:
            content = self._templates.render(
                "card.html", node=node, values=headlines(node), meaning=meaning(node), attention=attention(node)
            )
            kept = self._cards[node.name] = (node.version, content)
        return kept[1]
