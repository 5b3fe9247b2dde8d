"""A profile as one picture that needs nothing else: an icicle graph with a tooltip on each function, no script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from gobs_core import Profile
from gobs_server.profiles.exports.tree import DEEPEST, TreeNode, tree

WIDTH, ROW, FONT = 1200.0, 17, 12
_THINNEST = 0.3
"""Pixels below which a function is left out."""
_LETTER = 0.6 * FONT
_FORBIDDEN = re.compile("[\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_COLOURS = {"kernel": "#e0875a", "user": "#e0b35a", "jit": "#7fb069", "python": "#5aa0e0", "unknown": "#9aa0a6"}


class _Box(NamedTuple):
    node: TreeNode
    left: float
    depth: int
    width: float


def svg(profile: Profile, title: str) -> bytes:
    """The picture."""
    root = tree(profile)
    boxes = list(_boxes(root))
    height = (max((box.depth for box in boxes), default=0) + 3) * ROW
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:.0f}" height="{height}" '
        f'viewBox="0 0 {WIDTH:.0f} {height}" font-family="monospace" font-size="{FONT}">'
    )
    lines = [
        head,
        f"<title>{_text(title)}</title>",
        f'<rect width="100%" height="100%" fill="#ffffff"/><text x="4" y="{ROW - 4}">{_text(title)}</text>',
        *(_drawn(box, root.value) for box in boxes),
        "</svg>\n",
    ]
    return "\n".join(lines).encode("utf-8", "replace")


def _boxes(root: TreeNode) -> Iterator[_Box]:
    waiting = [_Box(root, 0.0, 0, WIDTH)]
    while waiting:
        box = waiting.pop()
        yield box
        left = box.left
        if box.depth >= DEEPEST or not root.value:
            continue
        for child in box.node.children:
            width = WIDTH * child.value / root.value
            if width >= _THINNEST:
                waiting.append(_Box(child, left, box.depth + 1, width))
            left += width


def _drawn(box: _Box, total: int) -> str:
    node, top = box.node, (box.depth + 1) * ROW + 4
    share = 100 * node.value / total if total else 0
    module = f" in {node.module}" if node.module else ""
    told = f"{node.name}{module}: {node.value:,} samples, {share:.2f} %"
    letters = int((box.width - 6) / _LETTER)
    label = node.name if len(node.name) <= letters else f"{node.name[: letters - 1]}…"
    written = f'<text x="{box.left + 3:.1f}" y="{top + ROW - 5}">{_text(label)}</text>' if letters > 2 else ""
    colour = _COLOURS.get(node.kind or "", "#d0d4d9")
    rect = f'<rect x="{box.left:.1f}" y="{top}" width="{box.width:.1f}" height="{ROW - 1}" fill="{colour}" rx="1"/>'
    return f"<g><title>{_text(told)}</title>{rect}{written}</g>"


def _text(text: str) -> str:
    """Text as XML takes it: characters it does not allow are replaced."""
    return escape(_FORBIDDEN.sub("\ufffd", text))
