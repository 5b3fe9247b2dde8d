"""What a page is sent of a list: the order of what is in view, and of the items only those it lacks."""

from __future__ import annotations

import pytest
from quart import Quart

from gobs_server.tags import Tags
from gobs_server.web.lists import Asked, Frame, Item, Items, Poll, Window, answer, asked, poll, tag_of

NOTHING = Poll(-1, frozenset(), all=False)
TAGS = Tags()


def test_an_item_that_looks_as_before_has_not_changed() -> None:
    items = Items()
    items.put("a", "made from 1", 5, b"same")
    items.put("a", "made from 2", 9, b"same")
    assert items.get(["a"])[0].version == 5
    items.put("a", "made from 3", 11, b"other")
    assert items.get(["a"])[0].version == 11


def test_only_what_would_be_made_from_something_else_is_rendered_again() -> None:
    items = Items()
    items.put("a", 1, 1, b"a")
    items.put("b", 1, 1, b"b")
    assert items.outdated([("a", 1), ("b", 2), ("c", 1)]) == ["b", "c"]
    items.keep_only(lambda item: item.id == "a")
    assert len(items) == 1
    assert items.outdated([("b", 1)]) == ["b"]


def test_an_answer_holds_the_order_and_what_the_page_lacks() -> None:
    frame = Frame.of(b'<ul id="x" data-items=""></ul><p>after</p>')
    items = [Item("a", 0, 3, b"<li>A"), Item("b", 0, 7, b"<li>B"), Item("c", 0, 2, b"<li>C")]

    def sent(has: Poll) -> bytes:
        return answer(frame, items, Window(10, 3), 99, has)

    head = b'<ul id="x" data-items="" data-first="10" data-total="99" data-order="a b c">'
    assert sent(NOTHING) == head + b"<li>A<li>B<li>C</ul><p>after</p>"
    assert sent(Poll(5, frozenset("abc"), all=False)) == head + b"<li>B</ul><p>after</p>"
    assert sent(Poll(5, frozenset("b"), all=False)) == head + b"<li>A<li>B<li>C</ul><p>after</p>"
    assert sent(Poll(7, frozenset("*"), all=True)) == head + b"</ul><p>after</p>"


@pytest.mark.parametrize(
    ("sent", "have", "wanted"),
    [
        ("same", "a b", Poll(0x2A, frozenset({"a", "b"}), all=False)),
        ("same", "*", Poll(0x2A, frozenset({"*"}), all=True)),
        ("weak", "a", Poll(0x2A, frozenset({"a"}), all=False)),
        ("window", "a", Poll(0x2A, frozenset({"a"}), all=False)),
        ("same", "", NOTHING),
        ("query", "a", NOTHING),
        ("run", "a", NOTHING),
        ("", "a", NOTHING),
        ("garbage", "a", NOTHING),
        ("half", "a", NOTHING),
    ],
)
async def test_what_a_page_has_counts_for_the_same_query_of_the_same_run(sent: str, have: str, wanted: Poll) -> None:
    tag = tag_of(TAGS, 0x2A, Window(0, 50), Asked(sort=("-cpu",)))
    tags = {
        "same": f'"{tag}"',
        "weak": f'W/"{tag}"',
        "window": f'"{tag_of(TAGS, 0x2A, Window(50, 50), Asked(sort=("-cpu",)))}"',
        "query": f'"{tag_of(TAGS, 0x2A, Window(0, 50), Asked())}"',
        "run": f'"{tag_of(Tags(), 0x2A, Window(0, 50), Asked(sort=("-cpu",)))}"',
        "garbage": '"....\x22,W/"',
        "half": f'"{tag.view}.0.32.zz"',
        "": "",
    }
    async with Quart("t").test_request_context("/", headers={"If-None-Match": tags[sent], "Gobs-Have": have}):
        assert poll(tag) == wanted


@pytest.mark.parametrize(
    ("query", "window"),
    [
        ("", Window(0, 40)),
        ("first=120&count=60", Window(120, 60)),
        ("first=-1&count=0", Window(0, 1)),
        ("first=x&count=1e9", Window(0, 40)),
        ("first=99999999999&count=99999", Window(0, 400)),
        ("first=%F0%9F%98%80&count=%D9%A3", Window(0, 40)),
    ],
)
async def test_a_window_is_what_was_asked_for_within_reason(query: str, window: Window) -> None:
    async with Quart("t").test_request_context(f"/?{query}"):
        assert Window.asked(40, 400) == window


def test_what_is_asked_is_an_address_and_back() -> None:
    query = Asked("table", ("-cpu", "name"), 'a:b "c d" é', "cpu", "user", "hide", ("pid", "comm"), ("x1",))
    values = dict(part.split("=") for part in query.query("process.").split("&"))
    assert values["process.sort"] == "-cpu,name"
    from urllib.parse import parse_qsl

    assert asked(dict(parse_qsl(query.query("process."))), "process.") == query
    assert asked(dict(parse_qsl(query.query())), "process.") == Asked()
    assert query.query(sort=("x",), filter="", view="", by="", group="", idle="", columns=(), pins=()) == "sort=x"


def test_absurd_queries_are_cut() -> None:
    taken = asked({"sort": ",".join(["x" * 500] * 500), "filter": "y" * 5000, "view": " \x00 ", "columns": ",,, ,"})
    assert len(taken.sort) <= 128
    assert max(map(len, taken.sort)) <= 100
    assert len(taken.filter) == 200
    assert taken.columns == ()
