"""The folder of certificates: which file is what, how they are replaced, and when the server's is due."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gobs_core import UserError
from gobs_server.certs.issue import (
    AGENT_DAYS,
    AUTHORITY_DAYS,
    SERVER_DAYS,
    Pair,
    certificate_pem,
    for_agent,
    for_server,
    key_pem,
    new_authority,
)
from gobs_server.certs.read import certificates, names_of, vouches

_DUE = 1 / 3
"""What is left of its time when a certificate is replaced, as a part of the whole."""

_LONGEST = 180
"""Characters of a node's name in a file's."""


class CertificateFolder:
    """`ca.crt`, `ca.key`, `server.crt`, `server.key` and `agents/`. Keys are their owner's alone to read.

    Every method raises UserError, with nothing half done, for files that cannot be read, written or used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.crt"
        """The authorities that are trusted, the one in use first."""
        self.ca_key = folder / "ca.key"
        self.server = folder / "server.crt"
        """The server's certificate, and after it the authority's: an agent may know it by its fingerprint alone."""
        self.server_key = folder / "server.key"

    def agent(self, node: str) -> tuple[Path, Path]:
        """Certificate and key of a node's agent."""
        name = quote(node, safe="")
        if len(name) > _LONGEST:
            name = f"{name[:_LONGEST]}-{hashlib.sha256(node.encode()).hexdigest()[:16]}"
        return self.folder / "agents" / f"{name}.crt", self.folder / "agents" / f"{name}.key"

    def init(self, days: float = AUTHORITY_DAYS) -> None:
        """Make the authority; there must be none."""
        if self.ca.exists() or self.ca_key.exists():
            raise UserError(
                f"{self.ca}: there is an authority already; --renew lets it last longer, --replace makes another"
            )
        self._write_authority(new_authority(days), b"")

    def renew(self, days: float = AUTHORITY_DAYS) -> None:
        """Let the authority last longer: the same key, so that everything it has vouched for stays good."""
        self._write_authority(new_authority(days, self.authority()), _read(self.ca))

    def replace(self, days: float = AUTHORITY_DAYS) -> None:
        """Make another authority; the old ones stay trusted, after it in `ca.crt`, until they are taken out there."""
        self.authority()
        self._write_authority(new_authority(days), _read(self.ca))

    def authority(self) -> Pair:
        """The authority in use."""
        if not self.ca.exists() and not self.ca_key.exists():
            raise UserError(f"{self.ca}: there is no authority yet; `gobs certs init` makes one")
        certificate = certificates(_read(self.ca), str(self.ca))[0]
        try:
            key = load_pem_private_key(_read(self.ca_key), None)
        except (ValueError, TypeError):
            raise UserError(f"{self.ca_key}: this is no private key, in PEM and without a password") from None
        if key.public_key() != certificate.public_key():
            raise UserError(f"{self.ca_key} is not the key of the first certificate in {self.ca}")
        return Pair(key, certificate)  # type: ignore[arg-type]  # a key that no certificate could have does not equal one

    def issue_server(self, names: Sequence[str], days: float = SERVER_DAYS) -> None:
        """Make the server's certificate, anew where there is one."""
        authority = self.authority()
        try:
            pair = for_server(authority, names, days)
        except ValueError as error:
            raise UserError(f"a certificate cannot have that name: {error}") from None
        self._write_pair(self.server, self.server_key, pair, authority)

    def issue_agent(self, node: str, days: float = AGENT_DAYS) -> None:
        """Make a certificate for the agent of a node, anew where there is one."""
        authority = self.authority()
        certificate, key = self.agent(node)
        self._write_pair(certificate, key, for_agent(authority, node, days), authority)

    def keep_server(self, names: Callable[[], Sequence[str]], needed: Sequence[str]) -> bool:
        """Make what is missing, and the server's certificate anew when it is due; whether anything was done.

        `names` tells those of a new one; an old one is good as long as it has the `needed`.
        """
        if not self.ca.exists() and not self.ca_key.exists():
            self.init()
        elif not self._server_is_due(needed):
            return False
        self.issue_server(names())
        return True

    def _server_is_due(self, needed: Sequence[str]) -> bool:
        if not self.server.exists() or not self.server_key.exists():
            return True
        own = certificates(_read(self.server), str(self.server))[0]
        whole = own.not_valid_after_utc - own.not_valid_before_utc
        left = own.not_valid_after_utc - datetime.now(UTC)
        authority = self.authority().certificate
        limited = own.not_valid_after_utc >= authority.not_valid_after_utc
        due = left < whole * _DUE and not (limited and left.total_seconds() > 0)
        return due or not set(needed) <= set(names_of(own)) or not vouches(authority, own)

    def _write_authority(self, authority: Pair, older: bytes) -> None:
        public = authority.certificate.public_key()
        others = [one for one in _still_good(older) if one.public_key() != public]
        old = [certificate_pem(Pair(authority.key, one)) for one in others]
        self._write(self.ca_key, key_pem(authority), 0o600)
        self._write(self.ca, b"".join([certificate_pem(authority), *old]), 0o644)

    def _write_pair(self, certificate: Path, key: Path, pair: Pair, authority: Pair) -> None:
        self._write(key, key_pem(pair), 0o600)
        self._write(certificate, certificate_pem(pair) + certificate_pem(authority), 0o644)

    def _write(self, path: Path, content: bytes, mode: int) -> None:
        """Put the file in place as a whole, with that mode from its first byte."""
        new = path.with_name(f".new-{secrets.token_hex(4)}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.parent.mkdir(exist_ok=True, mode=0o700)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            new.replace(path)
        except OSError as error:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            raise UserError(f"{path}: cannot be written: {error.strerror}") from None


def _still_good(pem: bytes) -> list[x509.Certificate]:
    found = x509.load_pem_x509_certificates(pem) if pem else []
    return [one for one in found if one.not_valid_after_utc > datetime.now(UTC)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
