"""Knows how a page marks what is generated: `<!-- generated: NAME -->`, the text, `<!-- end -->`."""

from __future__ import annotations

import re
from collections.abc import Callable

_BLOCK = re.compile(r"^<!-- generated: (?P<name>[^\n]+?) -->\n(?P<body>.*?)^<!-- end -->$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"^<!-- (?:generated: .*|end) -->$", re.MULTILINE)


def fill(page: str, make: Callable[[str], str]) -> str:
    """Return the page with every block made anew by its name; raises ValueError for a mark without its partner."""
    if len(_MARK.findall(page)) != 2 * len(_BLOCK.findall(page)):
        raise ValueError("a `<!-- generated: … -->` without its `<!-- end -->`, or the other way round")
    return _BLOCK.sub(lambda block: _block(block["name"], make(block["name"])), page)


def names(page: str) -> list[str]:
    """Return the names of a page's blocks, in order."""
    return [block["name"] for block in _BLOCK.finditer(page)]


def _block(name: str, text: str) -> str:
    return f"<!-- generated: {name} -->\n\n{text.strip()}\n\n<!-- end -->"
