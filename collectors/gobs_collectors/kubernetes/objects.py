"""What is read of the objects of the Kubernetes API; every other field is passed over without being made.

Own small structs, because the official client's models cost as much memory as the whole agent.
"""

from __future__ import annotations

import msgspec

Raw = msgspec.Raw


class _Object(msgspec.Struct, rename="camel", frozen=True):
    """Unknown fields are passed over; a field that is not there has its default."""


class OwnerReference(_Object, frozen=True):
    """Who made an object."""

    kind: str
    name: str
    controller: bool | None = None


class Annotations(
    msgspec.Struct,
    frozen=True,
    rename={"mirror": "kubernetes.io/config.mirror", "config_hash": "kubernetes.io/config.hash"},
):
    """The two that say which static pod of the kubelet a mirror pod stands for; users' own are not even read."""

    mirror: str | None = None
    config_hash: str | None = None


class Metadata(_Object, frozen=True):
    """What every object has."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    labels: dict[str, str] | None = None
    annotations: Annotations | None = None
    owner_references: tuple[OwnerReference, ...] | None = None
    deletion_timestamp: str | None = None


Quantities = dict[str, str | int | float]


class Resources(_Object, frozen=True):
    """Requests and limits, as written."""

    requests: Quantities | None = None
    limits: Quantities | None = None


class ContainerSpec(_Object, frozen=True):
    """A container as it is wanted."""

    name: str
    image: str = ""
    resources: Resources | None = None
    restart_policy: str | None = None


class PodSpec(_Object, frozen=True):
    """A pod as it is wanted."""

    node_name: str = ""
    host_network: bool | None = None
    containers: tuple[ContainerSpec, ...] | None = None
    init_containers: tuple[ContainerSpec, ...] | None = None
    ephemeral_containers: tuple[ContainerSpec, ...] | None = None
    overhead: Quantities | None = None
    resources: Resources | None = None


class Running(_Object, frozen=True):
    """That a container runs."""


class Waiting(_Object, frozen=True):
    """Why a container does not run yet."""

    reason: str | None = None


class Terminated(_Object, frozen=True):
    """How a container ended."""

    reason: str | None = None
    exit_code: int | None = None


class ContainerState(_Object, frozen=True):
    """One of the three is there."""

    running: Running | None = None
    waiting: Waiting | None = None
    terminated: Terminated | None = None


class ContainerStatus(_Object, frozen=True):
    """A container as it is."""

    name: str
    container_id: str | None = msgspec.field(name="containerID", default=None)
    ready: bool | None = None
    restart_count: int | None = None
    state: ContainerState | None = None
    last_state: ContainerState | None = None


class PodIP(_Object, frozen=True):
    """One address."""

    ip: str | None = None


class PodStatus(_Object, frozen=True):
    """A pod as it is."""

    phase: str | None = None
    reason: str | None = None
    qos_class: str | None = None
    start_time: str | None = None
    pod_ip: str | None = msgspec.field(name="podIP", default=None)
    pod_ips: tuple[PodIP, ...] | None = msgspec.field(name="podIPs", default=None)
    container_statuses: tuple[ContainerStatus, ...] | None = None
    init_container_statuses: tuple[ContainerStatus, ...] | None = None
    ephemeral_container_statuses: tuple[ContainerStatus, ...] | None = None


class Pod(_Object, frozen=True):
    """One pod."""

    metadata: Metadata
    spec: PodSpec | None = None
    status: PodStatus | None = None


class ListMetadata(_Object, frozen=True):
    """Where a list stands, and how to go on with it."""

    resource_version: str = ""
    continue_: str | None = msgspec.field(name="continue", default=None)


class Page(_Object, frozen=True):
    """One page of a list; each item is decoded in a try of its own."""

    metadata: ListMetadata
    items: tuple[Raw, ...] | None = None


class Event(_Object, frozen=True):
    """One event of a watch."""

    type: str
    object: Raw


class Marked(_Object, frozen=True):
    """Of any object, its metadata."""

    metadata: Metadata


class Status(_Object, frozen=True):
    """How the API says no."""

    code: int | None = None
    reason: str | None = None
    message: str | None = None
