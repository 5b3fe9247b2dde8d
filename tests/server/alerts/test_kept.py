"""What is kept of alerts and where: the journal first, the database after it, and each without the other."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gobs_core import Event
from gobs_server.alerts.telling.silence import SilenceFields
from gobs_server.db.alert_models import AlertRow
from gobs_server.db.alerts import AlertSearch, read_wordless
from tests.server.alerts.living import Living
from tests.support.waiting import until


async def caught_up(living: Living) -> None:
    async with asyncio.timeout(20):
        while await living.alerts.journal.waiting():
            await living.alerts.follower.caught_up()


def let_go(folder: Path, files: str) -> None:
    for file in folder.glob(files):
        file.unlink()


async def test_a_server_whose_journal_is_gone_goes_on_from_the_database(tmp_path: Path) -> None:
    living = Living(tmp_path)
    async with living:
        rule = await living.rule(for_seconds=5.0)
        await living.alerts.desk.add_silence(SilenceFields(node="elsewhere"), "ann")
        machine = living.machine()
        await living.feed(machine, {"a": 60.0, "b": 1.0})
        await living.feed(machine, {"a": 60.0, "b": 1.0})
        await living.told(1)
        [alert] = living.alerts.keeper.alerts
        await caught_up(living)
    let_go(tmp_path, "alerts.sqlite3*")
    async with living.again() as second:
        assert [one.id for one in second.alerts.book.rules.values()] == [rule.id]
        assert len(second.alerts.book.silences) == 1
        assert list(second.alerts.keeper.alerts) == [alert]
        await second.feed(machine, {"a": 60.0, "b": 1.0})
        assert list(second.alerts.keeper.alerts) == [alert]
        await second.feed(machine, {"a": 1.0, "b": 1.0})
        second.move(31)
        assert [one.event for one in await second.told(2)] == [Event.FIRING, Event.RESOLVED]


async def test_a_journal_that_cannot_be_written_is_said_and_nothing_found_meanwhile_is_lost(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule()
        machine = living.machine()
        with closing(sqlite3.connect(tmp_path / "alerts.sqlite3", isolation_level=None)) as other:
            other.execute("CREATE TRIGGER full BEFORE INSERT ON record BEGIN SELECT RAISE(FAIL, 'disk full'); END")
            await living.feed(machine, {"a": 60.0})
            assert "it cannot be written" in living.alerts.troubles()["alert journal"]
            assert living.states() == {"a": "firing"}
            await living.feed(machine, {"a": 60.0, "b": 60.0})
            assert living.sent == []
            other.execute("DROP TRIGGER full")
        told = await living.told(1)
        assert {alert.row for alert in told[0].alerts} == {"a", "b"}
        assert living.alerts.troubles() == {}
        await caught_up(living)
        assert (await living.alerts.past.search(AlertSearch(), 10, 0)).total == 2


async def test_history_is_found_by_every_part_of_it_and_in_pages(tmp_path: Path) -> None:
    async with Living(tmp_path) as living:
        await living.rule(group_by=["name"])
        machine = living.machine()
        for number in range(7):
            await living.feed(machine, {f"b{number}": 60.0}, after=60)
        await caught_up(living)
        past = living.alerts.past
        pages = [await past.search(AlertSearch(state="resolved"), 4, offset) for offset in (0, 4)]
        assert [page.total for page in pages] == [6, 6]
        assert [alert.key[0] for page in pages for alert in page.alerts] == [
            f"b{number}" for number in range(5, -1, -1)
        ]
        began = living.clock.wall() - 90
        found = await past.search(AlertSearch(since=began), 10, 0)
        assert {alert.key[0] for alert in found.alerts} == {"b4", "b5", "b6"}
        assert (await past.search(AlertSearch(node="n*", namespace="shop", severity="warning"), 10, 0)).total == 7


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("b5",), {"b5"}),
        (("large", "n1", "b5"), {"b5"}),
        (("grösse",), {"Größe 100%"}),
        (("100%",), {"Größe 100%"}),
        (("%",), {"Größe 100%"}),
        (("b_",), set()),
        (("firing",), set()),
    ],
)
async def test_history_is_found_by_words_even_what_was_written_before_it_could_be(
    tmp_path: Path, words: tuple[str, ...], found: set[str]
) -> None:
    first = Living(tmp_path)
    async with first:
        await first.rule()
        machine = first.machine()
        await first.feed(machine, {"b5": 60.0, "b6": 60.0, "Größe 100%": 60.0})
        await first.feed(machine, {"b5": 60.0})
        await caught_up(first)
        await first.store.do(lambda: AlertRow.all().update(words=None))
    async with first.again() as living:
        await living.store.opened()
        async with asyncio.timeout(20):
            while await living.store.do(lambda: read_wordless(1)):  # noqa: ASYNC110  the database tells of nothing
                await asyncio.sleep(0.02)
        wanted = AlertSearch(words=words)
        page = await living.alerts.past.search(wanted, 10, 0)
        assert ({alert.key[0] for alert in page.alerts}, page.complete) == (found, True)
        here = await living.alerts.past._here(wanted, 10, 0)
        assert {alert.id for alert in here.alerts} == {alert.id for alert in page.alerts}


async def test_what_is_over_for_long_is_let_go_and_what_fires_stays(tmp_path: Path) -> None:
    async with Living(tmp_path, keep=3600.0) as living:
        await living.rule()
        machine = living.machine()
        await living.feed(machine, {"a": 60.0, "b": 60.0})
        await living.feed(machine, {"a": 60.0})
        await caught_up(living)
        assert (await living.alerts.past.search(AlertSearch(), 10, 0)).total == 2
        living.clock.move(2 * 3600.0)
        await living.feed(machine, {"a": 60.0}, after=1)
        living.alerts.follower._pruned = float("-inf")
        page = await living.alerts.past.search(AlertSearch(), 10, 0)
        async with asyncio.timeout(20):
            while page.total != 1:
                await living.alerts.follower.caught_up()
                await asyncio.sleep(0.02)
                page = await living.alerts.past.search(AlertSearch(), 10, 0)
        assert [(alert.key, alert.state) for alert in page.alerts] == [(["a"], "firing")]


async def test_the_database_gets_what_happened_while_it_was_away(tmp_path: Path) -> None:
    first, file = Living(tmp_path), tmp_path / "gobs.sqlite3"
    async with first:
        await first.rule()
    let_go(tmp_path, "gobs.sqlite3*")
    file.write_text("no database " * 100)
    async with first.again() as living:
        machine = living.machine()
        for number, size in enumerate((60.0, 1.0, 60.0), start=1):
            await living.feed(machine, {"a": size}, after=31)
            assert len(await living.told(number)) == number
        page = await living.alerts.past.search(AlertSearch(), 10, 0)
        assert (page.total, page.complete) == (2, False)
        file.unlink()
        await until(lambda: living.store.openings)
        await caught_up(living)
        page = await living.alerts.past.search(AlertSearch(), 10, 0)
        assert (page.total, page.complete) == (2, True)
