"""The folder of certificates: what is made, what is renewed and what stays good, and who may read it."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from gobs_core import UserError
from gobs_server.certs.folder import CertificateFolder
from gobs_server.certs.read import certificates, facts, own_authority
from tests.support.programs import searched

NAMES = ("gobs.example.org", "10.0.0.5", "::1")


def names() -> Sequence[str]:
    return NAMES


@pytest.fixture
def folder(tmp_path: Path) -> CertificateFolder:
    made = CertificateFolder(tmp_path / "certs")
    made.init()
    return made


def believed(authority: Path, certificate: Path, purpose: str = "sslserver") -> bool:
    """Whether OpenSSL takes the certificate for that purpose."""
    command = ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", str(authority), str(certificate)]
    return searched(subprocess.run(command, capture_output=True, check=False)).returncode == 0


def test_a_certificate_is_good_for_its_names_and_its_purpose_alone(folder: CertificateFolder) -> None:
    folder.issue_server(NAMES)
    folder.issue_agent("rack/7")
    agent, _ = folder.agent("rack/7")
    assert believed(folder.ca, folder.server)
    assert not believed(folder.ca, folder.server, "sslclient")
    assert believed(folder.ca, agent, "sslclient")
    assert not believed(folder.ca, agent)
    assert facts(certificates(folder.server.read_bytes(), "")[0]).names == NAMES
    assert facts(certificates(agent.read_bytes(), "")[0]).names == ("spiffe://gobservability/node/rack%2F7",)
    ssl.create_default_context(cafile=str(folder.ca)).load_cert_chain(folder.server, folder.server_key)


def test_a_long_name_of_a_node_still_has_a_certificate(folder: CertificateFolder) -> None:
    node = "a" * 250
    folder.issue_agent(node)
    agent, _ = folder.agent(node)
    assert believed(folder.ca, agent, "sslclient")
    assert facts(certificates(agent.read_bytes(), "")[0]).names == (f"spiffe://gobservability/node/{node}",)


def test_keys_are_their_owners_alone(folder: CertificateFolder) -> None:
    folder.issue_server(NAMES)
    folder.issue_agent("n1")
    folder.server_key.chmod(0o644)  # as somebody's umask or copy left it
    folder.issue_server(NAMES)
    assert folder.folder.stat().st_mode & 0o777 == 0o700
    keys = list(folder.folder.rglob("*.key"))
    assert len(keys) == 3
    assert [key for key in keys if key.stat().st_mode & 0o777 != 0o600] == []


def test_a_renewed_authority_is_believed_by_who_knows_the_old_one_and_the_other_way_round(
    folder: CertificateFolder, tmp_path: Path
) -> None:
    folder.issue_server(NAMES)
    before, server = tmp_path / "old-ca.crt", tmp_path / "old-server.crt"
    before.write_bytes(folder.ca.read_bytes())
    server.write_bytes(folder.server.read_bytes())
    folder.renew()
    folder.issue_server(NAMES)
    assert before.read_bytes() != folder.ca.read_bytes()
    assert len(certificates(folder.ca.read_bytes(), "")) == 1
    for authority in (before, folder.ca):
        for certificate in (server, folder.server):
            assert believed(authority, certificate)


def test_of_a_replaced_authority_all_stays_good_until_it_is_taken_out(
    folder: CertificateFolder, tmp_path: Path
) -> None:
    folder.issue_server(NAMES)
    server, old = tmp_path / "old-server.crt", folder.ca.read_bytes()
    server.write_bytes(folder.server.read_bytes())
    folder.replace()
    folder.issue_server(NAMES)
    assert believed(folder.ca, server)
    assert believed(folder.ca, folder.server)
    alone = tmp_path / "new-ca.crt"
    alone.write_bytes(folder.ca.read_bytes().replace(old, b""))
    assert believed(alone, folder.server)
    assert not believed(alone, server)


def test_an_authority_is_not_made_twice_by_mistake(folder: CertificateFolder) -> None:
    before = folder.ca.read_bytes(), folder.ca_key.read_bytes()
    with pytest.raises(UserError, match="there is an authority already"):
        folder.init()
    assert before == (folder.ca.read_bytes(), folder.ca_key.read_bytes())


def test_nothing_is_issued_without_the_authoritys_own_key(folder: CertificateFolder, tmp_path: Path) -> None:
    other = CertificateFolder(tmp_path / "other")
    with pytest.raises(UserError, match="gobs certs init"):
        other.issue_server(NAMES)
    other.init()
    folder.ca_key.write_bytes(other.ca_key.read_bytes())
    with pytest.raises(UserError, match="is not the key of the first certificate"):
        folder.issue_server(NAMES)
    folder.ca_key.write_text("no key")
    with pytest.raises(UserError, match="no private key"):
        folder.issue_server(NAMES)
    folder.ca_key.unlink()
    with pytest.raises(UserError, match=r"ca\.key: cannot be read"):
        folder.issue_server(NAMES)
    assert not folder.server.exists()


@pytest.mark.parametrize("name", ["", "a" * 300, "b..c", "exa mple\udcff"])
def test_a_name_that_no_certificate_can_have_is_refused(folder: CertificateFolder, name: str) -> None:
    with pytest.raises(UserError, match="cannot have that name"):
        folder.issue_server([name])
    assert not folder.server.exists()


def test_the_servers_certificate_is_made_once_and_then_left_alone(tmp_path: Path) -> None:
    folder = CertificateFolder(tmp_path / "certs")
    assert folder.keep_server(names, NAMES)
    before = folder.server.read_bytes()
    assert not folder.keep_server(_never, NAMES)
    assert folder.server.read_bytes() == before


def _never() -> Sequence[str]:
    raise AssertionError


@pytest.mark.parametrize(
    "happens",
    [
        lambda folder: folder.issue_server(NAMES, days=0.01),
        lambda folder: folder.replace(),
        lambda folder: folder.server_key.unlink(),
        lambda folder: folder.issue_server(NAMES[:1]),
    ],
    ids=["it ends soon", "there is another authority", "its key is lost", "it lacks a name"],
)
def test_the_servers_certificate_is_made_anew_when(
    folder: CertificateFolder, happens: Callable[[CertificateFolder], None]
) -> None:
    folder.issue_server(NAMES)
    happens(folder)
    before = folder.server.read_bytes()
    assert folder.keep_server(names, NAMES)
    assert folder.server.read_bytes() != before
    assert believed(folder.ca, folder.server)


def test_a_certificate_is_known_by_its_fingerprint(folder: CertificateFolder) -> None:
    told = facts(certificates(folder.ca.read_bytes(), "")[0])
    assert own_authority(folder.ca.read_bytes()) == told.fingerprint
    assert own_authority(b"nothing") == ""
    assert told.authority
