"""/proc/net/dev of the host: what went through each network interface, and which of them count in a total."""

import os
import re
from collections.abc import Iterable, Iterator

from gobs_core import (
    Chart,
    Collector,
    NoData,
    Proc,
    Rows,
    RowValues,
    Table,
    Total,
    Unit,
    counter,
    hookimpl,
    info,
    key,
)
from gobs_core.parse import garbage, lines, numbers
from gobs_core.proc import text

_COUNTED = {
    "bytes": (Unit.BYTES, "Bytes"),
    "packets": (Unit.PACKETS, "Packets"),
    "errors": (Unit.EVENTS, "Packets with errors"),
    "drops": (Unit.EVENTS, "Packets dropped, for lack of room or because nobody wanted them"),
}
NET = Table(
    "net",
    "What went through each network interface",
    [
        key("interface", "Name of the interface; bytes that are not UTF-8 are written as \\xNN"),
        info(
            "kind",
            "physical: has a device of its own; only these count in a total. virtual: what goes through is counted on "
            "a physical one too, or never leaves the machine (bridge, bond, VLAN, veth, tunnel). loopback",
            source="/sys/class/net/INTERFACE/device",
        ),
        *(
            counter(f"{way}_{name}", f"{what}, {done}", unit, source="/proc/net/dev")
            for way, done in (("receive", "received"), ("transmit", "transmitted"))
            for name, (unit, what) in _COUNTED.items()
        ),
    ],
    total=Total("kind", frozenset({"physical"})),
    charts=[
        Chart("receive_bytes", "transmit_bytes", title="Network"),
        Chart("receive_bytes", title="Received by each interface", each=True),
        Chart("transmit_bytes", title="Transmitted by each interface", each=True),
        Chart("receive_errors", "receive_drops", "transmit_errors", "transmit_drops", title="Errors and drops"),
    ],
)
PHYSICAL, VIRTUAL, LOOPBACK = "physical", "virtual", "loopback"
_PHYSICAL_NAME = re.compile(
    r"(eth|em|ib|wlan|wwan|usb)\d+|en[aAbBcCdDoOpPsSvVxX][0-9a-zA-Z]+|(ib|sl|wl|ww)[bcopPsx][0-9a-zA-Z]+|p\d+p\d+"
)
_RECHECK = 12
"""Readings after which the kinds are looked up again: an interface may be given a master while it keeps its name."""


def parse_net_dev(raw: bytes) -> list[tuple[bytes, list[int | None]]]:
    """Return name and eight counters (bytes, packets, errors, drops; received, transmitted); raises ParseError."""
    found = []
    header, *rest = lines(raw, "net/dev")
    if not rest or b"|" not in header or b"|" not in rest[0]:
        raise garbage("net/dev", "two lines of headings", raw)
    for line in rest[1:]:
        name, _, counters = line.rpartition(b":")
        name = name.lstrip(b" ")
        fields = counters.split()
        if not name or b"/" in name or b"\0" in name or len(fields) != 16:
            raise garbage("net/dev", "an interface's name, ':' and 16 numbers", line)
        found.append((name, numbers(fields[:4] + fields[8:12], "net/dev", "16 numbers")))
    return found


def kind_by_name(name: str) -> str:
    """Guess an interface's kind where /sys cannot tell: physical only under the names that kernel and systemd give."""
    if name == "lo":
        return LOOPBACK
    return PHYSICAL if _PHYSICAL_NAME.fullmatch(name) else VIRTUAL


class NetCollector(Collector):
    """Reads /proc/1/net/dev, which is the host's; /proc/net is the reader's own namespace, in a pod the pod's."""

    name = "net"
    tables = (NET,)

    def open(self, proc: Proc) -> None:
        """Start without any kind known."""
        self._kinds: dict[bytes, str] = {}
        self._readings = 0

    def collect(self, proc: Proc) -> Iterator[Rows]:
        """Yield one row for each interface."""
        try:
            raw = proc.read("1/net/dev")
        except NoData:  # no pid 1 to be seen (hidepid, a container of its own): our namespace is the best there is
            raw = proc.read("net/dev")
        interfaces = dict(parse_net_dev(raw))
        if self._kinds.keys() != interfaces.keys() or self._readings % _RECHECK == 0:
            self._kinds = kinds(proc, interfaces)
        self._readings += 1
        yield NET.batch(_rows(interfaces, self._kinds))


def _rows(interfaces: dict[bytes, list[int | None]], kinds: dict[bytes, str]) -> list[RowValues]:
    return [(text(name), kinds[name], *counters) for name, counters in interfaces.items()]


def kinds(proc: Proc, names: Iterable[bytes]) -> dict[bytes, str]:
    """Return the kind of each interface, from /sys or by name where /sys is missing or another namespace's."""
    try:
        there = {os.fsencode(entry) for entry in proc.sys_names("class/net")}
    except NoData:
        there = set()
    if not there.issuperset(names):
        return {name: kind_by_name(text(name)) for name in names}
    return {name: _kind(proc, os.fsdecode(name)) for name in names}


def _kind(proc: Proc, name: str) -> str:
    if name == "lo":
        return LOOPBACK
    entries = _entries(proc, name)
    if "device" not in entries:
        return VIRTUAL
    # On Azure a virtual function lies under a paravirtual device that counts the bytes of both.
    above = [entry.removeprefix("upper_") for entry in entries if entry.startswith("upper_")]
    return VIRTUAL if any("device" in _entries(proc, upper) for upper in above) else PHYSICAL


def _entries(proc: Proc, name: str) -> list[str]:
    try:
        return proc.sys_names(f"class/net/{name}")
    except NoData:
        return []


@hookimpl
def gobs_register_collectors() -> list[type[Collector]]:
    """Announce the collector."""
    return [NetCollector]
