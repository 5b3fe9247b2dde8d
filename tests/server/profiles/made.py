"""Profiles made by hand or by chance."""

from __future__ import annotations

import random

from gobs_core import Profile, ProfileThread, StackFrame, Stacks

Stack = tuple[str, ...]


def profile(stacks: dict[tuple[int, int, Stack], int], *, kinds: dict[str, str] | None = None) -> Profile:
    """A profile of stacks: (pid, tid, names outermost first) -> samples."""
    found = Stacks()
    for (pid, tid, names), samples in stacks.items():
        frames = [StackFrame(name, "/bin/app", (kinds or {}).get(name, "user")) for name in names]  # type: ignore[arg-type]
        found.add(pid, tid, [found.frame(frame) for frame in frames], samples)
    threads = found.threads()
    return Profile(
        profiler="perf",
        event="cycles",
        frequency=99,
        started=1_700_000_000.0,
        duration=30.0,
        frames=found.frames,
        parents=found.parents,
        functions=found.functions,
        threads=[ProfileThread(pid, tid, f"process {pid}", f"thread {tid}") for pid, tid in threads],
        counts=found.counts(threads),
        samples=found.samples,
        notes=["a note"],
    )


NAMES = ("main", "a;b", "c d", "<script>", "\u00e9\n")


def chance(seed: int, stacks: int = 200) -> Profile:
    """A profile of random stacks."""
    dice = random.Random(seed)
    made: dict[tuple[int, int, Stack], int] = {}
    for _ in range(stacks):
        names = tuple(dice.choices(NAMES, k=dice.randint(1, 12)))
        made[dice.choice((1, 2)), dice.choice((1, 2, 3)), names] = dice.randint(1, 9)
    return profile(made, kinds={"c d": "kernel"})
