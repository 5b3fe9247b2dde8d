"""Agents in Kubernetes: whose token is believed, over a TokenReview endpoint on a real socket."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from structlog.testing import capture_logs

from gobs_server.ingest.doors import Caller, Denied, Identity, Unsure
from gobs_server.ingest.doors.account import AccountDoor
from gobs_server.ingest.doors.reviews import Reviews
from tests.server.ingest.rig import TABLE, MovableClock, Rig
from tests.support.frames import hello_of
from tests.support.reviews import ACCOUNT, SERVER_TOKEN, Cluster, cluster


@pytest.fixture
async def kube(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with cluster(tmp_path) as running:
        yield running


class Entrance:
    """A door, its clock, and a short way to call at it."""

    def __init__(self, kube: Cluster, **settings: Any) -> None:
        self.clock = MovableClock()
        chosen = kube.settings(**settings)
        self.reviews = Reviews(chosen, {})
        self.door = AccountDoor(chosen, self.reviews, self.clock)

    async def node(self, token: str) -> str | None:
        identity = await self.door.identify(Caller({"authorization": f"Bearer {token}"}))
        assert identity.kind == "account"
        return identity.node


@asynccontextmanager
async def entrance(kube: Cluster, **settings: Any) -> AsyncIterator[Entrance]:
    made = Entrance(kube, **settings)
    try:
        yield made
    finally:
        await made.reviews.close()


def forged(kube: Cluster) -> str:
    """A good token's claims, for another node, under its signature."""
    head, claims, signature = kube.issue("n1").split(".")
    changed = json.loads(base64.urlsafe_b64decode(claims + "=="))
    changed["sub"] = f"system:serviceaccount:{ACCOUNT.replace('/', ':')}"
    changed["jti"] = "another"
    return ".".join([head, base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("="), signature])


def revoked(kube: Cluster) -> str:
    token = kube.issue("n1")
    kube.revoked.add(token)
    return token


