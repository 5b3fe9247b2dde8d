"""A profile as folded stacks: `process;outermost;…;innermost COUNT`, a line for each, as flamegraph.pl reads them."""

from __future__ import annotations

from collections import Counter

from gobs_core import Profile
from gobs_core.profile import stack_of


def folded(profile: Profile) -> bytes:
    """All stacks, sorted. A semicolon or a line's end inside a name would be read as a boundary, and is replaced."""
    found: Counter[str] = Counter()
    for count in profile.counts:
        thread = profile.threads[count.thread]
        names = [thread.process or f"pid {thread.pid}"]
        names += [
            f"{frame.name}_[k]" if frame.kind == "kernel" else frame.name for frame in stack_of(profile, count.stack)
        ]
        found[";".join(map(_plain, names))] += count.samples
    return "".join(f"{stack} {samples}\n" for stack, samples in sorted(found.items())).encode("utf-8", "replace")


def _plain(name: str) -> str:
    return " ".join(name.replace(";", ":").split()) or "-"
