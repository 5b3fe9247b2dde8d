"""Encrypted connections, with certificates made here, and what is refused without encryption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from structlog.testing import capture_logs

from gobs_core import Secret
from gobs_sinks.grpc import GrpcConfig
from tests.sinks.server import serving, until
from tests.sinks.test_grpc import agent_of, attempts, memory, until_all
from tests.support.secrets import MARK, marked
from tests.support.sinks import connected


class Authority:
    """A certificate authority of a test, and files of what it issues."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.ca = trustme.CA()
        self.ca_file = str(folder / "ca.pem")
        self.show()
        self.cert_file, self.key_file = str(folder / "cert.pem"), str(folder / "key.pem")
        self.issue()

    def show(self) -> None:
        """Write the authority's own certificate."""
        self.ca.cert_pem.write_to_path(self.ca_file)

    def hide(self) -> None:
        """Remove it."""
        Path(self.ca_file).unlink()

    def issue(self) -> None:
        """Write a certificate for an agent."""
        own = self.ca.issue_cert("agent.test")
        own.cert_chain_pems[0].write_to_path(self.cert_file)
        own.private_key_pem.write_to_path(self.key_file)

    def server(self, *, mutual: bool = False, name: str = "127.0.0.1") -> grpc.ServerCredentials:
        """Credentials of a server on loopback."""
        own = self.ca.issue_cert(name)
        pair = (own.private_key_pem.bytes(), own.cert_chain_pems[0].bytes())
        return grpc.ssl_server_credentials([pair], self.ca.cert_pem.bytes(), require_client_auth=mutual)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def test_frames_travel_encrypted_when_the_authority_is_given(authority: Authority) -> None:
    async with (
        serving(memory(), credentials=authority.server()) as server,
        agent_of(server.port, ca_file=authority.ca_file) as agent,
    ):
        await server.until(lambda: connected(agent.sink))
        await agent.tick(3)
        await until_all(server, agent)
        assert server.peers[0].context.auth_context()["transport_security_type"] == [b"ssl"]


async def test_both_ends_may_have_to_show_a_certificate(authority: Authority) -> None:
    given: dict[str, Any] = {
        "ca_file": authority.ca_file,
        "cert_file": authority.cert_file,
        "key_file": authority.key_file,
    }
    async with (
        serving(memory(), credentials=authority.server(mutual=True)) as server,
        agent_of(server.port, **given) as agent,
    ):
        await server.until(lambda: connected(agent.sink))
        await agent.tick(3)
        await until_all(server, agent)
        assert server.peers[0].context.peer_identities() == [b"agent.test"]


async def test_without_a_certificate_a_server_that_wants_one_gets_nothing(authority: Authority) -> None:
    await nothing_arrives(authority.server(mutual=True), ca_file=authority.ca_file)


async def test_a_server_of_another_authority_gets_nothing(authority: Authority, tmp_path: Path) -> None:
    await nothing_arrives(Authority(tmp_path / "other").server(), ca_file=authority.ca_file)


async def test_a_server_with_another_name_gets_nothing(authority: Authority) -> None:
    await nothing_arrives(authority.server(name="elsewhere.test"), ca_file=authority.ca_file)


async def nothing_arrives(credentials: grpc.ServerCredentials, **config: Any) -> None:
    with capture_logs() as logs:
        async with serving(memory(), credentials=credentials) as server, agent_of(server.port, **config) as agent:
            await agent.tick(2)
            await until(lambda: attempts(agent) >= 2)
            assert not server.peers
    assert [line["event"] for line in logs] == ["cannot reach the server"]


async def test_a_certificate_that_is_missing_is_named_and_taken_once_it_is_there(authority: Authority) -> None:
    authority.hide()
    with capture_logs() as logs:
        async with (
            serving(memory(), credentials=authority.server()) as server,
            agent_of(server.port, ca_file=authority.ca_file) as agent,
        ):
            await agent.tick(2)
            await until(lambda: bool(logs))
            assert "sinks.grpc.ca_file" in logs[0]["why"]
            assert authority.ca_file in logs[0]["why"]
            authority.show()
            await server.until(lambda: connected(agent.sink))
            await agent.tick()
            await until_all(server, agent)


async def test_a_file_that_is_no_certificate_is_named(authority: Authority) -> None:
    with capture_logs() as logs:
        async with agent_of(1, ca_file=__file__):
            await until(lambda: bool(logs))
    assert f"sinks.grpc.ca_file: {__file__} is no PEM file" in logs[0]["why"]


@pytest.mark.parametrize("server", ["127.0.0.1:9090", "127.8.8.8:1", "localhost:9090", "[::1]:9090"])
def test_this_machine_is_reached_without_encryption(server: str) -> None:
    assert not GrpcConfig(server=server).encrypted


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"server": "gobs.example.org:9090", "tls": False}, "insecure = true"),
        ({"server": "10.0.0.1:9090", "tls": False}, "insecure = true"),
        ({"server": "localhost.example.org:9090", "tls": False}, "insecure = true"),
        ({"server": "gobs.example.org"}, "HOST:PORT"),
        ({"server": "::1:9090"}, "HOST:PORT"),
        ({"server": ":9090"}, "HOST:PORT"),
        ({"server": "localhost:http"}, "HOST:PORT"),
        ({"server": "localhost:70000"}, "HOST:PORT"),
        ({"token": Secret(marked("two\nlines"))}, "visible ASCII"),
        ({"token": Secret(marked("schlüssel"))}, "visible ASCII"),
        ({"cert_file": "x"}, "go together"),
        ({"key_file": "x"}, "go together"),
        ({"tls": False, "ca_file": "x"}, "tls is false"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused_with_the_fix(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        GrpcConfig(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"server": "gobs.example.org:9090"},
        {"server": "localhost.example.org:9090"},
        {"server": "10.0.0.1:9090", "ca_file": "ca.pem"},
        {"server": "10.0.0.1:9090", "ca_file": "ca.pem", "insecure": True},
        {"server": "127.0.0.1:9090", "tls": True},
    ],
)
def test_another_machine_is_reached_with_encryption(settings: dict[str, Any]) -> None:
    assert GrpcConfig(**settings).encrypted


def test_another_machine_is_reached_in_the_clear_only_when_that_is_asked_for() -> None:
    config = GrpcConfig(server="gobs.example.org:9090", insecure=True)
    assert not config.encrypted
    assert config.exposed


async def test_that_everything_is_sent_in_the_clear_is_said() -> None:
    with capture_logs() as logs:
        async with agent_of(1, server="gobs.invalid:9090", insecure=True):
            pass
    assert logs[0]["event"] == "everything is sent in the clear"
    assert "sinks.grpc.insecure" in logs[0]["why"]


@pytest.mark.parametrize(
    ("offers", "advice"), [("other", "sinks.grpc.ca_file"), ("elsewhere", "for another name"), ("none", "plain text")]
)
async def test_why_a_connection_cannot_be_encrypted_comes_with_what_to_do(
    authority: Authority, tmp_path: Path, offers: str, advice: str
) -> None:
    credentials = {
        "other": Authority(tmp_path / "other").server(),
        "elsewhere": authority.server(name="elsewhere.test"),
        "none": None,
    }[offers]
    with capture_logs() as logs:
        async with (
            serving(memory(), credentials=credentials) as server,
            agent_of(server.port, ca_file=authority.ca_file),
        ):
            await until(lambda: bool(logs))
    assert advice in logs[0]["advice"]


def test_a_token_is_not_shown() -> None:
    assert MARK not in repr(GrpcConfig(token=Secret(marked("token"))))
