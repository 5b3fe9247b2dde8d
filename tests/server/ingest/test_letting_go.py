"""Names of nodes are bounded in number, and what was told of a node long down is let go."""

from __future__ import annotations

import weakref

import grpc

from tests.server.ingest.rig import TABLE, Rig
from tests.server.ingest.test_fencing import Streams
from tests.support.frames import Sender, hello_of


async def test_a_name_too_many_is_refused_and_the_setting_named() -> None:
    async with Rig(most_nodes=2) as rig:
        for name in ("a", "b", "a"):
            await rig.agent(node=name)
        late = await rig.call()
        await late.say(hello=hello_of(TABLE, node="c"))
        code, details = await late.end()
        assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "server.max_nodes" in details
        assert [node.name for node in rig.live.nodes()] == ["a", "b"]
        assert rig.metrics.count("gobs_server_refused_streams", reason="too many nodes") == 1


async def test_a_forgotten_name_makes_room() -> None:
    async with Rig(most_nodes=1) as rig:
        agent = await rig.agent(node="a")
        await agent.done()
        await agent.end()
        rig.live.age()
        for _ in range(2):
            rig.clock.ahead += 8 * 86_400
            rig.live.age()
            rig.sessions.tick()
        await rig.agent(node="b")
        assert [node.name for node in rig.live.nodes()] == ["b"]


async def test_what_a_run_told_is_let_go_hours_after_its_node_went_down() -> None:
    streams = Streams()
    session = streams.open()
    streams.frame(session, Sender(TABLE), 1, keyframe=True)
    run = weakref.ref(session.run)
    streams.sessions.closed(session)
    del session
    for hours, kept in ((1, True), (1, True), (6, False)):
        streams.clock.move(hours * 3600)
        streams.live.age()
        streams.sessions.tick()
        assert (run() is not None) == kept
    assert [node.name for node in streams.live.nodes()] == ["n1"]
