"""Making keys and certificates: an authority, and what it vouches for; no file is touched."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gobs_server.certs.names import node_uri

AUTHORITY_DAYS, SERVER_DAYS, AGENT_DAYS = 3650, 365, 365
_SKEW = timedelta(hours=1)
"""How long before now a certificate begins to count, for clocks that are behind."""
_LONGEST_NAME = 64
"""Characters of a common name, by its standard."""


class Pair(NamedTuple):
    """A key and its certificate."""

    key: CertificateIssuerPrivateKeyTypes
    certificate: x509.Certificate


def new_authority(days: float, old: Pair | None = None) -> Pair:
    """An authority; with `old` that one once more, so that all it has vouched for stays good."""
    key = old.key if old is not None else ec.generate_private_key(ec.SECP256R1())
    name = old.certificate.subject if old is not None else _name(f"Gobservability authority {secrets.token_hex(4)}")
    builder = _builder(name, name, key, days).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    builder = builder.add_extension(_usage(signs=True), critical=True)
    return Pair(key, builder.sign(key, hashes.SHA256()))


def for_server(authority: Pair, names: Sequence[str], days: float) -> Pair:
    """A server's certificate under those names and addresses; raises ValueError for a name that cannot be one."""
    return _issue(authority, names[0], [_general(name) for name in names], ExtendedKeyUsageOID.SERVER_AUTH, days)


def for_agent(authority: Pair, node: str, days: float) -> Pair:
    """An agent's certificate, good for that node alone."""
    uri = x509.UniformResourceIdentifier(node_uri(node))
    return _issue(authority, node, [uri], ExtendedKeyUsageOID.CLIENT_AUTH, days)


def _issue(
    authority: Pair, name: str, names: Iterable[x509.GeneralName], purpose: x509.ObjectIdentifier, days: float
) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    fits = len(name) <= _LONGEST_NAME
    subject = _name(name) if fits else x509.Name([])
    issuer = authority.certificate
    builder = _builder(subject, issuer.subject, key, days, no_longer_than=issuer.not_valid_after_utc)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not fits)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    builder = builder.add_extension(_usage(signs=False), critical=True)
    key_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id), critical=False
    )
    return Pair(key, builder.sign(authority.key, hashes.SHA256()))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: CertificateIssuerPrivateKeyTypes,
    days: float,
    *,
    no_longer_than: datetime | None = None,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    end = now + timedelta(days=days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(min(end, no_longer_than) if no_longer_than is not None else end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name.encode("idna").decode())
    except UnicodeError:
        raise ValueError(f"{name!r} is neither an address nor a host's name") from None


def key_pem(pair: Pair) -> bytes:
    """The key, as it is kept in a file."""
    return pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def certificate_pem(pair: Pair) -> bytes:
    """The certificate, as it is kept in a file."""
    return pair.certificate.public_bytes(Encoding.PEM)
