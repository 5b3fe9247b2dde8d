"""Who may open a stream: tokens, identities, certificates."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest
import trustme

from gobs_core import UserError
from gobs_server.clock import Clock
from gobs_server.ingest import Complaints, Denied, Door, GrpcServer, Identity, OpenDoor, TokenDoor
from gobs_server.ingest.doors import Caller
from gobs_server.metrics import Metrics
from gobs_server.settings import ServerSettings
from tests.server.ingest.rig import TABLE, Rig
from tests.support.frames import hello_of


@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("authorization", "Bearer wrong"),),
        (("authorization", "secret"),),
        (("authorization", "bearer secret"),),
        (("authorization", "Bearer secret2"),),
        (("authorization", "Bearer "),),
    ],
)
async def test_without_the_token_nothing_is_read(metadata: tuple[tuple[str, str], ...]) -> None:
    async with Rig(door=TokenDoor("secret")) as rig:
        agent = await rig.call(metadata)
        await agent.say(hello=hello_of(TABLE))
        code, details = await agent.end()
        assert code == grpc.StatusCode.UNAUTHENTICATED
        assert "shared token" in details
        assert "secret" not in details
        assert rig.live.nodes() == []
        assert rig.metrics.count("gobs_server_refused_streams", reason="denied") == 1


async def test_with_the_token_an_agent_joins() -> None:
    async with Rig(door=TokenDoor("secret")) as rig:
        agent = await rig.call((("authorization", "Bearer secret"),))
        await agent.say(hello=hello_of(TABLE))
        assert (await agent.hear()).WhichOneof("kind") == "welcome"


class NameDoor(Door):
    """Knows its agents by a badge."""

    async def identify(self, caller: Caller) -> Identity:
        if "badge" not in caller.metadata:
            raise Denied("no badge")
        return Identity(node=caller.metadata["badge"])


async def test_the_identity_decides_the_name_whatever_the_agent_says() -> None:
    async with Rig(door=NameDoor()) as rig:
        agents = [await rig.call((("badge", name),)) for name in ("one", "two")]
        for agent in agents:
            await agent.say(hello=hello_of(TABLE, node="somebody-else"))
            await agent.hear()
        assert [node.name for node in rig.live.nodes()] == ["one", "two"]


class Certificates:
    """A server's and an agent's, and the files they are in."""

    def __init__(self, folder: Path) -> None:
        self.authority, self.other = trustme.CA(), trustme.CA()
        server = self.authority.issue_cert("localhost")
        self.cert, self.key, self.ca = (str(folder / name) for name in ("cert.pem", "key.pem", "ca.pem"))
        server.cert_chain_pems[0].write_to_path(self.cert)
        server.private_key_pem.write_to_path(self.key)
        self.authority.cert_pem.write_to_path(self.ca)

    def credentials(
        self, authority: trustme.CA | None = None, signer: trustme.CA | None = None
    ) -> grpc.ChannelCredentials:
        root = (authority or self.authority).cert_pem.bytes()
        if signer is None:
            return grpc.ssl_channel_credentials(root)
        own = signer.issue_cert("agent")
        return grpc.ssl_channel_credentials(root, own.private_key_pem.bytes(), own.cert_chain_pems[0].bytes())


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


async def joins(rig: Rig, credentials: grpc.ChannelCredentials | None) -> bool:
    agent = await rig.call(credentials=credentials)
    await agent.say(hello=hello_of(TABLE))
    try:
        return bool((await agent.hear()).HasField("welcome"))
    except (grpc.aio.AioRpcError, AssertionError):
        return False


async def test_tls_serves_whoever_trusts_its_certificate(certificates: Certificates) -> None:
    settings = ServerSettings(grpc="127.0.0.1:0", cert_file=certificates.cert, key_file=certificates.key)
    async with Rig(settings=settings) as rig:
        assert await joins(rig, certificates.credentials())
        assert not await joins(rig, certificates.credentials(authority=certificates.other))
        assert not await joins(rig, None)


async def test_mutual_tls_serves_only_agents_with_a_certificate_of_the_authority(certificates: Certificates) -> None:
    settings = ServerSettings(
        grpc="127.0.0.1:0", cert_file=certificates.cert, key_file=certificates.key, client_ca_file=certificates.ca
    )
    async with Rig(settings=settings) as rig:
        assert await joins(rig, certificates.credentials(signer=certificates.authority))
        assert not await joins(rig, certificates.credentials(signer=certificates.other))
        assert not await joins(rig, certificates.credentials())


async def refused(**settings: str) -> str:
    chosen = ServerSettings(grpc="127.0.0.1:0", **settings)  # type: ignore[arg-type]
    server = GrpcServer(_never, OpenDoor(), chosen, Metrics(), Complaints(Clock()))
    with pytest.raises(UserError) as error:
        await server.start()
    await server.stop(0)
    return str(error.value)


async def _never(messages: object, context: object) -> None:
    raise AssertionError


async def test_certificates_that_do_not_fit_together_are_named(certificates: Certificates, tmp_path: Path) -> None:
    assert "cert_file and server.key_file go together" in await refused(cert_file=certificates.cert)
    assert "client_ca_file needs" in await refused(client_ca_file=certificates.ca)
    missing = str(tmp_path / "missing.pem")
    assert missing in await refused(cert_file=missing, key_file=certificates.key)
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("no certificate")
    assert "cert_file" in await refused(cert_file=str(nonsense), key_file=certificates.key)
