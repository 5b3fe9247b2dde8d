"""What stands in a certificate: whose it is, until when, who vouches for it, and its fingerprint."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from gobs_core import UserError


class Facts(NamedTuple):
    """One certificate, as people see it."""

    names: tuple[str, ...]
    """Host names, addresses and URIs it is for; its common name where it has none of these."""
    begins: datetime
    ends: datetime
    authority: bool
    fingerprint: str


def certificates(pem: bytes, where: str) -> list[x509.Certificate]:
    """Every certificate of a PEM file, the first one first; raises UserError naming the file where there is none."""
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise UserError(
            f"{where}: there is no certificate in it, in PEM (a block -----BEGIN CERTIFICATE-----)"
        ) from None
    return found


def fingerprint(der: bytes) -> str:
    """What a certificate is told apart by: the SHA-256 of its DER, 43 characters that may stand in a URL."""
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")


def own_authority(pem: bytes) -> str:
    """The fingerprint of the first authority in a PEM file that vouches for itself; empty where there is none.

    One that somebody else vouches for may be another tomorrow, so that it is not worth remembering.
    """
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        return ""
    return next((facts(one).fingerprint for one in found if _is_authority(one) and vouches(one, one)), "")


def facts(certificate: x509.Certificate) -> Facts:
    """What people want to know of it."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return Facts(
        names_of(certificate) or tuple(_common_names(certificate)),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        _is_authority(certificate),
        fingerprint(certificate.public_bytes(Encoding.DER)),
    )


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """The host names, addresses and URIs a certificate is for."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names)


def vouches(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether the authority has signed it."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _common_names(certificate: x509.Certificate) -> list[str]:
    return [str(name.value) for name in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
