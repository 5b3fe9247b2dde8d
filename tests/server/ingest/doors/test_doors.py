"""Which door a call is taken to, by what the settings ask and what the call shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from gobs_core import Secret, UserError
from gobs_server.certs.folder import CertificateFolder
from gobs_server.certs.names import node_uri
from gobs_server.clock import Clock
from gobs_server.db import Database, Store, sqlite_at
from gobs_server.ingest.doors import Caller, CertificateDoor, Denied, Doors, Unsure
from gobs_server.settings import ServerSettings
from tests.server.ingest.rig import TABLE, Rig
from tests.support.frames import hello_of
from tests.support.reviews import Cluster, cluster
from tests.support.secrets import marked

EVERYWHERE = "0.0.0.0:9090"


@pytest.fixture
async def kube(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with cluster(tmp_path) as running:
        yield running


def doors(folder: Path, **settings: Any) -> Doors:
    return Doors(ServerSettings(**settings), Store(Database(sqlite_at(folder / "x.sqlite3"))), Clock(), patience=0.01)


def showing(token: str) -> Caller:
    return Caller({"authorization": f"Bearer {token}"})


@pytest.mark.parametrize("address", ["127.0.0.1:9090", "[::1]:9090", "localhost:9090"])
async def test_on_loopback_nothing_is_asked(address: str, tmp_path: Path) -> None:
    assert not (await doors(tmp_path, grpc=address).identify(Caller())).bound


@pytest.mark.parametrize("insecure", [False, True])
@pytest.mark.parametrize("address", [EVERYWHERE, "[::]:9090", "10.0.0.5:9090", "gobs.example.org:9090"])
async def test_anywhere_else_nobody_comes_in_who_shows_nothing(address: str, insecure: bool, tmp_path: Path) -> None:
    door = doors(tmp_path, grpc=address, insecure=insecure)
    for caller in (Caller(), showing("x"), Caller({"authorization": "Basic eDp5"}), Caller(common_name="n1")):
        with pytest.raises(Denied, match="gobs join create"):
            await door.identify(caller)


async def test_whatever_is_asked_holds_on_loopback_too(tmp_path: Path) -> None:
    door = doors(tmp_path, grpc="127.0.0.1:9090", token=Secret("t"))
    with pytest.raises(Denied, match="shared token"):
        await door.identify(Caller())
    assert (await door.identify(showing("t"))).kind == "token"


async def test_each_kind_of_token_goes_to_its_door(kube: Cluster, tmp_path: Path) -> None:
    door = doors(tmp_path, grpc=EVERYWHERE, token=Secret(marked("shared")), tokenreview=kube.settings())
    try:
        assert (await door.identify(showing(marked("shared")))).node is None
        found = await door.identify(showing(kube.issue("n1")))
        assert (found.node, found.kind) == ("n1", "account")
        with pytest.raises(Denied, match="service account"):
            await door.identify(showing(kube.issue("n1", account="a/b")))
        with pytest.raises(Unsure, match="database"):
            await door.identify(showing(f"gobs_node.aaaaaaaa.{'s' * 43}"))
        with pytest.raises(Denied, match="shared token"):
            await door.identify(Caller())
    finally:
        await door.close()


@pytest.mark.parametrize(
    ("caller", "node"),
    [
        (Caller(uris=(node_uri("rack/7"),), common_name="x", certificate=True), "rack/7"),
        (Caller(common_name="rack7", certificate=True), "rack7"),
        (Caller(certificate=True), None),
        (Caller(uris=(node_uri("a"), node_uri("b")), certificate=True), None),
        (Caller(common_name="rack7"), None),
    ],
)
async def test_a_certificate_is_good_for_the_node_it_names(caller: Caller, node: str | None) -> None:
    if node is None:
        with pytest.raises(Denied, match="names no node"):
            await CertificateDoor().identify(caller)
    else:
        assert (await CertificateDoor().identify(caller)).node == node


async def test_over_the_wire_a_certificate_decides_the_nodes_name(tmp_path: Path) -> None:
    folder = CertificateFolder(tmp_path / "certs")
    folder.init()
    folder.issue_server(["localhost"])
    folder.issue_agent("rack/7")
    settings = ServerSettings(
        grpc="127.0.0.1:0",
        cert_file=str(folder.server),
        key_file=str(folder.server_key),
        client_ca_file=str(folder.ca),
    )
    door = Doors(settings, Store(Database(sqlite_at(tmp_path / "x.sqlite3"))), Clock())
    certificate, key = (path.read_bytes() for path in folder.agent("rack/7"))
    async with Rig(door=door, settings=settings) as rig:
        agent = await rig.call(
            credentials=grpc.ssl_channel_credentials(folder.ca.read_bytes(), key, certificate),
            metadata=(("authorization", "Bearer whatever"), ("gobs-node", "another")),
        )
        await agent.say(hello=hello_of(TABLE, node="somebody-else"))
        assert (await agent.hear()).HasField("welcome")
        assert [node.name for node in rig.live.nodes()] == ["rack/7"]


def test_settings_that_cannot_be_together_are_refused_with_the_way_out(tmp_path: Path, kube: Cluster) -> None:
    with pytest.raises(UserError, match="leave one of them out"):
        doors(tmp_path, grpc=EVERYWHERE, client_ca_file="ca.crt", tokenreview=kube.settings())


def test_outside_a_cluster_the_api_server_has_to_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(UserError, match=r"server\.tokenreview\.api"):
        doors(tmp_path, grpc=EVERYWHERE, tokenreview=Cluster(tmp_path).settings())
