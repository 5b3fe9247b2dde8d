"""What an inventory tells of a workload and its containers: plain values, any of which may be unknown.

Names, labels and images are given by strangers: text, never code, and of any length until a collector cuts it.
"""

from __future__ import annotations

import msgspec


class ContainerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One container of a workload. A text that is empty and a number that is None are not known."""

    name: str
    id: str = ""
    """As control groups name it; empty for one that has not run yet."""
    role: str = "container"
    """`container`, `init` (runs to its end before the others), `sidecar` (init that stays), `ephemeral` (to debug)."""
    image: str = ""
    state: str = ""
    """`running`, `waiting`, `terminated`."""
    reason: str = ""
    """Why it waits or ended, e.g. `CrashLoopBackOff`."""
    ready: bool | None = None
    restarts: int | None = None
    last_reason: str = ""
    """Why it ended the time before, e.g. `OOMKilled`."""
    last_exit_code: int | None = None
    cpu_request: float | None = None
    """Cores it is promised."""
    cpu_limit: float | None = None
    """Cores it may use at most."""
    memory_request: int | None = None
    """Bytes it is promised."""
    memory_limit: int | None = None
    """Bytes it may use at most."""
    resources: str = ""
    """All requests and limits as they were written, e.g. `cpu=100m/1 memory=-/128Mi`."""


class WorkloadInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One workload of this node. A text that is empty and a number that is None are not known."""

    id: str
    """What `Workload.id` says of its processes; permanent."""
    name: str
    kind: str = "pod"
    namespace: str = ""
    owner: str = ""
    """What made it in the end, `KIND/NAME`, e.g. `Deployment/web`."""
    controller: str = ""
    """What keeps it, `KIND/NAME`, e.g. `ReplicaSet/web-5d4f8c7b9`; often the same."""
    labels: dict[str, str] = {}
    phase: str = ""
    """`Pending`, `Running`, `Succeeded`, `Failed`."""
    reason: str = ""
    """Why it is not as it should be, e.g. `Evicted`, `CrashLoopBackOff`, `Terminating`."""
    qos: str = ""
    ips: tuple[str, ...] = ()
    started: str = ""
    """When it was taken up by the node, RFC 3339."""
    host_network: bool | None = None
    """Whether it lives in the node's own network: its traffic is the node's."""
    cpu_request: float | None = None
    """Cores it is promised, over all its containers."""
    cpu_limit: float | None = None
    memory_request: int | None = None
    """Bytes it is promised, over all its containers."""
    memory_limit: int | None = None
    containers: tuple[ContainerInfo, ...] = ()

    def container(self, identity: str) -> ContainerInfo | None:
        """The container with that id."""
        return next((one for one in self.containers if one.id == identity), None) if identity else None
