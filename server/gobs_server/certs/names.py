"""What a certificate calls its owner: the names of a server, and the one node an agent may speak for."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import quote, unquote, urlsplit

TRUST_DOMAIN = "gobservability"
_NODE = "/node/"
_ELSEWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))
"""Addresses that lead out of any machine; nothing is sent to them."""


def node_uri(node: str) -> str:
    """The URI that says of a certificate which node its owner is."""
    return f"spiffe://{TRUST_DOMAIN}{_NODE}{quote(node, safe='')}"


def node_of(uris: Iterable[str], common_name: str) -> str:
    """The node a certificate is for: the one in a URI `spiffe://…/node/NAME`, else its common name; empty for none.

    The authority is trusted whatever trust domain it writes. A certificate that names two nodes names none.
    """
    named = {unquote(path.rpartition(_NODE)[2]) for path in map(_path, uris) if _NODE in path}
    if named:
        return named.pop() if len(named) == 1 else ""
    return common_name


def own_names(host: str) -> list[str]:
    """What agents may call a server that listens on `host`, as far as this machine can tell."""
    names = ["localhost", "127.0.0.1", "::1", socket.gethostname(), socket.getfqdn()]
    if not is_any(host):
        return list(dict.fromkeys([host, *names]))
    for there, family in _ELSEWHERE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((there, 9))
            names.append(probe.getsockname()[0])
    return list(dict.fromkeys(name for name in names if name))


def is_any(host: str) -> bool:
    """Whether a server that listens there listens on every address of its machine."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _path(uri: str) -> str:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    return parts.path if parts.scheme == "spiffe" else ""
