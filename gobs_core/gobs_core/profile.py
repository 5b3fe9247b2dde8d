"""A profile: how often each stack was seen, in which thread, with what could not be named and why.

Stacks are a tree: a node is a function called from the node above it, so that what stacks share is kept once. The
whole is a plain value that travels as JSON and is kept compressed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import msgspec

FrameKind = Literal["kernel", "user", "jit", "python", "unknown"]
"""kernel: the kernel's; user: machine code of a program or library; jit: code made while running; python: a function of
Python; unknown: nobody could name it."""
CallGraph = Literal["fp", "dwarf"]
"""How callers are found: by frame pointers, or by the debugging information of each program (dear)."""

MAX_NAME = 512
MAX_FRAMES = 1_000_000
"""Functions, stack nodes and counts a profile may have of each."""


class StackFrame(msgspec.Struct, frozen=True, array_like=True):
    """One function. All texts are strangers'."""

    name: str
    module: str = ""
    """The file it is in, or what stands for one: `[kernel]`."""
    kind: FrameKind = "user"


class ProfileThread(msgspec.Struct, frozen=True, array_like=True):
    """Whose stacks were seen."""

    pid: int
    tid: int
    process: str = ""
    """The process's name; empty where it was gone before anybody asked."""
    name: str = ""
    """The thread's own."""


class StackCount(NamedTuple):
    """How often one stack was seen in one thread."""

    thread: int
    """Its place in `Profile.threads`."""
    stack: int
    """Its innermost node's place in `Profile.parents` and `Profile.functions`."""
    samples: int


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording found. A value."""

    profiler: str
    event: str
    """What each sample stands for: `cycles`, `cpu-clock`, `wall`."""
    frequency: int
    """Samples asked for in a second of CPU time."""
    started: float
    """Seconds since 1970, by the node's clock."""
    duration: float
    """Seconds it really took."""
    frames: list[StackFrame]
    parents: list[int]
    """Stack node -> the node of its caller, which comes before it; -1: it has none."""
    functions: list[int]
    """Stack node -> its function's place in `frames`."""
    threads: list[ProfileThread]
    counts: list[StackCount]
    samples: int
    """The sum of all counts."""
    lost: int = 0
    """Samples the kernel had to drop."""
    call_graph: CallGraph = "fp"
    notes: list[str] = []
    """What could not be named and why, in sentences."""


class Stacks:
    """Collects stacks into a Profile. Not thread-safe."""

    def __init__(self) -> None:
        self.frames: list[StackFrame] = []
        self.parents: list[int] = []
        self.functions: list[int] = []
        self.samples = 0
        self._frames: dict[StackFrame, int] = {}
        self._nodes: dict[tuple[int, int], int] = {}
        self._counts: dict[tuple[int, int, int], int] = {}

    @property
    def full(self) -> bool:
        """Whether it has as much as a profile may have; what is added from now on counts for the nearest caller."""
        return len(self.parents) >= MAX_FRAMES

    def frame(self, frame: StackFrame) -> int:
        """The number of a function."""
        known = self._frames.get(frame)
        if known is None:
            known = self._frames[frame] = len(self.frames)
            self.frames.append(frame)
        return known

    def add(self, pid: int, tid: int, stack: Iterable[int], count: int = 1) -> None:
        """Count a stack of functions' numbers, outermost first."""
        self.count(pid, tid, self.place(stack), count)

    def place(self, stack: Iterable[int], node: int = -1) -> int:
        """The innermost node of a stack of functions' numbers, outermost first, below a node; -1: there is none."""
        for function in stack:
            below = self._nodes.get((node, function))
            if below is None:
                if self.full:
                    break
                below = self._nodes[node, function] = len(self.parents)
                self.parents.append(node)
                self.functions.append(function)
            node = below
        return node

    def count(self, pid: int, tid: int, node: int, count: int = 1) -> None:
        """Count a stack by its innermost node, as `place` gave it; none for -1."""
        if node >= 0:
            key = (pid, tid, node)
            self._counts[key] = self._counts.get(key, 0) + count
            self.samples += count

    def threads(self) -> list[tuple[int, int]]:
        """(pid, tid) of every thread seen, sorted."""
        return sorted({(pid, tid) for pid, tid, _ in self._counts})

    def counts(self, threads: Iterable[tuple[int, int]]) -> list[StackCount]:
        """The counts, by thread and stack; `threads` in the order they have in the profile."""
        places = {thread: place for place, thread in enumerate(threads)}
        return [StackCount(places[pid, tid], node, count) for (pid, tid, node), count in sorted(self._counts.items())]


def stack_of(profile: Profile, node: int) -> list[StackFrame]:
    """The functions of one stack, outermost first."""
    found = []
    while node >= 0:
        found.append(profile.frames[profile.functions[node]])
        node = profile.parents[node]
    return found[::-1]


def check_profile(profile: Profile) -> None:
    """Raise ValueError, naming the place, for a profile whose numbers do not fit together."""
    nodes, frames, threads = len(profile.parents), len(profile.frames), len(profile.threads)
    if nodes != len(profile.functions):
        raise ValueError(f"{nodes} parents, but {len(profile.functions)} functions")
    if max(nodes, frames, threads, len(profile.counts)) > MAX_FRAMES:
        raise ValueError(f"more than {MAX_FRAMES} of something")
    for place, fault in _faults(profile, nodes, frames, threads):
        raise ValueError(f"{place}: {fault}")


def _faults(profile: Profile, nodes: int, frames: int, threads: int) -> Iterator[tuple[str, str]]:
    for node, parent in enumerate(profile.parents):
        if not -1 <= parent < node:
            yield f"parents[{node}]", "a caller comes before what it calls"
    for node, function in enumerate(profile.functions):
        if not 0 <= function < frames:
            yield f"functions[{node}]", "no such frame"
    for place, count in enumerate(profile.counts):
        if not (0 <= count.thread < threads and 0 <= count.stack < nodes and count.samples > 0):
            yield f"counts[{place}]", "no such thread or stack, or a count that is not positive"
    if sum(count.samples for count in profile.counts) != profile.samples:
        yield "samples", "not the sum of all counts"
