"""Rows and tiles of pods, and rows of groups, as they are sent: rendered once for all who look, when they changed."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence

from gobs_server.live import Live
from gobs_server.reasons import reasons
from gobs_server.web.badges import Badge, Badges
from gobs_server.web.cluster.heat import Scale
from gobs_server.web.lists import Item, Items, Sheet
from gobs_server.web.pods.board import Board, Part
from gobs_server.web.pods.columns import POD
from gobs_server.web.pods.sheet import PodSheet
from gobs_server.web.pods.shown import Shown, group, shown
from gobs_server.web.rendering import Templates
from gobs_server.web.text import ident

_AT_ONCE = {"table": 40, "heat": 250}
"""Items rendered before others get their turn; some milliseconds' worth."""
_MOST = 6000
"""Items of one look that are kept; above, those that nobody looks at now are let go."""


class Faces:
    """The items of the list of pods, in each of its looks. Lives as long as the app."""

    def __init__(self, live: Live, templates: Templates, board: Board, badges: Badges) -> None:
        self._live = live
        self._templates = templates
        self._board = board
        self._badges = badges
        self._items: dict[tuple[str, str], Items] = {}
        self._rendering = asyncio.Lock()

    @property
    def version(self) -> int:
        """Raised whenever an item may be another one."""
        return self._board.version + self._badges.version

    async def items(self, look: str, sheet: PodSheet, rows: Sequence[int], scale: Scale) -> list[Item]:
        """Return these pods in one look; others get their turn between some that have to be rendered and the next."""
        kept = self._items.setdefault((look, scale.name if look == "heat" else ""), Items())
        where, health = sheet.where(), sheet.texts("health")
        some = {ident(POD, where[row][0].node, where[row][0].uids[where[row][1]]): row for row in rows}
        async with self._rendering:
            fires = {name: self._badge(where[row]) for name, row in some.items()}
            origins = {name: _made_from(where[row][0], health[row], scale, fires[name]) for name, row in some.items()}
            outdated = kept.outdated(origins.items())
            for first in range(0, len(outdated), _AT_ONCE[look]):
                if first:
                    await asyncio.sleep(0)
                names = outdated[first : first + _AT_ONCE[look]]
                pods = [(self._shown(name, sheet, where[some[name]], some[name], scale), fires[name]) for name in names]
                contents = self._templates.each(f"pod_{look}.html", pods=pods, label=scale.label, moments={})
                for name, content in zip(names, contents, strict=True):
                    kept.put(name, origins[name], self.version, content)
            found = kept.get(list(some))
            if len(kept) > _MOST:
                kept.keep_only(lambda item: item.id in some)
            return found

    def groups(self, kind: str, sheet: Sheet, rows: Sequence[int]) -> list[Item]:
        """Return rows of groups; there are few, and each frame changes all of them."""
        kept = self._items.setdefault(("groups", kind), Items())
        texts = sheet.texts("group")
        names = [group_id(kind, texts[row]) for row in rows]
        lines = [group(name, kind, sheet, row) for name, row in zip(names, rows, strict=True)]
        contents = self._templates.each("pod_groups.html", groups=lines, moments={})
        for name, content in zip(names, contents, strict=True):
            kept.put(name, None, self.version, content)
        found, wanted = kept.get(names), set(names)
        kept.keep_only(lambda item: item.id in wanted)
        return found

    def _badge(self, where: tuple[Part, int]) -> Badge | None:
        part, place = where
        return self._badges.now.of_pod(part.node, part.uids[place])

    def _shown(self, name: str, sheet: PodSheet, where: tuple[Part, int], row: int, scale: Scale) -> Shown:
        node = self._live.node(where[0].node)
        return shown(name, sheet, where, row, {} if node is None else reasons(node, POD), scale)


def group_id(kind: str, text: str | None) -> str:
    """The id of the element of a group of pods that have this text."""
    return ident("group", kind, text or "", str(text is None))


def _made_from(part: Part, health: str | None, scale: Scale, badge: Badge | None) -> Hashable:
    return part.made_from, health, scale.top, badge
