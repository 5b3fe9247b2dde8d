"""Whom is told what, how often, and what becomes of messages that a service does not take."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gobs_core import Event, Notification, Receipt, Rejected, TryLater, Unusable
from gobs_server.alerts.telling.silence import SilenceFields
from tests.server.alerts.living import Living, Memory, memory
from tests.support.waiting import until


def taken(notification: Notification) -> Receipt:
    return Receipt(reference=notification.key, said="200 OK")


def other(name: str, answer: object = taken) -> type[Memory]:
    """A further notifier."""
    return type(name.title(), (memory(answer),), {"name": name, "sent": []})  # type: ignore[arg-type]


async def test_a_hundred_pods_of_one_cause_are_one_message(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule()
        machine = living.machine()
        await living.feed(machine, {f"b{number}": 60.0 for number in range(100)})
        [told] = await living.told(1)
        assert (len(told.alerts), told.more, told.firing) == (20, 80, 100)
        assert told.summary.endswith("and 99 more")
        await living.feed(machine, {f"b{number}": 10.0 for number in range(100)}, after=31)
        over = (await living.told(2))[1]
        assert (over.event, len(over.alerts), over.more, over.firing) == (Event.RESOLVED, 20, 80, 0)


async def test_messages_are_kept_apart_where_the_rule_says_so(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule(group_by=["node", "name"])
        for name in ("n1", "n2"):
            await living.feed(living.machine(name), {"a": 60.0, "b": 60.0})
        told = await living.told(4)
        assert sorted((one.alerts[0].node, one.alerts[0].row) for one in told) == [
            ("n1", "a"), ("n1", "b"), ("n2", "a"), ("n2", "b"),
        ]  # fmt: skip


async def test_what_still_fires_is_told_again_and_no_sooner_than_asked(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule(repeat_seconds=300.0)
        machine = living.machine()
        await living.feed(machine, {"a": 60.0})
        await living.told(1)
        for _ in range(2):
            await living.feed(machine, {"a": 60.0}, after=145)
            await living.alerts._chores.tick()
        assert len(living.sent) == 1
        await living.feed(machine, {"a": 60.0}, after=15)
        await living.alerts._chores.tick()
        again = (await living.told(2))[1]
        assert (again.event, again.firing, again.reference) == (Event.REMINDER, 1, living.sent[0].key)


async def test_flapping_is_told_at_most_twice_a_minute(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule()
        machine = living.machine()
        await living.feed(machine, {"a": 60.0})
        await living.told(1)
        for _ in range(5):
            await living.feed(machine, {"a": 10.0}, after=1)
            await living.feed(machine, {"a": 60.0}, after=1)
        await living.feed(machine, {"a": 10.0}, after=1)
        living.move(31)
        [_, last] = await living.told(2)
        assert last.event is Event.RESOLVED
        assert len({alert.id for alert in last.alerts}) == 6


async def test_a_channel_that_hangs_delays_no_other(tmp_path: Path) -> None:
    def hangs(notification: Notification) -> Receipt:
        raise TryLater("the service is away")

    dead = other("dead", hangs)
    async with Living(tmp_path, memory(), dead) as living:
        await living.rule(group_by=["name"])
        machine = living.machine()
        for number in range(10):
            await living.feed(machine, {f"b{one}": 60.0 for one in range(number + 1)}, after=1)
        assert len(await living.told(10)) == 10
        await until(lambda: living.alerts.post.under_way())
        assert {one.state for one in await living.alerts.deliveries("dead", "", 100)} == {"sending"}
        assert living.alerts.post.waiting()["dead"] == 10


async def test_messages_of_a_channel_keep_their_order_and_their_keys_through_failures(tmp_path: Path) -> None:
    tries: list[str] = []

    def at_the_third_time(notification: Notification) -> Receipt:
        tries.append(notification.key)
        if tries.count(notification.key) < 3:
            raise TryLater("busy", after=0.0)
        return taken(notification)

    async with Living(tmp_path, memory(at_the_third_time)) as living:
        await living.rule(group_by=["name"])
        machine = living.machine()
        for number in range(5):
            await living.feed(machine, {f"b{one}": 60.0 for one in range(number + 1)}, after=1)
        told = await living.told(5)
        assert [one.alerts[0].row for one in told] == [f"b{number}" for number in range(5)]
        assert tries == [one.key for one in told for _ in range(3)]


@pytest.mark.parametrize(
    ("error", "stops"),
    [(Rejected("HTTP 400: no such field"), False), (Unusable("HTTP 401: the webhook's key is refused"), True)],
    ids=["one message", "the channel"],
)
async def test_what_is_refused_for_good_is_a_dead_letter_that_can_be_sent_again(
    tmp_path: Path, error: Exception, stops: bool
) -> None:
    refusing = [error]

    def answer(notification: Notification) -> Receipt:
        if refusing:
            raise refusing[0]
        return taken(notification)

    async with Living(tmp_path, memory(answer)) as living:
        await living.rule(group_by=["name"])
        await living.feed(living.machine(), {"a": 60.0})
        alerts = living.alerts
        await until(lambda: alerts.post.counts["memory", "dead"] == 1)
        [dead] = await alerts.deliveries("memory", "dead", 10)
        assert (dead.said, dead.attempts) == (str(error), 1)
        await until(lambda: bool(alerts.troubles()) is stops)
        refusing.clear()
        await alerts.switchboard.retry(dead)
        [told] = await living.told(1)
        assert told.key == dead.id
        assert alerts.troubles() == {}


async def test_a_message_nobody_takes_is_given_up_after_a_day(tmp_path: Path) -> None:
    tries: list[str] = []

    def away(notification: Notification) -> Receipt:
        tries.append(notification.key)
        raise TryLater("HTTP 503")

    async def tried_again(living: Living) -> None:
        before = len(tries)
        living.move(700)
        await until(lambda: len(tries) > before or living.alerts.post.counts["memory", "dead"])

    async with Living(tmp_path, memory(away)) as living:
        await living.rule()
        await living.feed(living.machine(), {"a": 60.0})
        async with asyncio.timeout(30):
            while not (dead := await living.alerts.deliveries("memory", "dead", 1)):
                await tried_again(living)
        assert dead[0].said == "given up after a day: HTTP 503"
        assert 100 < len(tries) < 200


async def test_a_silence_lasts_until_all_it_matches_has_resolved(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule()
        machine = living.machine()
        silence = await living.alerts.desk.add_silence(SilenceFields(labels={"name": "a"}), "ann")
        await living.feed(machine, {"a": 60.0, "b": 60.0})
        await living.alerts._chores.tick()
        [told] = await living.told(1)
        assert [alert.row for alert in told.alerts] == ["b"]
        await living.feed(machine, {"a": 10.0, "b": 60.0})
        await living.alerts._chores.tick()
        kept = living.alerts.book.silence(silence.id)
        assert kept is not None
        assert kept.ended is not None
        await living.feed(machine, {"a": 60.0, "b": 60.0})
        living.move(31)
        assert [alert.row for alert in (await living.told(2))[1].alerts] == ["a"]


async def test_people_are_reminded_before_a_silence_ends(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule()
        now = living.clock.wall()
        until_when = now + 3600
        await living.alerts.desk.add_silence(SilenceFields(until=until_when, comment="moving"), "ann")
        await living.feed(living.machine(), {"a": 60.0})
        await living.alerts._chores.tick()
        assert living.sent == []
        living.move(until_when - 899 - living.clock.wall())
        await living.alerts._chores.tick()
        [told] = await living.told(1)
        assert told.event is Event.SILENCE
        assert "moving; 1 alerts fire under it" in told.summary
        living.move(900)
        await living.alerts._chores.tick()
        assert (await living.told(2))[1].event is Event.FIRING
