"""Discord over a real socket that speaks its protocol: limits, refusals, edits, and names that mean harm."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from gobs_core import Event, Notification, Receipt, Rejected, Secret, TryLater, Unusable
from gobs_core.testing import FakeClock, check_notifier, example_notification
from gobs_notifiers.discord import DiscordConfig, DiscordNotifier
from gobs_notifiers.discord.message import (
    MOST_ALL,
    MOST_FIELDS,
    MOST_NAME,
    MOST_TEXT,
    MOST_TITLE,
    MOST_VALUE,
    message_of,
)
from gobs_notifiers.discord.text import cut, mentions, plain, units
from tests.notifiers.service import INSIDE, Made, Script, answer, never, reset, service, trickle
from tests.support.hostile import HOSTILE_NAMES
from tests.support.secrets import marked

TOKEN = marked("tOkEn-that-must-not-be-shown")
PATH = f"/api/webhooks/42/{TOKEN}"
TAKEN = answer(200, {"id": "1234567890"})


def made(url: str, clock: FakeClock | None = None, **settings: Any) -> DiscordNotifier:
    config = DiscordConfig(webhook_url=Secret(url + PATH), **settings)
    return DiscordNotifier(config, INSIDE, **({"clock": lambda: clock.monotonic_ns() / 1e9} if clock else {}))


async def outcome(notifier: DiscordNotifier, notification: Notification) -> Receipt | Exception:
    """What became of one message; nothing of the webhook's token may be in it."""
    found: Receipt | Exception
    try:
        found = await notifier.send(notification)
    except (TryLater, Rejected, Unusable) as error:
        found = error
    assert TOKEN not in str(found)
    return found


async def test_a_message_names_the_pod_and_who_did_it_and_waits_for_discord_to_keep_it() -> None:
    script = Script(TAKEN)
    async with service(script) as url:
        notifier = made(url, thread_id="77", username="gobs")
        receipt = await notifier.send(example_notification())
        await notifier.close()
    assert receipt.reference == "1234567890"
    (asked,) = script.asked
    assert (asked.method, asked.path, asked.query) == ("POST", PATH, {"wait": "true", "thread_id": "77"})
    message = asked.json()
    (embed,) = message["embeds"]
    text = msgspec.json.encode(embed).decode()
    for part in ("pod memory", "shop/web", "95.3 %", "above 90 %", "worker.py", "4242", "61 %"):
        assert part.replace(".", "\\\\.").replace("-", "\\\\-") in text or part in text, part
    assert message["username"] == "gobs"
    assert example_notification().key in embed["footer"]["text"]


async def test_only_whom_the_rule_names_is_called() -> None:
    hostile = "@everyone <@&666> <@1> @here"
    message = message_of(example_notification(text=hostile))
    assert message["content"] == "<@&42>"
    assert message["allowed_mentions"] == {"parse": [], "users": [], "roles": ["42"]}
    quiet = message_of(example_notification(Event.RESOLVED))
    assert "content" not in quiet
    assert quiet["allowed_mentions"] == {"parse": []}


def test_mentions_are_taken_out_of_what_an_author_wrote() -> None:
    said, allowed = mentions("hey <@&1> <@!2>, <@3> @everyone please <script> <#9>")
    assert said == "<@&1> <@!2> <@3> @everyone"
    assert allowed == {"parse": ["everyone"], "users": ["2", "3"], "roles": ["1"]}


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_whatever_the_names_are_a_message_keeps_every_limit(event: Event, name: str) -> None:
    shown = name.encode("utf-8", "replace").decode() * 50
    message = message_of(example_notification(event, alerts=20, text=shown), shown)
    (embed,) = message["embeds"]
    assert 0 < units(embed["title"]) <= MOST_TITLE
    assert units(embed["description"]) <= MOST_TEXT
    assert len(embed["fields"]) <= MOST_FIELDS
    for field in embed["fields"]:
        assert 0 < units(field["name"]) <= MOST_NAME
        assert 0 < units(field["value"]) <= MOST_VALUE
    parts = [embed["title"], embed["description"], embed["footer"]["text"]]
    parts += [text for field in embed["fields"] for text in (field["name"], field["value"])]
    assert sum(map(units, parts)) <= MOST_ALL
    assert units(message["username"]) <= 80
    msgspec.json.encode(message)


@pytest.mark.parametrize(
    "text", ["**bold**", "[a](https://evil.example)", "<@1>", "||hidden||", "# title", "`code`", "https://evil.example"]
)
def test_a_name_formats_links_and_calls_nothing(text: str) -> None:
    shown = plain(text)
    assert "https://" not in shown
    assert "<@1>" not in shown
    assert all(f"\\{mark}" in shown for mark in "*[]()<@|#`" if mark in text)


