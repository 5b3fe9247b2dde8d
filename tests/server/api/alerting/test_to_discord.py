"""From a rule made over REST to a message in Discord and back, over a real journal, database and socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import Secret
from gobs_notifiers.discord import DiscordNotifier
from gobs_server.http import create_app
from tests.notifiers.service import Made, Script, answer, service
from tests.server.alerts.living import Living
from tests.server.api.alerting.test_alerting import LARGE, faults, send
from tests.support.waiting import until

TAKEN = answer(200, {"id": "42"})


class Ground(NamedTuple):
    """A server with alerts, a client of its REST interface, and a Discord that answers as it is told."""

    living: Living
    client: Client
    discord: Script
    url: str

    async def channel(self, **settings: Any) -> dict[str, Any]:
        """Make a channel to the fake Discord."""
        body = {"name": "ops", "kind": "discord", "settings": {"webhook_url": f"{self.url}/hook/secret", **settings}}
        found: dict[str, Any] = await send(self.client, "POST", "/channels", body, 201)
        return found

    async def deliveries(self, state: str, count: int = 1) -> list[dict[str, Any]]:
        """What REST tells of messages, once there are so many."""
        async with asyncio.timeout(30):
            while True:
                found: list[dict[str, Any]] = (await send(self.client, "GET", f"/deliveries?state={state}"))[
                    "deliveries"
                ]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.02)


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    script = Script(TAKEN)
    inside = ("127.0.0.0/8",)
    async with service(script) as url, Living(tmp_path, DiscordNotifier, configs={}, inside=inside) as living:
        client = create_app(replace(living.cluster.services(), alerts=living.alerts)).test_client()
        yield Ground(living, client, script, url)


async def test_one_message_names_what_fires_and_another_says_that_it_is_over(ground: Ground) -> None:
    living, client, discord, url = ground
    await ground.channel()
    await send(client, "POST", "/rules", {**LARGE, "for_seconds": 10, "note": "look at the boxes"}, 201)
    machine = living.machine()
    for size in (60.0, 70.0, 80.0):
        await living.feed(machine, {"a": size, "b": 1.0})
    await until(lambda: len(discord.asked) == 1, 20)
    [told] = discord.asked
    assert (told.method, told.path, told.query) == ("POST", "/hook/secret", {"wait": "true"})
    text = str(told.json())
    for part in ("large", "above 50", "n1", "look at the boxes", "https://gobs.example/alerts?rule=large"):
        assert part in text, part
    assert told.json()["allowed_mentions"] == {"parse": [], "users": [], "roles": []}

    [alert] = (await send(client, "GET", "/alerts?state=firing"))["alerts"]
    assert (alert["row"], alert["told"]) == ("a", ["ops"])
    await living.feed(machine, {"a": 10.0, "b": 1.0})
    living.move(31)
    await until(lambda: len(discord.asked) == 3, 20)
    edited, posted = discord.asked[1:]
    assert (edited.method, edited.path) == ("PATCH", "/hook/secret/messages/42")
    assert posted.method == "POST"
    [alert] = (await send(client, "GET", "/alerts"))["alerts"]
    assert (alert["state"], alert["reason"], alert["worst"]) == ("resolved", "cleared", 80)

    assert {one["said"] for one in await ground.deliveries("sent", 2)} == {"HTTP 200: the message was taken"}
    shown = await send(client, "GET", "/channels")
    assert shown["channels"][0]["settings"]["webhook_url"] == "***"
    assert url not in str(shown)


@pytest.mark.parametrize(
    "refusals",
    [
        pytest.param([answer(429, {"retry_after": 0.2, "global": False})], id="its own limit"),
        pytest.param([answer(429, {"retry_after": 0.2, "global": True}, X_RateLimit_Global="true")], id="all limits"),
        pytest.param([answer(429, "<html>slow down</html>", Retry_After="0.2")], id="a proxy's limit"),
        pytest.param([answer(503, "<html>away</html>", Retry_After="0.2"), answer(500, {})], id="faults of its own"),
    ],
)
async def test_what_discord_cannot_take_now_is_told_again_until_it_is_taken_and_only_then_is_it_sent(
    ground: Ground, refusals: list[Made]
) -> None:
    living, client, discord, _ = ground
    discord.next.extend(refusals)
    await ground.channel()
    await send(client, "POST", "/rules", LARGE, 201)
    await living.feed(living.machine(), {"a": 60.0})
    await until(lambda: len(discord.asked) == 1, 20)
    assert [one["state"] for one in (await send(client, "GET", "/deliveries"))["deliveries"]] == ["sending"]
    sent = await ground.deliveries("sent")
    assert (len(sent), sent[0]["attempts"]) == (1, len(refusals) + 1)
    assert len(discord.asked) == len(refusals) + 1
    assert len({asked.body for asked in discord.asked}) == 1


async def test_a_webhook_that_is_gone_stops_its_channel_visibly_until_a_test_is_taken(ground: Ground) -> None:
    living, client, discord, _ = ground
    discord.next.append(answer(404, {"message": "Unknown Webhook", "code": 10015}))
    made = await ground.channel()
    await send(client, "POST", "/rules", LARGE, 201)
    machine = living.machine()
    await living.feed(machine, {"a": 60.0})
    dead = await ground.deliveries("dead")
    assert "Unknown Webhook" in dead[0]["said"]
    await until(lambda: "channels" in living.alerts.troubles())
    [shown] = (await send(client, "GET", "/channels"))["channels"]
    assert "make a new one in Discord" in shown["stopped"]
    tested = await send(client, "POST", f"/channels/{made['id']}/test")
    while not tested["taken"]:
        assert "refused" in tested["said"]
        living.alerts.post._senders["ops"].made.notifier._free = 0.0  # type: ignore[attr-defined]  # its patience
        tested = await send(client, "POST", f"/channels/{made['id']}/test")
    assert tested["said"] == "HTTP 200: the message was taken"
    await send(client, "POST", f"/deliveries/{dead[0]['id']}/retry", None, 202)
    await ground.deliveries("sent")
    assert "large fires" in str(discord.asked[-1].json())


async def test_a_webhook_that_points_inside_is_refused_unless_the_settings_name_it(tmp_path: Path) -> None:
    script = Script(TAKEN)
    async with service(script) as url:
        config = DiscordNotifier.Config(webhook_url=Secret(f"{url}/hook/secret"))
        living = Living(tmp_path, DiscordNotifier, configs={"discord": config})
        await _refused_everywhere(living, url)
    assert script.asked == []


async def _refused_everywhere(living: Living, url: str) -> None:
    async with living:
        client = create_app(replace(living.cluster.services(), alerts=living.alerts)).test_client()
        body = {"name": "ops", "kind": "discord", "settings": {"webhook_url": f"{url}/hook/secret"}}
        refused = faults(await send(client, "POST", "/channels", body, 422))["body.settings.webhook_url"]
        assert "127.0.0.1 is this machine" in refused
        [made] = (await send(client, "GET", "/channels"))["channels"]
        tested = await send(client, "POST", f"/channels/{made['id']}/test")
        assert not tested["taken"]
        assert "127.0.0.1 is this machine" in tested["said"]
        assert "server.inside_targets" in tested["said"]
        wrong = {"name": "x", "kind": "discord", "settings": {"thread_id": "abc"}}
        assert set(faults(await send(client, "POST", "/channels", wrong, 422))) == {
            "body.settings.webhook_url",
            "body.settings.thread_id",
        }
