"""What the list of pods tells of each: its fields, and which columns of the tables of nodes they come from."""

from __future__ import annotations

from collections.abc import Mapping

from gobs_core import Unit
from gobs_server.web.lists import Field

POD, CONTAINER, DEVICES = "pod", "container", "container_io"
TEXTS = ("name", "namespace", "owner", "controller", "phase", "reason", "labels", "qos", "ips", "network", "started")
"""Info columns of `pod` that are kept of each."""
_PERCENT, _BYTES = Unit.PERCENT, Unit.BYTES


_COLUMNS = {
    "ready": "containers_ready",
    "wanted": "containers_wanted",
    "memory": "memory_working_set",
    "net_in": "receive_bytes",
    "net_out": "transmit_bytes",
    "disk_read": "read_bytes",
    "disk_write": "write_bytes",
}


def _number(name: str, label: str, unit: Unit = Unit.NONE, help_: str = "", *, rate: bool = False) -> Field:
    return Field(name, label, "number", unit, rate, help_)


MEASURED = (
    _number("ready", "ready", Unit.ITEMS, "Containers that are ready, of those there should be"),
    _number("wanted", "containers", Unit.ITEMS, "Containers there should be"),
    _number("restarts", "restarts", Unit.ITEMS, "Restarts of its containers"),
    _number("cpu", "CPU", _PERCENT, "CPU use, of one core: 150 is one and a half cores"),
    _number("cpu_of_request", "of request", _PERCENT, "CPU use, of what it is promised"),
    _number("cpu_of_limit", "of limit", _PERCENT, "CPU use, of what it may use at most"),
    _number("memory", "Memory", _BYTES, "Memory counted against its limit that the kernel would not give up easily"),
    _number("memory_of_request", "of request", _PERCENT, "Memory, of what it is promised"),
    _number("memory_of_limit", "of limit", _PERCENT, "Memory, of what it may use at most"),
    _number("memory_rss", "RSS", _BYTES, "Memory in RAM of all its processes; what they share counts for each"),
    _number(
        "net_in", "Net in", _BYTES, "Received; of pods in the node's own network it is part of the node's", rate=True
    ),
    _number(
        "net_out", "Net out", _BYTES, "Sent; of pods in the node's own network it is part of the node's", rate=True
    ),
    _number("disk_read", "Disk read", _BYTES, "Read from storage", rate=True),
    _number("disk_write", "Disk write", _BYTES, "Written to storage", rate=True),
    _number("processes", "processes", Unit.ITEMS, "Processes it has now"),
    _number("cpu_request", "CPU request", help_="Cores it is promised"),
    _number("cpu_limit", "CPU limit", help_="Cores it may use at most"),
    _number("memory_request", "memory request", _BYTES, "Memory it is promised"),
    _number("memory_limit", "memory limit", _BYTES, "Memory it may use at most"),
)
"""Numbers that come from its row in `pod`."""
THROTTLED = _number(
    "throttled", "throttled", _PERCENT, "Periods in which its CPU limit stopped it, of the container worst off"
)
AGE = _number("age", "age", Unit.SECONDS, "Time since the node took it up")
PROBLEMS = _number("problems", "problems", help_="Those that are not as they should be, then those near their limits")
FIELDS = (
    Field("pod", "pod", "key", help="Its name; its uid where no name is known"),
    Field("namespace", "namespace", "info", help="Its namespace"),
    Field("node", "node", "info", help="The node it is on"),
    Field("owner", "owner", "info", help="What made it in the end, KIND/NAME"),
    Field("status", "status", "info", help="As kubectl has it: why it is not as it should be, else its phase"),
    Field("health", "health", "info", help="ok, or unhealthy: failed, crashing, or not ready in time"),
    Field("controller", "controller", "info", help="What keeps it, KIND/NAME; often its owner"),
    Field("labels", "labels", "info", help="NAME=VALUE, each of which can be asked for"),
    Field("qos", "QoS", "info", help="Guaranteed, Burstable, BestEffort"),
    Field("ips", "addresses", "info", help="Its addresses"),
    Field("network", "network", "info", help="own, or host: then its traffic is part of the node's"),
    Field("uid", "uid", "info", help="What it is to the kernel and the cluster, for good"),
    *MEASURED,
    THROTTLED,
    AGE,
    PROBLEMS,
)
LOOKS: Mapping[str, tuple[int, int]] = {"table": (80, 500), "heat": (2000, 5000)}
"""Looks of the page of all pods -> how many items it is sent at first, and most at once."""
BY_NAME = {field.name: field for field in FIELDS}
PLACES = {field.name: place for place, field in enumerate((*MEASURED, THROTTLED))}
"""Where each number stands in a line of the board."""
SHOWN = (
    "pod", "namespace", "node", "owner", "status", "ready", "restarts", "cpu", "cpu_of_request", "cpu_of_limit",
    "throttled", "memory", "memory_of_request", "memory_of_limit", "net_in", "net_out", "disk_read", "disk_write",
    "processes", "age",
)  # fmt: skip
"""The fields a table of pods shows, in order."""
VALUES = tuple(name for name in SHOWN if name in PLACES and name != "ready")
"""Those of SHOWN that are numbers alone."""


def column_of(name: str) -> str:
    """Return the column of `pod` that a measured field comes from."""
    return _COLUMNS.get(name, name)
