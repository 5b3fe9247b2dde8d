"""What is known of a kind of process before it lives: its name, its needs and how it goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How one kind of process lives. Rates hold at a load of 1."""

    comm: str
    command: tuple[str, ...] = ()
    """Its arguments; none: a kernel thread."""
    cores: float = 0.002
    system: float = 0.25
    """The share of its CPU time that is the kernel's."""
    threads: int = 1
    memory: int = 8 * MIB
    library: int = 4 * MIB
    leak: float = 0.0
    """Bytes per second by which its memory grows."""
    limit: int = 0
    """Bytes at which the kernel ends it; 0: never."""
    reads: float = 0.0
    """Bytes per second from disk."""
    writes: float = 0.0
    """Bytes per second to disk."""
    wakes: float = 2.0
    """Voluntary context switches per second."""
    descriptors: int = 6
    descriptor_leak: float = 0.0
    """Descriptors per second that it forgets to close."""
    nice: int = 0
    realtime: int = 0
    uid: int = 0
    seccomp: int = 2
    lasts: tuple[float, float] | None = None
    """Seconds it lives, from and to; None: until it is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a container is promised and may use at most; None: nothing is said."""

    cpu_request: float | None = None
    """Cores."""
    cpu_limit: float | None = None
    memory_request: int | None = None
    """Bytes."""
    memory_limit: int | None = None


FREE = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """What a pod of one kind is made of."""

    name: str
    namespace: str = "default"
    containers: tuple[tuple[Habit, ...], ...]
    """The processes of each container; the first starts the others."""
    called: tuple[str, ...] = ()
    """The names of its containers; those that are missing are called as their first process."""
    bounds: tuple[Bounds, ...] = ()
    """Those of its containers, in order; nothing is said of those that are missing."""
    image: str = ""
    """Of its first container; empty: made from its name."""
    tier: str = "backend"
    """One of its labels."""
    init: str = ""
    """A container that runs to its end before the others; empty: none."""
    stuck: str = ""
    """Why none of its containers ever starts; empty: they do."""
    qos: str = "burstable"
    tide: float = 0.5
    burst: float = 0.0
    receives: float = 2_000.0
    """Bytes per second at a load of 1."""
    sends: float = 2_000.0
    host_network: bool = False
    tags: frozenset[str] = field(default_factory=frozenset)
