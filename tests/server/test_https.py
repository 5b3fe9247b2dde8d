"""Pages over TLS: the certificate of the settings, taken up again when it changes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import trustme

from gobs_core import UserError
from gobs_server.app import Server
from gobs_server.db import sqlite_at
from gobs_server.https import Https
from gobs_server.settings import ServerSettings
from tests.server.access.rig import CHEAP, PASSWORD, ROOT


def settings_in(folder: Path) -> ServerSettings:
    return ServerSettings(
        http="127.0.0.1:0",
        grpc="127.0.0.1:0",
        drain=0.2,
        http_cert_file=str(folder / "tls.crt"),
        http_key_file=str(folder / "tls.key"),
        url="https://localhost",
    )


def issue(authority: trustme.CA, folder: Path) -> bytes:
    """Put another certificate there, and return it."""
    made = authority.issue_cert("localhost")
    made.private_key_pem.write_to_path(str(folder / "tls.key"))
    made.cert_chain_pems[0].write_to_path(str(folder / "tls.crt"))
    return ssl.PEM_cert_to_DER_cert(made.cert_chain_pems[0].bytes().decode())


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def server(tmp_path: Path, authority: trustme.CA) -> AsyncIterator[Server]:
    issue(authority, tmp_path)
    server = Server(settings_in(tmp_path), sqlite_at(tmp_path / "gobs.sqlite3"))
    server.access.passwords._hasher = CHEAP
    await server.start()
    async with asyncio.timeout(30):
        await server._store.opened()
    yield server
    await server.stop()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def shown(server: Server, authority: trustme.CA) -> bytes:
    """The certificate it shows now."""
    port = int(server.http.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting(authority), server_hostname="localhost")
    found = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return bytes(found)


async def test_pages_are_served_encrypted_and_a_login_is_for_such_pages_alone(
    server: Server, authority: trustme.CA
) -> None:
    await server.access.acts.create_user(ROOT, "root", "administrator", PASSWORD)
    url = f"https://localhost:{server.http.rpartition(':')[2]}"
    async with httpx.AsyncClient(base_url=url, verify=trusting(authority)) as client:
        response = await client.post("/login", data={"name": "root", "password": PASSWORD})
        assert response.status_code == 303
        assert response.headers["set-cookie"].startswith("__Host-gobs=")
        assert "Secure" in response.headers["set-cookie"]
        assert (await client.get("/")).status_code == 200
        assert "others on the network" not in (await client.get("/login")).text


async def test_a_certificate_that_changes_is_taken_up_without_a_restart(
    server: Server, authority: trustme.CA, tmp_path: Path
) -> None:
    before = await shown(server, authority)
    keeping = asyncio.create_task(server._front._https.keep(every=0.02))
    after = issue(authority, tmp_path)
    async with asyncio.timeout(20):
        while await shown(server, authority) != after:  # noqa: ASYNC110  nothing tells when
            await asyncio.sleep(0.02)
    assert before != after
    (tmp_path / "tls.key").write_text("no key at all")
    await asyncio.sleep(0.1)
    assert await shown(server, authority) == after
    keeping.cancel()


async def test_who_speaks_plain_text_or_nothing_is_let_go(server: Server) -> None:
    port = int(server.http.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize("content", ["", "no certificate", None])
def test_files_that_are_none_are_named_before_anything_starts(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "tls.crt").write_text(content)
        (tmp_path / "tls.key").write_text(content)
    with pytest.raises(
        UserError, match=r"server\.http_cert_file .* and server\.http_key_file .*: expected a certificate"
    ):
        Https(settings_in(tmp_path))


def test_one_without_the_other_is_refused() -> None:
    with pytest.raises(ValueError, match="http_key_file beside it"):
        ServerSettings(http_cert_file="x")
