"""The settings of the sink `grpc`, and which of them fit together."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, NamedTuple

import msgspec

from gobs_core import Duration, Secret, SinkConfig, Size
from gobs_proto.limits import JOIN_PREFIX

_DIGEST = r"[A-Za-z0-9_-]{43}"
_JOIN = re.compile(
    rf"{re.escape(JOIN_PREFIX)}(?P<id>[a-z0-9]{{8}})\.(?P<secret>{_DIGEST})(\.(?P<fingerprint>{_DIGEST}))?"
)


class GrpcConfig(SinkConfig, frozen=True, kw_only=True):
    """Settings under `[sinks.grpc]`. Raises ValueError, naming the setting, where they do not fit together."""

    server: str = "127.0.0.1:9090"
    """HOST:PORT of the server's gRPC port; an IPv6 address in brackets."""
    token: Secret = Secret()
    """The token that all agents of the server share; from a file with `token_file`."""
    join: Secret = Secret()
    """A one-time join token of the server (`gobs join create`), exchanged for a credential of this node alone; from a
    file with `join_file`."""
    state: str = ""
    """Folder for the credential; the XDG state folder unless set."""
    account_token_file: str = ""
    """File with the token of the pod's service account, read at every connection: Kubernetes renews it in place."""
    tls: bool | None = None
    """Whether to encrypt; left out: always but on loopback, and there where one of the files below is given."""
    insecure: bool = False
    """Allow another machine to be reached without TLS: everything, the token too, travels in the clear."""
    ca_file: str = ""
    """PEM file of the authorities that may vouch for the server; left out: the system's."""
    cert_file: str = ""
    """PEM file of this agent's certificate, for mutual TLS; goes with `key_file`."""
    key_file: str = ""
    """PEM file of the certificate's private key."""
    ring: Annotated[Size, msgspec.Meta(ge=65536)] = 16 << 20
    """Memory for what was read, to fill in what a lost connection missed; the oldest goes first."""
    keyframe: Annotated[Duration, msgspec.Meta(ge=1)] = 60.0
    """Shortest time between two full frames; on a quiet node up to five times as long."""
    keepalive: Annotated[Duration, msgspec.Meta(ge=5)] = 20.0
    """How often a silent connection is checked."""

    def __post_init__(self) -> None:
        """Check what one setting alone cannot tell."""
        host, port = split_address(self.server)
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ValueError(
                f"server is {self.server!r}, expected HOST:PORT such as gobs.example.org:9090 or [::1]:9090"
            )
        if not (self.token.isascii() and self.token.isprintable() and " " not in self.token):
            raise ValueError("token has a character that cannot be sent; it may hold visible ASCII characters only")
        if self.join and join_token(self.join) is None:
            raise ValueError(f"join is no join token; it begins with {JOIN_PREFIX} and `gobs join create` makes it")
        shown = [name for name in ("token", "join", "account_token_file") if getattr(self, name)]
        if len(shown) > 1:
            raise ValueError(f"{' and '.join(shown)} are all set, but an agent shows one thing; leave one of them")
        if bool(self.cert_file) != bool(self.key_file):
            raise ValueError("cert_file and key_file go together, and only one of them is set")
        if self.tls is False and (self.ca_file or self.cert_file):
            raise ValueError("tls is false, but ca_file or cert_file is set; leave tls out or the files")
        if self.exposed and not self.insecure:
            raise ValueError(
                f"server {self.server!r} is another machine and tls is false; leave tls out, or set insecure = true "
                "to send everything in the clear"
            )

    @property
    def encrypted(self) -> bool:
        """Whether TLS is used."""
        if self.tls is not None:
            return self.tls
        join = join_token(self.join)
        said = self.ca_file or self.cert_file or (join is not None and join.fingerprint)
        return bool(said) or (self._elsewhere and not self.insecure)

    @property
    def exposed(self) -> bool:
        """Whether everything travels in the clear to another machine."""
        return self._elsewhere and not self.encrypted

    @property
    def _elsewhere(self) -> bool:
        return not is_loopback(split_address(self.server)[0])


class JoinToken(NamedTuple):
    """A join token, taken apart."""

    id: str
    secret: str
    fingerprint: str
    """Of the server's authority; empty: it is one that is known otherwise."""


def join_token(text: str) -> JoinToken | None:
    """Take a join token apart; None for what is none."""
    found = _JOIN.fullmatch(text)
    return JoinToken(found["id"], found["secret"], found["fingerprint"] or "") if found else None


def split_address(address: str) -> tuple[str, str]:
    """Host and port of HOST:PORT, the host without brackets; both empty where it is none."""
    host, colon, port = address.rpartition(":")
    if not colon or (":" in host and not (host.startswith("[") and host.endswith("]"))):
        return "", ""
    return host.strip("[]"), port


def is_loopback(host: str) -> bool:
    """Whether a host is this machine without asking anybody."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
