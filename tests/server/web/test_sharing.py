"""What is rendered is rendered once, kept within bounds, and shared by all who look."""

from __future__ import annotations

import asyncio

from gobs_server.tags import Tags
from gobs_server.web import Assets, Templates
from gobs_server.web.badges import Badges
from gobs_server.web.cache import Cache
from gobs_server.web.cluster.board import Board
from gobs_server.web.cluster.faces import Faces
from gobs_server.web.cluster.heat import scale_of
from gobs_server.web.cluster.pages import LOOKS
from gobs_server.web.cluster.trends import Trends
from gobs_server.web.lists import Asked, Poll, Tag, Window
from gobs_server.web.table import TableLists
from tests.server.feeding import Cluster
from tests.server.tables import CPU, CPU_ROWS, PROCESS, processes


class Counting(Templates):
    """Counts what is rendered."""

    def __init__(self) -> None:
        super().__init__(Assets(), "0.1.0", "run")
        self.rendered: list[str] = []
        self.lines = 0

    def render(self, template: str, **values: object) -> bytes:
        self.rendered.append(template)
        return super().render(template, **values)

    def each(self, template: str, **values: object) -> list[bytes]:
        self.rendered.append(template)
        items = super().each(template, **values)
        if template == "table_rows.html":
            self.lines += len(items)
        return items


def badges(cluster: Cluster) -> Badges:
    return Badges(cluster.services().alerts.keeper)


def nothing(_tag: Tag) -> Poll:
    """Say that the page has nothing yet."""
    return Poll(-1, frozenset(), all=False)


async def test_a_hundred_viewers_of_a_large_table_cost_one_rendering() -> None:
    machine = Cluster().machine("n", PROCESS)
    machine.feed({PROCESS: processes(2000)})
    templates = Counting()
    lists, table = (
        TableLists(machine.cluster.live, templates, Tags(), badges(machine.cluster)),
        machine.node.tables["process"],
    )
    shown = await asyncio.gather(
        *[lists.show(machine.node, table, Asked(), Window(0, 500), nothing) for _ in range(100)]
    )
    assert sorted(templates.rendered) == ["table_list.html", "table_rows.html"]
    assert len({one.content for one in shown}) == 1


async def test_a_row_that_looks_as_before_is_not_rendered_again_in_whatever_order() -> None:
    machine = Cluster().machine("n", PROCESS)
    machine.feed({PROCESS: processes(20)})
    machine.feed({PROCESS: processes(20)}, after=5)
    templates = Counting()
    lists, table = (
        TableLists(machine.cluster.live, templates, Tags(), badges(machine.cluster)),
        machine.node.tables["process"],
    )
    await lists.show(machine.node, table, Asked(), Window(0, 50), nothing)
    await lists.show(machine.node, table, Asked(sort=("-rss",), filter="worker"), Window(0, 50), nothing)
    assert templates.rendered.count("table_rows.html") == 1
    assert templates.lines == 20
    rows = processes(20)
    rows[4] = (*rows[4][:3], 5, rows[4][4])
    machine.feed({PROCESS: rows}, after=5)
    await lists.show(machine.node, table, Asked(), Window(0, 50), nothing)
    assert templates.lines == 21


async def test_frames_that_come_while_a_table_is_rendered_do_not_change_it() -> None:
    machine = Cluster().machine("n", PROCESS)
    machine.feed({PROCESS: processes(1500, "old")})
    lists, table = (
        TableLists(machine.cluster.live, Counting(), Tags(), badges(machine.cluster)),
        machine.node.tables["process"],
    )
    query, window = Asked(sort=("-pid",)), Window(0, 500)
    rendering = asyncio.create_task(lists.show(machine.node, table, query, window, nothing))
    await asyncio.sleep(0)
    machine.feed({PROCESS: processes(1500, "new")}, after=5)
    content = (await rendering).content
    assert b"old-1500" in content
    assert b"new-" not in content
    assert b"new-1500" in (await lists.show(machine.node, table, query, window, nothing)).content


async def test_frames_that_come_while_cards_are_rendered_are_in_the_next_poll() -> None:
    cluster = Cluster()
    machines = [cluster.machine(f"n{number}", CPU) for number in range(60)]
    for machine in machines:
        machine.feed({CPU: CPU_ROWS[0]})
    board = Board(cluster.live, cluster.clock)
    faces = Faces(cluster.live, Counting(), board, Trends(board, cluster.clock), badges(cluster))
    board.refresh()
    nodes, scale = board.nodes, scale_of("", board.values)
    rendering = asyncio.create_task(faces.items("cards", nodes, scale))
    await asyncio.sleep(0)
    machines[0].feed({CPU: CPU_ROWS[1]}, after=5)
    first = await rendering
    assert len(first) == 60
    assert b"50.0 %" not in first[0].content
    board.refresh()
    again = await faces.items("cards", nodes, scale)
    assert b"50.0 %" in again[0].content
    assert [one.version for one in again[1:]] == [one.version for one in first[1:]]
    assert again[0].version > first[0].version


async def test_a_node_is_rendered_once_for_each_look_whoever_looks() -> None:
    cluster = Cluster()
    for number in range(3):
        cluster.machine(f"n{number}", CPU).feed({CPU: CPU_ROWS[0]})
    templates = Counting()
    board = Board(cluster.live, cluster.clock)
    faces = Faces(cluster.live, templates, board, Trends(board, cluster.clock), badges(cluster))
    board.refresh()
    for _ in range(100):
        await asyncio.gather(*[faces.items(look, board.nodes, scale_of("", board.values)) for look in LOOKS])
    assert sorted(templates.rendered) == ["node_cards.html", "node_rows.html", "node_tiles.html"]


def test_a_cache_keeps_one_content_for_a_view_and_lets_go_of_the_least_used() -> None:
    cache = Cache(max_bytes=25)
    assert cache.get("a", "1", lambda: b"x" * 10) == cache.get("a", "1", lambda: b"never") == b"x" * 10
    cache.get("b", "1", lambda: b"y" * 10)
    cache.get("a", "1", lambda: b"never")
    cache.get("c", "1", lambda: b"z" * 10)
    assert cache.kept("b", "1") is None
    assert cache.kept("a", "1") == b"x" * 10
    assert cache.get("a", "2", lambda: b"w" * 5) == b"w" * 5
    assert (cache.kept("a", "1"), cache.bytes) == (None, 15)


def test_what_is_larger_than_the_cache_is_kept_alone() -> None:
    cache = Cache(max_bytes=10)
    cache.get("a", "1", lambda: b"x" * 5)
    cache.get("b", "1", lambda: b"y" * 50)
    assert (cache.kept("a", "1"), cache.kept("b", "1"), cache.bytes) == (None, b"y" * 50, 50)
