"""A profile in speedscope's own format: one "sampled" profile for each thread."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from gobs_core import Profile, StackCount

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
"""What the format asks every file to name; nothing is fetched from there."""


def speedscope(profile: Profile, name: str) -> bytes:
    """The file's content as JSON."""
    by_thread: dict[int, list[StackCount]] = defaultdict(list)
    for count in profile.counts:
        by_thread[count.thread].append(count)
    stacks = _stacks(profile)
    return msgspec.json.encode(
        {
            "$schema": SCHEMA,
            "exporter": "gobservability",
            "name": name,
            "activeProfileIndex": 0,
            "shared": {
                "frames": [
                    {"name": frame.name, **({"file": frame.module} if frame.module else {})} for frame in profile.frames
                ]
            },
            "profiles": [
                {
                    "type": "sampled",
                    "name": _title(profile, thread),
                    "unit": "none",
                    "startValue": 0,
                    "endValue": sum(count.samples for count in counts),
                    "samples": [stacks[count.stack] for count in counts],
                    "weights": [count.samples for count in counts],
                }
                for thread, counts in sorted(by_thread.items())
            ],
        }
    )


def _stacks(profile: Profile) -> list[list[int]]:
    """Stack node -> the numbers of its functions, outermost first."""
    found: list[list[int]] = []
    for parent, function in zip(profile.parents, profile.functions, strict=True):
        found.append([*(found[parent] if parent >= 0 else ()), function])
    return found


def _title(profile: Profile, place: int) -> str:
    thread = profile.threads[place]
    return f"{thread.process or 'pid'} {thread.pid} / {thread.name or 'tid'} {thread.tid}"