WRONG: dict[str, tuple[Callable[[Cluster], str], str]] = {
    "none": (lambda kube: "", "no token of Kubernetes"),
    "garbage": (lambda kube: "x" * 900, "no token of Kubernetes"),
    "garbage in three parts": (lambda kube: "a.b.c", "no token of Kubernetes"),
    "claims that are no object": (lambda kube: "e30.W10.e30", "no token of Kubernetes"),
    "wrong audience": (lambda kube: kube.issue("n1", audience="https://kubernetes.default.svc"), "is not for"),
    "wrong account": (lambda kube: kube.issue("n1", account="gobs/default"), "not among server.tokenreview.accounts"),
    "account of another namespace": (lambda kube: kube.issue("n1", account="x/gobs-agent"), "not among"),
    "expired": (lambda kube: kube.issue("n1", lasts=-60), "s ago by this server's clock"),
    "expired a moment ago": (lambda kube: kube.issue("n1", lasts=-5), "has expired"),
    "forged": (forged, "cryptographic primitive"),
    "no node claim": (lambda kube: kube.issue(None), "names no node"),
    "empty node claim": (lambda kube: kube.issue(""), "names no node"),
    "revoked": (revoked, "has been invalidated"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_token_that_is_wrong_is_refused_and_only_the_servers_log_says_why(kube: Cluster, case: str) -> None:
    make, why = WRONG[case]
    async with entrance(kube) as gate:
        with pytest.raises(Denied) as denied:
            await gate.node(make(kube))
        assert str(denied.value) == "the service account's token is not accepted; the server's log says why"
        assert why in denied.value.detail


async def test_a_token_is_good_for_its_own_node(kube: Cluster) -> None:
    async with entrance(kube) as gate:
        assert await gate.node(kube.issue("n1")) == "n1"
        assert await gate.node(kube.issue("n2")) == "n2"


async def test_two_pods_of_one_node_are_one_identity_and_those_of_two_nodes_are_not(kube: Cluster) -> None:
    async with entrance(kube) as gate:
        who = [
            (await gate.door.identify(Caller({"authorization": f"Bearer {kube.issue(node)}"}))).who
            for node in ("n1", "n1", "n2")
        ]
    assert who[0] == who[1] != who[2]


async def test_an_api_that_knows_no_audiences_lets_nobody_in(kube: Cluster) -> None:
    kube.knows_audiences = False
    async with entrance(kube) as gate:
        with pytest.raises(Denied) as denied:
            await gate.node(kube.issue("n1"))
        assert "does not say that the token is for" in denied.value.detail


async def test_what_says_of_itself_that_it_is_wrong_is_asked_about_with_nobody(kube: Cluster) -> None:
    async with entrance(kube) as gate:
        for case in ("none", "garbage", "wrong audience", "wrong account", "expired"):
            with pytest.raises(Denied):
                await gate.node(WRONG[case][0](kube))
    assert kube.reviews == []


async def test_a_token_that_many_show_is_asked_about_once(kube: Cluster) -> None:
    token = kube.issue("n1")
    kube.delay = 0.05
    async with entrance(kube) as gate:
        assert await asyncio.gather(*(gate.node(token) for _ in range(500))) == ["n1"] * 500
        assert await gate.node(token) == "n1"
        assert len(kube.reviews) == 1
        gate.clock.ahead += 61
        kube.revoked.add(token)
        with pytest.raises(Denied):
            await gate.node(token)
        assert len(kube.reviews) == 2


async def test_a_refusal_is_remembered_for_seconds_alone(kube: Cluster) -> None:
    token = revoked(kube)
    async with entrance(kube) as gate:
        for _ in range(10):
            with pytest.raises(Denied):
                await gate.node(token)
        assert len(kube.reviews) == 1
        kube.revoked.clear()
        gate.clock.ahead += 6
        assert await gate.node(token) == "n1"


async def test_many_tokens_are_asked_about_a_few_at_a_time_over_few_connections(kube: Cluster) -> None:
    kube.delay = 0.005
    async with entrance(kube) as gate:
        tokens = [kube.issue(f"n{number}") for number in range(100)]
        assert await asyncio.gather(*map(gate.node, tokens)) == [f"n{number}" for number in range(100)]
    assert kube.most_at_once <= 8
    assert len(kube.connections) <= 8


def connection_refused(kube: Cluster) -> None:
    kube.url = "https://127.0.0.1:1"


def silent(kube: Cluster) -> None:
    kube.delay = 30


def forbidden(kube: Cluster) -> None:
    kube.answers = 403, json.dumps({"kind": "Status", "message": "cannot create tokenreviews"}).encode()


def failing(kube: Cluster) -> None:
    kube.answers = 500, b"etcdserver: request timed out"


def nonsense(kube: Cluster) -> None:
    kube.answers = 201, b"<html>"


def redirecting(kube: Cluster) -> None:
    kube.answers = 302, b""


def another_kind(kube: Cluster) -> None:
    kube.answers = 201, b'{"kind": "Status", "status": {"authenticated": true}}'


def endless(kube: Cluster) -> None:
    kube.answers = 201, b" " * (3 << 20)


def another_authority(kube: Cluster) -> None:
    trustme.CA().cert_pem.write_to_path(str(kube.folder / "ca.crt"))


def no_authority(kube: Cluster) -> None:
    (kube.folder / "ca.crt").unlink()


def another_token(kube: Cluster) -> None:
    (kube.folder / "server-token").write_text("of yesterday")


DOWN = {
    "cannot be reached": (connection_refused, another_authority),
    "within 0.2 s": (silent,),
    "system:auth-delegator": (forbidden,),
    "answered with 500: etcdserver": (failing,),
    "answered with 302": (redirecting,),
    "is no Kubernetes API": (nonsense, endless),
    "for a TokenReview": (another_kind,),
    "server.tokenreview.ca_file": (no_authority,),
    "server.tokenreview.token_file": (another_token,),
}


@pytest.mark.parametrize(("said", "happens"), [(said, one) for said, many in DOWN.items() for one in many])
async def test_while_the_api_does_not_judge_nobody_new_comes_in_and_the_log_says_what_to_mend(
    kube: Cluster, said: str, happens: Callable[[Cluster], None]
) -> None:
    token = kube.issue("n1")
    happens(kube)
    async with entrance(kube, timeout=0.2) as gate:
        with capture_logs() as logs:
            for _ in range(3):
                with pytest.raises(Unsure) as unsure:
                    await gate.node(token)
        assert str(unsure.value).startswith("whose token this is cannot be told now")
        assert said in unsure.value.detail
        assert token not in repr(logs) + unsure.value.detail
        assert [line["event"] for line in logs] == ["the Kubernetes API judges no tokens"]
        assert not await gate.door.confirms(Identity())


async def test_what_is_known_goes_on_while_the_api_is_down_and_it_is_taken_up_again(kube: Cluster) -> None:
    known, new = kube.issue("n1"), kube.issue("n2")
    async with entrance(kube) as gate:
        assert await gate.node(known) == "n1"
        failing(kube)
        assert await gate.node(known) == "n1"
        with pytest.raises(Unsure):
            await gate.node(new)
        assert gate.door.trouble
        kube.answers = None
        assert await gate.node(new) == "n2"
        assert not gate.door.trouble


async def test_the_servers_own_token_and_the_authority_are_read_again(kube: Cluster, tmp_path: Path) -> None:
    async with entrance(kube) as gate:
        assert await gate.node(kube.issue("n1")) == "n1"
        another_token(kube)
        with pytest.raises(Unsure):
            await gate.node(kube.issue("n2"))
        (tmp_path / "server-token").write_text(SERVER_TOKEN)
        assert await gate.node(kube.issue("n2")) == "n2"


async def test_over_the_wire_the_token_decides_the_nodes_name_and_is_never_logged(kube: Cluster) -> None:
    token, wrong = kube.issue("n1"), revoked(kube)
    async with entrance(kube) as gate, Rig(door=gate.door) as rig:
        with capture_logs() as logs:
            agent = await rig.call((("authorization", f"Bearer {token}"),))
            await agent.say(hello=hello_of(TABLE, node="n2"))
            assert (await agent.hear()).HasField("welcome")
            assert [node.name for node in rig.live.nodes()] == ["n1"]
            refused = await rig.call((("authorization", f"Bearer {wrong}"),))
            await refused.say(hello=hello_of(TABLE, node="n3"))
            code, details = await refused.end()
        assert code == grpc.StatusCode.UNAUTHENTICATED
        assert "invalidated" not in details
        assert any("invalidated" in str(line.get("why")) for line in logs)
        assert token not in repr(logs)
        assert wrong not in repr(logs)
        assert [node.name for node in rig.live.nodes()] == ["n1"]
