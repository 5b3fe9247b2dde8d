"""A server on which everything that can have a name has each of the hostile ones."""

from __future__ import annotations

from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from msgspec.json import encode

from gobs_collectors.process.tables import POD
from gobs_core import Event, Notification, PluginState, ProfileTarget
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
from gobs_server.settings import ServerSettings
from tests.browser.holding import SELDOM
from tests.server.feeding import Cluster, HeldClock, Machine, Rows
from tests.server.pods import pod
from tests.server.profiles.made import profile
from tests.server.profiles.stored import done, store
from tests.server.tables import NET, PROCESS
from tests.support.database import fresh
from tests.support.hostile import HOSTILE_NAMES

MANY = "all"
"""A node with a process, an interface, a workload and a pod of each name."""
ROOT = Actor("root", "administrator", "loopback")


async def hostile_server(folder: Path) -> Server:
    """Return a server that has started and knows recordings of each name."""
    recorded = profile({(1, 1, ("main", "work")): 10})
    await store(
        folder,
        *(
            (
                done(
                    f"profile-{at}",
                    recorded,
                    node=name[:250],
                    target=ProfileTarget(kind="workload", workload=name[:250]),
                    namespace=name[:200],
                    pod=name[:200],
                    by=name[:100],
                ),
                recorded,
            )
            for at, name in enumerate(HOSTILE_NAMES)
        ),
    )
    conditions = {cls.name: cls for cls in gobs_register_conditions()}
    plugins = Plugins(conditions=conditions, notifiers={"webhook": WebhookNotifier})
    settings = ServerSettings(http="127.0.0.1:0", grpc="127.0.0.1:0", drain=0.5, refresh=SELDOM)
    server = Server(settings, fresh(folder), clock=HeldClock(), extensions=Extensions(plugins), folder=folder)
    await server.start()
    return server


def called_so(server: Server) -> list[Machine]:
    """Let a node of each name report, with a plugin, a note, a process and an interface of that name; and MANY."""
    assert isinstance(server.clock, HeldClock)
    cluster = Cluster(server.clock, server.live, server.history)
    found = []
    for name in HOSTILE_NAMES:
        plugin = PluginState(
            kind="collector", name=name, state="failing", error=f"Traceback\n{name}", unknown={name: name}
        )
        machine = cluster.machine(name, NET, PROCESS, plugins=(plugin,))
        cluster.live.set_notes(machine.node, (name,))
        machine.feed({NET: [(name, name, 1)], PROCESS: [("1", name, name, 1, 1)]})
        found.append(machine)
    found.append(cluster.machine(MANY, NET, PROCESS, POD))
    for count in (1, 2):
        found[-1].feed(many(count), after=5)
    return found


def many(count: int) -> Rows:
    """What one reading of MANY holds."""
    pods = [
        pod(name, name, name, owner=f"Deployment/{name}", reason=name, labels=f"app={name}", phase="Pending")
        for name in HOSTILE_NAMES
    ]
    return {
        NET: [(each, each, count) for each in HOSTILE_NAMES],
        PROCESS: [("1", each, each, count, count) for each in HOSTILE_NAMES],
        POD: pods,
    }


async def made_so(server: Server) -> list[str]:
    """Make people, a rule, a silence, a channel and a token of each name, and let one rule fire for rows of each name.

    Returns what the browser of each of those people shows, to be let in.
    """
    desk, shown = server.alerts.desk, []
    for at, name in enumerate(name[:200] for name in HOSTILE_NAMES):
        person = await server.access.people.arrived(f"somebody {at}", name, "viewer")
        shown.append(await server.access.logins.begin(person, "provider", name, name))
        if name.isprintable():
            await server.access.acts.create_token(ROOT, name[:100], ("read",), person, 3600)
        server.alerts.book.put_channel(
            ChannelSettings(
                id=str(uuid5(NAMESPACE_OID, f"channel {at}")),
                name=name[:100],
                kind="webhook",
                stopped=name,
                by=name,
                settings={"url": name},
            )
        )
        if not name.isprintable():
            continue  # others are no names of what people make
        fields = RuleFields(name=name, target="row", metric="net.receive_bytes", threshold=1e15, about=name, note=name)
        await desk.add_rule(fields, name)
        await desk.add_silence(SilenceFields(rule=[name], comment=name, until=server.clock.wall() + 3600), name)
        await server.access.acts.create_token(ROOT, name[:100], ("read",), None, 3600)
    await desk.add_rule(RuleFields(name="<b>fires</b>", target="row", metric="process.rss", threshold=0.0), "ann")
    for name in HOSTILE_NAMES:
        await server.access.audit.record(ROOT, "rule.change", name[:200], {name[:50]: name[:200]}, {name[:50]: "other"})
    return shown


async def fallen_so(server: Server) -> dict[str, list[str]]:
    """Let half of what fires be dismissed by somebody of a hostile name, and messages be dead; what -> its addresses.

    Every alert is of a process of such a name.
    """
    alerts = server.alerts
    async with alerts.keeper.lock:
        await alerts.keeper.settle()
    found = list(alerts.keeper.alerts.values())
    for one, name in zip(found, HOSTILE_NAMES, strict=False):
        if len(name) % 2:
            await alerts.desk.dismiss(one.id, name, name)
    told = [_dead(at, name, server.clock.wall()) for at, name in enumerate(HOSTILE_NAMES)]
    dead = [
        Delivery(
            id=one.key, channel=one.rule[:100], group="", event=one.event, state="dead", made=one.at, ended=one.at,
            attempts=1, said=one.rule, notification=one,
        )
        for one in told
    ]  # fmt: skip
    await alerts.journal.write([Put("delivery", one.id, encode(one)) for one in dead])
    lists = ["/alerts?state=all", "/alerts?state=resolved", "/alerts/silences", "/alerts/channels", "/alerts/rules"]
    lists += ["/access/logins", "/access/tokens"]
    return {
        "alert": [f"/alerts/{one.id}" for one in found],
        "rule": [f"/alerts/rules/{one.id}" for one in alerts.book.rules.values()],
        "channel": [f"/alerts/channels/{one}" for one in alerts.book.channels],
        "list": lists,
    }


def _dead(at: int, name: str, now: float) -> Notification:
    key = str(uuid5(NAMESPACE_OID, f"dead {at}"))
    return Notification(key=key, event=Event.FIRING, at=now, rule=name, summary=name)
