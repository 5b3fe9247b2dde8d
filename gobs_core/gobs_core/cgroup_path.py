"""The only module that knows how container engines and systemd name control groups.

Told from the bytes of /proc/PID/cgroup alone, for version 1, version 2 and hybrid, seen from the host or from within a
control group namespace of our own (`/../../…`).

Whoever has a control group delegated, as every user has below `user@UID.service`, names what is in it at will, with any
byte but a newline and a slash. So nothing below there is taken for a pod, and for a container only what its engine
makes there.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gobs_core.proc import text

_POD_UID = r"([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})"
_POD_SLICE = re.compile(rf"(?:.*-)?kubepods(?:-besteffort|-burstable|-guaranteed)?-pod{_POD_UID}\.slice")
_POD_FOLDER = re.compile(rf"pod{_POD_UID}")
_CONTAINER = re.compile(r"(?:([a-z][a-z0-9_.-]*)-)?([0-9a-f]{64})(?:\.scope)?")
_LXC = re.compile(r"lxc\.payload\.(.+)")
_UNIT = re.compile(r".+\.(?:service|scope|socket|mount|swap)")
_USER_MANAGER = re.compile(r"user@[0-9]+\.service")
_ROOTLESS = re.compile(r"(libpod|docker|nerdctl)-([0-9a-f]{64})(?:\.scope)?")
"""What engines make below a user's manager. Of a cluster in such a container the node is told, not the pods."""
_MONITORS = ("crio-conmon", "libpod-conmon")
_RUNTIMES = {
    "cri-containerd": "containerd",
    "nerdctl": "containerd",
    "default": "containerd",
    "crio": "cri-o",
    "crio-conmon": "cri-o",
    "docker": "docker",
    "docker-ce": "docker",
    "libpod": "podman",
    "libpod_parent": "podman",
}
"""What a prefix of a scope or the folder around a container says about who made it."""


class Place(NamedTuple):
    """Where a process is, as far as names of control groups tell; what they do not tell is empty."""

    pod: str = ""
    """The pod's uid, with dashes; of a static pod the 32 hex digits that are its uid."""
    container: str = ""
    """Its id, which of LXC is `lxc/NAME`."""
    runtime: str = ""
    unit: str = ""
    """The systemd unit; of a unit of a user's manager `user@1000.service/NAME`."""


def paths(cgroup: bytes) -> list[str]:
    """The paths in a /proc/PID/cgroup, the most telling first: version 2, systemd's own, then each controller's."""
    found: list[tuple[int, str]] = []
    for line in cgroup.split(b"\n"):
        hierarchy, _, rest = line.partition(b":")
        controllers, separator, path = rest.partition(b":")
        if separator and path.startswith(b"/"):
            rank = 0 if hierarchy == b"0" else 1 if controllers == b"name=systemd" else 2
            found.append((rank, text(path).removesuffix(" (deleted)")))
    found.sort(key=lambda item: item[0])
    return [path for _, path in found]


def place(cgroup: bytes) -> Place:
    """The deepest container or pod in any of the paths, else the systemd unit, else nothing. Never raises."""
    unit = ""
    for path in paths(cgroup):
        found = _container(path)
        if found.container or found.pod:
            return found
        unit = unit or _unit(path)
    return Place(unit=unit)


def placed(path: str) -> Place:
    """What one path tells of a pod and a container; units are left out. Never raises."""
    return _container(path)


def unified_path(cgroup: bytes) -> str:
    """The path in the version 2 hierarchy; empty without one."""
    for line in cgroup.split(b"\n"):
        if line.startswith(b"0::/"):
            return text(line[3:])
    return ""


def _container(path: str) -> Place:
    pod = container = runtime = parent = ""
    inside = users = False
    for part in _parts(path):
        users = users or bool(_USER_MANAGER.fullmatch(part))
        if users:
            if not container and (made := _ROOTLESS.fullmatch(part)):
                container, runtime = made[2], _RUNTIMES[made[1]]
        elif match := _POD_SLICE.fullmatch(part) or (inside and _POD_FOLDER.fullmatch(part)):
            pod, container, runtime = match[1].replace("_", "-"), "", ""
        elif match := _CONTAINER.fullmatch(part):
            maker = match[1] or parent
            runtime = _RUNTIMES.get(maker, match[1] or "")
            if match[1] not in _MONITORS:
                container = match[2]
        elif match := _LXC.fullmatch(part):
            container, runtime = f"lxc/{match[1]}", "lxc"
        elif parent == "lxc":
            container, runtime = f"lxc/{part}", "lxc"
        inside = inside or part == "kubepods" or part.endswith(("kubepods.slice", "-kubepods"))
        parent = part
    return Place(pod, container, runtime) if pod or container else Place()


def _parts(path: str) -> list[str]:
    """The folders of a path; a runtime told the wrong driver writes `SLICE:PREFIX:ID` as one."""
    parts: list[str] = []
    for part in path.split("/"):
        if ".slice:" in part:
            outer, _, inner = part.partition(":")
            parts += [outer, inner.replace(":", "-")]
        elif part:
            parts.append(part)
    return parts


def _unit(path: str) -> str:
    """The outermost unit: what is below it was made by the unit itself. A user's manager is looked into."""
    manager = ""
    for part in path.split("/"):
        if not _UNIT.fullmatch(part):
            continue
        if manager:
            return manager if part == "init.scope" else f"{manager}/{part}"
        if not _USER_MANAGER.fullmatch(part):
            return part
        manager = part
    return manager
