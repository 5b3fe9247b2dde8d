"""A collector of others that begins to fail, in a real agent, as a server judges it: no row goes that nobody saw go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import aiohttp
import pytest

from gobs_core.agent.loop import Agent
from gobs_core.plugins import Plugins
from gobs_core.proc import Proc
from gobs_core.settings import AgentSettings, Settings
from gobs_core.testing import FakeProc
from gobs_server.alert_settings import AlertSettings
from gobs_server.alerts.conditions import gobs_register_conditions
from gobs_server.alerts.holding import Extensions
from gobs_server.alerts.rules.rule import RuleFields
from gobs_server.app import Server
from gobs_server.db.alerts import AlertSearch
from gobs_server.settings import ServerSettings
from gobs_sinks.grpc import GrpcConfig, GrpcSink
from tests.core.fakes import healthy
from tests.core.workers.faulty import CLASSES
from tests.core.workers.rig import THEIRS
from tests.support.database import fresh
from tests.support.waiting import until

INTERVAL = 0.3
POLICIES: tuple[Literal["keep", "ok", "alert"], ...] = ("keep", "ok", "alert")


class Site:
    """A server, an agent of it that ticks whenever something is waited for, and the file that its collector obeys."""

    def __init__(self, server: Server, agent: Agent, says: Path) -> None:
        self.server, self.agent, self.says = server, agent, says

    async def until(self, condition: Callable[[], object]) -> None:
        """Tick until it holds."""
        async with asyncio.timeout(90):
            while not condition():
                await self.agent.tick()
                await asyncio.sleep(INTERVAL)

    def says_now(self, words: str) -> None:
        """Let the collector do so from its next reading on."""
        self.says.write_text(words)

    def fares(self, state: str) -> bool:
        """Whether the collector fares so, as the server has it."""
        node = self.server.live.node("n1")
        return node is not None and any((one.name, one.state) == ("obeys", state) for one in node.plugins)

    def fire(self, *expected: tuple[str, str]) -> bool:
        """Whether just these fire: rule and row."""
        alerts = self.server.alerts.keeper.alerts.values()
        return {(alert.rule_name, alert.key[-1]) for alert in alerts if alert.state == "firing"} == set(expected)

    def overdue(self) -> bool:
        """Whether its table is shown as old."""
        node = self.server.live.node("n1")
        return node is not None and self.server.live.overdue(node, node.tables["obeys"]) is not None

    async def page(self, path: str) -> str:
        """Return what the server answers."""
        async with aiohttp.ClientSession() as client:
            answer = await client.get(f"http://{self.server.http}{path}", headers={"Accept": "*/*"})
            assert answer.status == 200, await answer.text()
            return await answer.text()


@asynccontextmanager
async def site(folder: Path, proc: FakeProc) -> AsyncIterator[Site]:
    says = folder / "says"
    own = ServerSettings(
        http="127.0.0.1:0", grpc="127.0.0.1:0", stale=2.0, down=60.0, drain=0.5, alerts=AlertSettings(starter=False)
    )
    conditions = Plugins(conditions={cls.name: cls for cls in gobs_register_conditions()})
    server = Server(own, fresh(folder), extensions=Extensions(conditions), folder=folder)
    says.write_text("a b")
    await server.start()
    config = CLASSES["obeys"].Config(say=str(says), deadline=1.0)
    settings = Settings(
        agent=AgentSettings(node="n1", interval=INTERVAL),
        configs={
            ("collector", "obeys"): config,
            ("sink", "grpc"): GrpcConfig(server=f"127.0.0.1:{server.grpc_port}"),
        },
        named=frozenset({("sink", "grpc")}),
    )
    plugins = Plugins(
        collectors={"near": healthy("near"), "obeys": CLASSES["obeys"]},
        sinks={"grpc": GrpcSink},
        origins={("collector", "obeys"): THEIRS},
    )
    agent = Agent(settings, plugins, Proc(proc.root, proc.sys))
    await agent.open()
    try:
        await until(lambda: (node := server.live.node("n1")) is not None and node.connected)
        yield Site(server, agent, says)
    finally:
        await agent.close()
        await server.stop()


@pytest.mark.parametrize("fault", ["raises", "hang", "leaves"])
async def test_a_collector_in_quarantine_resolves_no_alert_as_gone_and_the_rule_says_what_no_data_means(
    fault: str, tmp_path: Path, proc: FakeProc
) -> None:
    async with site(tmp_path, proc) as place:
        for policy in POLICIES:
            fields = RuleFields(name=policy, target="row", metric="obeys.level", threshold=0.5, no_data=policy)
            await place.server.alerts.desk.add_rule(fields, "ann")
        rows = [(policy, row) for policy in POLICIES for row in ("a", "b")]
        await place.until(partial(place.fire, *rows))
        place.says_now(fault)
        await place.until(partial(place.fares, "quarantined"))
        await place.until(place.overdue)
        kept = [pair for pair in rows if pair[0] != "ok"]
        await place.until(partial(place.fire, *kept))
        over = (("ok", "a", "no data"), ("ok", "b", "no data"))
        assert await are_over(place, *over)
        told = await place.page("/nodes/n1/tables/obeys")
        assert "its collector gives no newer reading; what is shown is what it gave last" in told
        assert ">a<" in told

        place.says_now("a")
        assert place.server._retry_plugin("n1", "collector", "obeys")
        await place.until(partial(place.fire, *((policy, "a") for policy in POLICIES)))
        assert await are_over(place, *over, ("keep", "b", "gone"), ("alert", "b", "gone")), "a good reading lacks it"


async def test_a_collector_that_says_that_there_is_no_data_has_no_rows_any_more(tmp_path: Path, proc: FakeProc) -> None:
    async with site(tmp_path, proc) as place:
        fields = RuleFields(name="keep", target="row", metric="obeys.level", threshold=0.5)
        await place.server.alerts.desk.add_rule(fields, "ann")
        await place.until(partial(place.fire, ("keep", "a"), ("keep", "b")))
        place.says_now("empty")
        await place.until(partial(place.fire))
        assert await are_over(place, ("keep", "a", "gone"), ("keep", "b", "gone"))


async def reasons(place: Site) -> set[tuple[str, str, str | None]]:
    """Rule, row and reason of all that is over."""
    found = await place.server.alerts.search(AlertSearch(state="resolved"), 100, 0)
    return {(alert.rule_name, alert.key[-1], alert.reason) for alert in found.alerts}


async def are_over(place: Site, *expected: tuple[str, str, str]) -> bool:
    """Wait until just these are over, as the database has it in the end."""
    async with asyncio.timeout(20):
        while await reasons(place) != set(expected):  # noqa: ASYNC110  it is asked, and tells nobody
            await asyncio.sleep(0.05)
    return True
