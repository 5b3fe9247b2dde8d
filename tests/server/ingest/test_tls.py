"""Encryption of agents' connections: the server's own certificates, changed ones, and plain text that was asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from structlog.testing import capture_logs

from gobs_server.app import Server
from gobs_server.certs.folder import CertificateFolder
from gobs_server.db import sqlite_at
from gobs_server.ingest.tls import Tls
from gobs_server.settings import ServerSettings
from tests.server.ingest.rig import TABLE, Rig
from tests.support.frames import hello_of

EVERYWHERE = "0.0.0.0:9090"


@pytest.fixture
def folder(tmp_path: Path) -> CertificateFolder:
    made = CertificateFolder(tmp_path / "certs")
    made.init()
    made.issue_server(["localhost"])
    return made


def settings_of(folder: CertificateFolder) -> ServerSettings:
    return ServerSettings(grpc="127.0.0.1:0", cert_file=str(folder.server), key_file=str(folder.server_key))


async def joins(rig: Rig, authority: bytes) -> bool:
    agent = await rig.call(credentials=grpc.ssl_channel_credentials(authority))
    await agent.say(hello=hello_of(TABLE, node="late"))
    try:
        return bool((await agent.hear()).HasField("welcome"))
    except (grpc.aio.AioRpcError, AssertionError):
        return False


@asynccontextmanager
async def an_agent(rig: Rig, authority: bytes) -> AsyncIterator[None]:
    """An agent whose stream must still be up, and whose frames must still be taken, at the end."""
    rig.server.tls.look_every = 0.0
    agent = await rig.call(credentials=grpc.ssl_channel_credentials(authority))
    await agent.say(hello=hello_of(TABLE))
    assert (await agent.hear()).HasField("welcome")
    await agent.send(1, keyframe=True)
    await agent.acknowledged(1)
    yield
    await agent.send(2)
    await agent.acknowledged(2)
    assert rig.node().connected
    agent.cancel()


async def test_changed_certificates_are_used_at_the_next_connection_and_no_stream_is_lost(
    folder: CertificateFolder,
) -> None:
    before = folder.ca.read_bytes()
    async with Rig(settings=settings_of(folder)) as rig, an_agent(rig, before):
        assert await joins(rig, before)
        folder.replace()
        folder.issue_server(["localhost"])
        alone = folder.ca.read_bytes().replace(before, b"")
        assert await joins(rig, alone)
        assert not await joins(rig, before)
        assert rig.server.tls.trouble() == ""


async def test_changed_certificates_that_cannot_be_used_are_named_and_the_old_ones_go_on(
    folder: CertificateFolder, tmp_path: Path
) -> None:
    authority = folder.ca.read_bytes()
    other = CertificateFolder(tmp_path / "other")
    other.init()
    other.issue_server(["localhost"])
    with capture_logs() as logs:
        async with Rig(settings=settings_of(folder)) as rig, an_agent(rig, authority):
            folder.server_key.write_bytes(other.server_key.read_bytes())
            assert await joins(rig, authority)
            assert str(folder.server_key) in rig.server.tls.trouble()
            folder.issue_server(["localhost"])
            assert await joins(rig, authority)
            assert rig.server.tls.trouble() == ""
    said = [line for line in logs if "the changed certificates cannot be used" in line["event"]]
    assert len(said) == 1


async def test_a_server_that_listens_to_other_machines_makes_its_own_certificates(tmp_path: Path) -> None:
    settings = ServerSettings(grpc=EVERYWHERE, data=str(tmp_path), cert_names=("gobs.example.org",))
    tls = Tls(settings)
    assert tls.encrypted
    assert await tls.credentials() is not None
    folder = CertificateFolder(tmp_path / "certs")
    assert tls.authority == folder.ca
    assert folder.ca_key.stat().st_mode & 0o777 == 0o600
    assert not folder.keep_server(_never, ["gobs.example.org", "localhost", "127.0.0.1"])
    before = folder.server.read_bytes()
    await Tls(settings).credentials()
    assert folder.server.read_bytes() == before
    more = ServerSettings(grpc=EVERYWHERE, data=str(tmp_path), cert_names=("gobs.example.org", "10.0.0.5"))
    await Tls(more).credentials()
    assert folder.server.read_bytes() != before


def _never() -> list[str]:
    raise AssertionError


async def test_plain_text_is_spoken_on_loopback_and_elsewhere_only_when_that_is_asked_for(tmp_path: Path) -> None:
    for address in ("127.0.0.1:9090", "[::1]:9090", "localhost:9090"):
        tls = Tls(ServerSettings(grpc=address, data=str(tmp_path)))
        assert await tls.credentials() is None
        assert tls.trouble() == ""
    asked = Tls(ServerSettings(grpc=EVERYWHERE, data=str(tmp_path), insecure=True))
    assert await asked.credentials() is None
    assert "not encrypted" in asked.trouble()
    assert "server.insecure" in asked.trouble()
    assert not (tmp_path / "certs").exists()


async def test_that_connections_are_not_encrypted_stands_on_the_pages(tmp_path: Path) -> None:
    settings = ServerSettings(grpc=EVERYWHERE, data=str(tmp_path), insecure=True)
    server = Server(settings, sqlite_at(tmp_path / "x.sqlite3"))
    assert "not encrypted" in server.services().troubles()["agents"]


async def test_a_certificate_that_ends_soon_is_spoken_of(folder: CertificateFolder) -> None:
    for days, spoken in ((20, False), (3.5, True)):
        folder.issue_server(["localhost"], days)
        tls = Tls(settings_of(folder))
        await tls.credentials()
        assert ("ends in 3 days" in tls.trouble()) == spoken
