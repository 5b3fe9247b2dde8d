"""How simulated nodes are called, and the one place where their randomness begins."""

from __future__ import annotations

import random


def node_names(count: int) -> list[str]:
    """Return the names of a small cluster: one control plane, three from ten nodes on, and workers."""
    control = 0 if count < 2 else 1 if count < 10 else 3
    return [f"cp-{i + 1}" for i in range(control)] + [f"worker-{i + 1}" for i in range(count - control)]


def seeded(seed: int, name: str) -> random.Random:
    """Return the random numbers of one node: the same for the same seed and name, on every machine."""
    return random.Random(f"{seed}/{name}")  # noqa: S311  a model's dice, no secret


def hexadecimal(dice: random.Random, digits: int) -> str:
    """Return `digits` random lower-case hexadecimal digits, like a container's id."""
    return f"{dice.getrandbits(4 * digits):0{digits}x}"


def uid(dice: random.Random) -> str:
    """Return a random UUID, like a pod's uid."""
    h = hexadecimal(dice, 32)
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"
