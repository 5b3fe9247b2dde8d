"""A server whose clock is held, with three nodes that always hold the same: what pages show can be written down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import sin
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from msgspec.json import encode
from msgspec.structs import replace

from gobs_collectors.process.tables import POD
from gobs_core import (
    Chart,
    Event,
    Notification,
    PluginState,
    RowValues,
    Severity,
    Table,
    Thresholds,
    Total,
    Unit,
    counter,
    derived,
    gauge,
    info,
    key,
)  # fmt: skip
from gobs_core.plugins import Plugins
from gobs_notifiers.webhook import WebhookNotifier
from gobs_server.actor import Actor
from gobs_server.alerts.conditions import gobs_register_conditions
from gobs_server.alerts.holding import Extensions
from gobs_server.alerts.keeping.journal import Put
from gobs_server.alerts.records import ChannelSettings, Delivery
from gobs_server.alerts.rules.rule import RuleFields
from gobs_server.alerts.telling.silence import SilenceFields
from gobs_server.app import Server
from gobs_server.db.alerts import AlertSearch
from gobs_server.settings import ServerSettings
from tests.browser.holding import SELDOM
from tests.browser.pages import prepare
from tests.server.feeding import START, Cluster, HeldClock, Rows
from tests.server.pods import pod
from tests.server.tables import NET, PROCESS
from tests.support.database import fresh

# Tables of its own: a column that a collector gets some day changes no page of this one.
CPU = Table(
    "cpu",
    "Where the time goes",
    [
        key("cpu", "Number of the CPU, or all"),
        counter("user", "Time in user mode", Unit.SECONDS, scale=0.01, source="/proc/stat"),
        counter("system", "Time in the kernel", Unit.SECONDS, scale=0.01, source="/proc/stat"),
        derived("user_percent", "Share in user mode", "100 * rate(user)", Unit.PERCENT),
        derived("system_percent", "Share in the kernel", "100 * rate(system)", Unit.PERCENT),
        derived(
            "busy", "Share of the time", "100 * rate(user) + 100 * rate(system)", Unit.PERCENT,
            thresholds=Thresholds(warning=80, critical=95),
        ),
    ],
    total=Total("cpu", frozenset({"all"})),
    charts=[Chart("busy", title="CPU")],
)  # fmt: skip
MEMORY = Table(
    "memory",
    "What memory is used for",
    [
        gauge("total", "All of it", Unit.BYTES, scale=1024),
        gauge("available", "What could be had", Unit.BYTES, scale=1024),
        derived("used", "What could not", "total - available", Unit.BYTES),
        derived("used_percent", "used as a share of total", "100 * (total - available) / total", Unit.PERCENT),
    ],
)
KIND = Table("kind", "Without a key, and a text that is not known", [info("text", "One", needs="CAP_NONE")])
READINGS = 36
EVERY = 5.0


@asynccontextmanager
async def fixed_server(folder: Path) -> AsyncIterator[Server]:
    """A server that has three minutes behind it."""
    prepare(folder, START)
    settings = ServerSettings(http="127.0.0.1:0", grpc="127.0.0.1:0", drain=0.5, refresh=SELDOM, gallery=True)
    conditions = {cls.name: cls for cls in gobs_register_conditions()}
    extensions = Extensions(Plugins(conditions=conditions, notifiers={"webhook": WebhookNotifier}))
    server = Server(settings, fresh(folder), clock=HeldClock(), extensions=extensions)
    await server.start()
    try:
        await _rules(server)
        _feed(server)
        await _told(server)
        await _people(server)
        yield server
    finally:
        await server.stop()


async def _rules(server: Server) -> None:
    """Rules of which one fires, one did, one waits and one is off, and a channel that is off too."""
    alerts = server.alerts
    for rule in list(alerts.book.rules):
        alerts.book.drop_rule(rule)
    settings = {"url": "https://hooks.example.org/ops"}
    alerts.book.put_channel(
        ChannelSettings(id="c-1", name="ops", kind="webhook", settings=settings, enabled=False, by="ann")
    )
    row = RuleFields(name="", target="row", metric="process.rss", threshold=1024.0)
    for name, more in (
        ("postgres is large", {"node": "db", "where": {"comm": "postgres-2"}, "note": "look at its caches"}),
        ("a backup runs", {"node": "web", "where": {"comm": "backup"}, "severity": Severity.INFO}),
        ("it grows", {"where": {"comm": "init-*"}, "for_seconds": 600, "severity": Severity.CRITICAL}),
        ("not wanted", {"enabled": False}),
    ):
        await alerts.desk.add_rule(replace(row, name=name, **more), "ann")


async def _told(server: Server) -> None:
    """What came of them, and what was to be told of it."""
    alerts, now = server.alerts, server.clock.wall()
    async with alerts.keeper.lock:
        await alerts.keeper.settle()
    fields = SilenceFields(rule=["a backup *"], comment="every night", until=now + 3600)
    await alerts.desk.add_silence(fields, "ann")
    rule, key = "postgres is large", str(uuid5(NAMESPACE_OID, "told"))
    told = Notification(key=key, event=Event.FIRING, at=now - 60, rule=rule, summary=rule)
    dead = Delivery(
        id=key, channel="ops", group="", event=told.event, notification=told, made=now - 60, state="dead",
        attempts=2, ended=now - 50, said="HTTP 400: no",
    )  # fmt: skip
    await alerts.journal.write([Put("delivery", dead.id, encode(dead), now - 50)])
    async with asyncio.timeout(30):
        while not (await alerts.search(AlertSearch("resolved"), 1, 0)).total:  # noqa: ASYNC110  nobody tells of it
            await asyncio.sleep(0.05)


async def _people(server: Server) -> None:
    """Somebody who has logged in, with a token."""
    person = await server.access.people.arrived("ann at the provider", "ann", "operator")
    await server.access.logins.begin(person, "oidc", "192.0.2.7", "Firefox")
    await server.access.acts.create_token(Actor("root", "administrator", "loopback"), "ci", ("read",), person, 3600)


def _feed(server: Server) -> None:
    assert isinstance(server.clock, HeldClock)
    cluster = Cluster(server.clock, server.live, server.history)
    plugin = PluginState(kind="collector", name="broken", state="failing", error="Traceback\nValueError: no", runs=3)
    web, db = (
        cluster.machine(name, CPU, MEMORY, NET, PROCESS, POD, KIND, plugins=(plugin,) if name == "web" else ())
        for name in ("web", "db")
    )
    cluster.machine("lost", MEMORY).feed({MEMORY: [(16_000, 12_000)]})
    for at in range(READINGS):
        for number, machine in enumerate((web, db), 1):
            machine.feed(_rows(at, number), after=EVERY if number == 1 else 0.0, keyframe=at % 12 == 0)
    server.live.set_notes(web.node, ("the kernel is old",))
    server.live.age()  # the node that was heard of once is down by now


def _rows(at: int, number: int) -> Rows:
    """What one reading of a node holds."""
    user, system = int(at * 100 * number + 50 * sin(at / 9)), at * 50
    processes: list[RowValues] = [
        (str(pid), "77", f"{name}-{number}", 1000 * pid + at * 10, at * pid * 4096)
        for pid, name in ((1, "init"), (20, "nginx"), (300, "postgres"))
    ]
    if at < READINGS // 2:
        processes.append(("31", "80", "backup", 500, at * 9000))
    return {
        CPU: [("0", user, system), ("all", user, system)],
        MEMORY: [(16_000_000, 12_000_000 - 50_000 * at * number)],
        NET: [("eth0", "physical", at << 20), ("lo", "loopback", at << 10)],
        PROCESS: processes,
        POD: [
            pod(f"u-{number}", f"api-{number}", owner="Deployment/api", labels="app=api", containers_ready=1,
                containers_wanted=1, restarts=at // 20, memory_working_set=(10 + at) << 20, memory_limit=64 << 20),
            pod(f"u-{number}0", None, None),
        ],
        KIND: [(None,)],
    }  # fmt: skip
