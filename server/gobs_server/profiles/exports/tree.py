"""A profile as one tree: what flame graphs are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from gobs_core import Profile, ProfileThread, StackCount
from gobs_core.profile import FrameKind

DEEPEST = 600


class TreeNode(msgspec.Struct, kw_only=True):
    """One function as called from the one above it. `value` holds what its children have."""

    name: str
    value: int
    kind: FrameKind | None = None
    """None: of the root."""
    module: str = ""
    children: list[TreeNode] = []


def tree(profile: Profile, keep: Callable[[ProfileThread], bool] = lambda _: True) -> TreeNode:
    """The whole profile, or what the threads have that are to be kept, as a tree with its largest branches first."""
    own = self_values(profile, (count for count in profile.counts if keep(profile.threads[count.thread])))
    totals = list(own)
    for node in range(len(totals) - 1, -1, -1):
        if profile.parents[node] >= 0:
            totals[profile.parents[node]] += totals[node]
    root = TreeNode(name="all", value=sum(own), children=[])
    made: list[TreeNode | None] = []
    for node, parent in enumerate(profile.parents):
        above = root if parent < 0 else made[parent]
        if not totals[node] or above is None:
            made.append(None)
            continue
        frame = profile.frames[profile.functions[node]]
        here = TreeNode(name=frame.name, value=totals[node], kind=frame.kind, module=frame.module, children=[])
        made.append(here)
        above.children.append(here)
    for branch in (root, *filter(None, made)):
        branch.children.sort(key=lambda child: (-child.value, child.name))
    return root


def self_values(profile: Profile, counts: Iterable[StackCount]) -> list[int]:
    """Stack node -> samples taken in its own function."""
    own = [0] * len(profile.parents)
    for count in counts:
        own[count.stack] += count.samples
    return own