def test_a_cut_counts_as_discord_does_and_splits_no_character() -> None:
    smile = "\N{GRINNING FACE}"
    assert units(cut(smile * 100, 11)) <= 11
    assert cut(smile * 100, 11) == smile * 5 + "…"
    assert cut("short", 5) == "short"
    assert cut("a\\*b", 3) == "a…"


async def test_what_is_over_is_edited_and_told() -> None:
    script = Script(TAKEN)
    async with service(script) as url:
        notifier = made(url)
        resolved = msgspec.structs.replace(example_notification(Event.RESOLVED), reference="99")
        await notifier.send(resolved)
        await notifier.close()
    assert [(asked.method, asked.path) for asked in script.asked] == [("PATCH", f"{PATH}/messages/99"), ("POST", PATH)]
    edited = script.asked[0].json()
    assert edited["content"] == ""
    assert "resolved" in edited["embeds"][0]["title"]
    assert "username" not in edited


@pytest.mark.parametrize(("when", "methods"), [("edit", ["PATCH"]), ("post", ["POST"]), ("both", ["PATCH", "POST"])])
async def test_how_the_end_is_told_can_be_chosen(when: str, methods: list[str]) -> None:
    script = Script(TAKEN)
    async with service(script) as url:
        notifier = made(url, when_over=when)
        await notifier.send(msgspec.structs.replace(example_notification(Event.RESOLVED), reference="99"))
        await notifier.close()
    assert [asked.method for asked in script.asked] == methods


async def test_a_message_that_somebody_deleted_is_posted_anew() -> None:
    script = Script(TAKEN)
    script.next.append(answer(404, {"code": 10008, "message": "Unknown Message"}))
    async with service(script) as url:
        notifier = made(url, when_over="edit")
        receipt = await notifier.send(msgspec.structs.replace(example_notification(Event.RESOLVED), reference="99"))
        await notifier.close()
    assert [asked.method for asked in script.asked] == ["PATCH", "POST"]
    assert receipt.reference == "1234567890"


async def test_when_the_limit_is_reached_nothing_is_asked_until_it_is_over() -> None:
    script = Script(TAKEN)
    script.next.append(answer(200, {"id": "1"}, X_RateLimit_Remaining="0", X_RateLimit_Reset_After="1.5"))
    clock = FakeClock()
    async with service(script) as url:
        notifier = made(url, clock)
        await notifier.send(example_notification())
        refused = await outcome(notifier, example_notification(key="2"))
        assert isinstance(refused, TryLater)
        assert refused.after == pytest.approx(1.5)
        assert len(script.asked) == 1
        clock.advance(1.6)
        await notifier.send(example_notification(key="2"))
        await notifier.close()
    assert len(script.asked) == 2


@pytest.mark.parametrize(
    ("reply", "after", "everyone"),
    [
        (answer(429, {"message": "limited", "retry_after": 2.25, "global": False}), 2.25, False),
        (answer(429, {"message": "limited", "retry_after": 3, "global": True}), 3.0, True),
        (answer(429, "<html>slow down</html>", Retry_After="7"), 7.0, True),
        (answer(429, "<html>slow down</html>"), 30.0, True),
        (answer(429, {"retry_after": "soon"}), 30.0, False),
        (answer(429, {"retry_after": -5}), 30.0, False),
    ],
)
async def test_a_429_is_waited_out_as_long_as_it_says(reply: Any, after: float, everyone: bool) -> None:
    script = Script(TAKEN)
    script.next.append(reply)
    async with service(script) as url:
        notifier = made(url, clock := FakeClock())
        refused = await outcome(notifier, example_notification())
        assert isinstance(refused, TryLater)
        assert (refused.after, refused.everyone) == (after, everyone)
        assert isinstance(await outcome(notifier, example_notification()), TryLater)
        assert len(script.asked) == 1
        clock.advance(after + 0.01)
        assert isinstance(await outcome(notifier, example_notification()), Receipt)
        await notifier.close()


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
async def test_a_fault_of_discord_is_tried_again(status: int) -> None:
    script = Script(answer(status, "<html>bad gateway</html>"))
    async with service(script) as url:
        notifier = made(url)
        assert isinstance(await outcome(notifier, example_notification()), TryLater)
        await notifier.close()


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_webhook_that_is_gone_is_left_alone(status: int) -> None:
    script = Script(answer(status, {"code": 10015, "message": f"Unknown Webhook {TOKEN}"}))
    async with service(script) as url:
        notifier = made(url, FakeClock())
        refused = await outcome(notifier, example_notification())
        assert isinstance(refused, Unusable)
        assert "make a new one" in str(refused)
        assert isinstance(await outcome(notifier, example_notification()), TryLater)
        await notifier.close()
    assert len(script.asked) == 1


