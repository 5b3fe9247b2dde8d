"""What is kept of one table for all who look at it: what queries have made of its newest reading, and rows rendered."""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence

from gobs_server.web.lists import Frame, Item, Items
from gobs_server.web.rendering import Templates
from gobs_server.web.table.chosen import Chosen
from gobs_server.web.table.lines import lines, made_from

_QUERIES = 50
"""Different queries whose answers are kept at once."""
_LOOKS = 12
"""Different sets of columns, or of people who may see them, whose rows are kept at once."""
_ROWS = 4000
"""Rows kept of one look; above, those that nobody looks at now are let go."""
_generation = itertools.count()


class Face:
    """One table of one node. Whoever uses it holds its lock. Lives as long as somebody looks, about."""

    def __init__(self, templates: Templates) -> None:
        self.lock = asyncio.Lock()
        self._templates = templates
        self._chosen: dict[str, Chosen] = {}
        self._frames: dict[tuple[str, bool], Frame] = {}
        self._looks: OrderedDict[Hashable, Items] = OrderedDict()
        self._version = -1
        self._declared: object = None
        self._generation = next(_generation)

    def declared(self, layout: object) -> int:
        """Return a number that changes whenever the table is declared another way."""
        if layout is not self._declared:
            self._declared, self._generation = layout, next(_generation)
        return self._generation

    def chosen(self, view: str, version: int, choose: Callable[[], Chosen]) -> Chosen:
        """Return what a query makes of the table at a version, made once for all who ask the same."""
        if version != self._version or len(self._chosen) >= _QUERIES:
            self._version = version
            self._chosen.clear()
            self._frames.clear()
        if view not in self._chosen:
            self._chosen[view] = choose()
        return self._chosen[view]

    def frame(self, view: str, render: Callable[[], bytes], *, known: bool) -> Frame:
        """Return what stands around the rows; `known`: for a page that has what a query alone decides."""
        if (view, known) not in self._frames:
            self._frames[view, known] = Frame.of(render())
        return self._frames[view, known]

    def items(self, look: Hashable, version: int, chosen: Chosen, rows: Sequence[int]) -> list[Item]:
        """Return some rows as they are sent; those that look as they did are not rendered again."""
        kept = self._looks.setdefault(look, Items())
        self._looks.move_to_end(look)
        while len(self._looks) > _LOOKS:
            self._looks.popitem(last=False)
        names = [chosen.listing.id(row) for row in rows]
        origins = dict(zip(names, zip(rows, made_from(chosen, rows), strict=True), strict=True))
        outdated = kept.outdated((name, origin) for name, (_, origin) in origins.items())
        if outdated:
            some = lines(chosen, [origins[name][0] for name in outdated])
            contents = self._templates.each("table_rows.html", lines=some)
            for name, content in zip(outdated, contents, strict=True):
                kept.put(name, origins[name][1], version, content)
        if len(kept) > _ROWS:
            kept.keep_only(lambda item: item.id in origins)
        return kept.get(names)
