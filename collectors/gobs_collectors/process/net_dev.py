"""How /proc/PID/net/dev is written, and which interfaces of a pod count: no loopback, nothing that is counted twice."""

from __future__ import annotations

import re

from gobs_collectors.process.stat_file import LIMIT, Value
from gobs_core.parse import garbage

_INNER = re.compile(
    rb"(?:lo|(?:docker|virbr|cni|podman|nerdctl|flannel|dummy|ifb|tun|tunl|wg|gre|gretap|erspan|sit|ip6tnl|ip6gre|ip_vti|ip6_vti|lxcbr)"
    rb"\.?\d+|(?:br-|veth|cali|lxc|vxlan|kube-).*)"
)
"""Bridges and ports of containers within, tunnels: what goes through them goes through the way out as well."""


def parse_net_dev(raw: bytes) -> tuple[Value, ...]:
    """Bytes, packets, errors, drops, received and then sent, summed over the interfaces that lead out.

    Raises ParseError.
    """
    lines = raw.split(b"\n")
    if lines.pop() or len(lines) < 2 or b"|" not in lines[0] or b"|" not in lines[1]:
        raise garbage("net/dev", "two lines of headings and whole lines after them", raw)
    sums = [0] * 8
    for line in lines[2:]:
        name, separator, numbers = line.rpartition(b":")
        fields = numbers.split()
        if not separator or len(fields) != 16:
            raise garbage("net/dev", "an interface's name, ':' and 16 numbers", line)
        try:
            values = [int(field) for field in fields[:4] + fields[8:12]]
        except ValueError:
            raise garbage("net/dev", "16 numbers", line) from None
        if not _INNER.fullmatch(name.strip()):
            sums = [total + value for total, value in zip(sums, values, strict=True)]
    return tuple(value if 0 <= value < LIMIT else None for value in sums)