async def test_a_message_discord_does_not_take_is_not_sent_again() -> None:
    script = Script(answer(400, {"code": 50035, "message": "Invalid Form Body"}))
    async with service(script) as url:
        notifier = made(url)
        refused = await outcome(notifier, example_notification())
        await notifier.close()
    assert isinstance(refused, Rejected)
    assert "Invalid Form Body" in str(refused)


async def test_no_connection_and_a_connection_that_breaks_are_tried_again() -> None:
    async def break_it(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.transport.abort()

    breaking = await asyncio.start_server(break_it, "127.0.0.1", 0)
    port = breaking.sockets[0].getsockname()[1]
    notifier = made(f"http://127.0.0.1:{port}")
    assert isinstance(await outcome(notifier, example_notification()), TryLater)
    breaking.close()
    await breaking.wait_closed()
    assert isinstance(await outcome(notifier, example_notification()), TryLater)
    await notifier.close()


HTML = "<html>error code: 1015</html>"
SPENT = {"X_RateLimit_Limit": "5", "X_RateLimit_Remaining": "0", "X_RateLimit_Reset_After": "2"}
PROGRAMMES: dict[str, list[Made]] = {
    "its own limit": [answer(429, {"retry_after": 1.5, "global": False})],
    "its own limit, by header": [answer(429, {}, Retry_After="2")],
    "all limits": [answer(429, {"retry_after": 1, "global": True}, X_RateLimit_Global="true")],
    "a proxy's limit": [answer(429, HTML, Retry_After="3")],
    "a proxy's limit, without a time": [answer(429, HTML)],
    "faults of its own": [answer(500, {})],
    "a proxy without a service": [answer(502, HTML), answer(504, HTML)],
    "maintenance": [answer(503, HTML, Retry_After="5")],
    "a connection that breaks": [reset],
    "a connection that breaks again and again": [reset] * 4,
    "an answer that is none": [answer(200, "<html>")],
    "limits that are spent": [answer(200, {"id": "1"}, **SPENT)],
    "one after the other": [answer(503), answer(429, {"retry_after": 1}), answer(500, "x"), answer(429, HTML), reset],
}
ACCEPTED = {"an answer that is none", "limits that are spent"}
"""Programmes in which every message is taken at once."""
SENT = 20
SLOW = 3
"""Messages to a service that is slow: each costs a deadline."""


@pytest.mark.parametrize("programme", PROGRAMMES)
async def test_a_programme_of_faults_loses_nothing_and_asks_no_more_than_it_must(programme: str) -> None:
    """Messages driven as a channel's worker drives them: each arrives, in order, once."""
    script, faults = Script(TAKEN), PROGRAMMES[programme]
    for _ in range(SENT):
        script.next += faults if programme in ACCEPTED else [*faults, TAKEN]
    clock = FakeClock()
    async with service(script) as url:
        notifier = made(url, clock)
        for number in range(SENT):
            notification = example_notification(key=f"-{number}")
            for _ in range(20):
                result = await outcome(notifier, notification)
                if isinstance(result, Receipt):
                    break
                assert isinstance(result, TryLater)
                clock.advance(result.after or 1.0)
            assert isinstance(result, Receipt)
        await notifier.close()
    taken = [asked.json()["embeds"][0]["footer"]["text"] for asked in script.asked]
    order = list(dict.fromkeys(taken))
    assert order == [f"gobservability · {example_notification(key=f'-{number}').key}" for number in range(SENT)]
    print(f"{programme}: {SENT} messages, {len(script.asked)} requests, 0 lost")
    assert len(script.asked) == SENT * (1 if programme in ACCEPTED else 1 + len(faults))


@pytest.mark.parametrize("faults", [[never], [trickle], [never, trickle, never]], ids=["never", "trickles", "both"])
async def test_an_answer_slower_than_the_deadline_costs_a_request_and_no_message(faults: list[Made]) -> None:
    """Cut off as a channel's worker cuts a call off, and sent again with the same key: at least once, in order."""
    script = Script(TAKEN)
    for _ in range(SLOW):
        script.next += [*faults, TAKEN]
    keys = []
    async with service(script) as url:
        notifier = made(url)
        for number in range(SLOW):
            notification = example_notification(key=f"-{number}")
            keys.append(f"gobservability · {notification.key}")
            receipt = None
            while receipt is None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.3):
                        receipt = await notifier.send(notification)
        await notifier.close()
    taken = [asked.json()["embeds"][0]["footer"]["text"] for asked in script.asked]
    assert list(dict.fromkeys(taken)) == keys
    print(f"slow: {SLOW} messages, {len(script.asked)} requests, 0 lost")
    assert len(script.asked) >= SLOW * (1 + len(faults))


def test_it_keeps_the_contract() -> None:
    config = DiscordConfig(webhook_url=Secret("https://127.0.0.1:9/api/webhooks/1/abcdefghij"))
    check_notifier(DiscordNotifier, config=config, channel=INSIDE)
