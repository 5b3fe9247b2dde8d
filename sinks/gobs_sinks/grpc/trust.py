"""Finding the server's authority by its fingerprint: what a join token says of whom to believe.

The handshake here believes anybody, and nothing is sent in it. A certificate of the chain counts only where its digest
is the one that was given; the connection proper is then checked against that certificate alone.
"""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
from collections.abc import Iterable
from typing import Any

from gobs_core import UserError

_SECONDS = 10.0


def authority_of(host: str, port: int, fingerprint: str, seconds: float = _SECONDS) -> bytes:
    """The certificate of that fingerprint which the server shows, in PEM; raises UserError. Blocks for some seconds."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    try:
        with (
            socket.create_connection((host, port), timeout=seconds) as plain,
            context.wrap_socket(plain, server_hostname=host) as encrypted,
        ):
            shown = list(_chain(encrypted))
    except ssl.SSLError as error:
        raise UserError(
            f"{host}:{port} does not encrypt ({error.reason or error}): is this the gRPC port of the server that the "
            "join token is from?"
        ) from None
    except OSError as error:
        raise UserError(f"cannot reach {host}:{port} to see its certificate: {error}") from None
    for certificate in shown:
        if _fingerprint(certificate) == fingerprint:
            return ssl.DER_cert_to_PEM_cert(certificate).encode()
    raise UserError(
        f"{host}:{port} is not the server that the join token is from, or does not show its authority: none of the "
        f"{len(shown)} certificates it shows has the fingerprint {fingerprint}; set sinks.grpc.ca_file if it is"
    )


def _chain(encrypted: ssl.SSLSocket) -> Iterable[bytes]:
    """All certificates the server showed, in DER."""
    if hasattr(encrypted, "get_unverified_chain"):  # Python 3.13 and newer
        found: Iterable[bytes] = encrypted.get_unverified_chain()
        return found
    inner: Any = encrypted._sslobj  # type: ignore[attr-defined]  # noqa: SLF001  3.11 and 3.12 have it there alone
    return [certificate.public_bytes(2) for certificate in inner.get_unverified_chain() or ()]


def _fingerprint(certificate: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(certificate).digest()).decode().rstrip("=")
