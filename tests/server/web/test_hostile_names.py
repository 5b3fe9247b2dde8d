"""Names are written by whoever can name a process, an interface or a node: they are shown, and do nothing."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from gobs_core import PluginState
from gobs_server.http import create_app
from gobs_server.web.text import visible
from tests.server.feeding import Cluster
from tests.server.tables import NET, PROCESS
from tests.support.hostile import HOSTILE_NAMES

ELEMENTS = {
    *("html", "head", "meta", "title", "link", "script", "body", "a", "header", "img", "nav", "ul", "li", "p", "main"),
    *("h1", "h2", "div", "span", "dl", "dt", "dd", "svg", "rect", "time", "footer", "b", "section", "form", "label"),
    *("input", "table", "thead", "tr", "th", "button", "small", "tbody", "td", "bdi", "details", "summary"),
    *("pre", "code", "path", "mark", "dialog", "h3", "kbd", "fieldset", "legend", "ol", "figure"),
    *("figcaption", "i", "select", "option"),
}


class Page(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.scripts = 0
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.scripts += tag == "script"
        for name, value in attrs:
            if name in {"href", "src", "action"}:
                assert value is not None
                assert value.startswith(("/", "#")), value
                assert not value.startswith("//"), value

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_a_hostile_name_is_text_on_every_page(name: str) -> None:
    cluster = Cluster()
    plugin = PluginState(kind="collector", name=name, state="failing", error=name, unknown={f"process.{name}": name})
    machine = cluster.machine(name, NET, PROCESS, plugins=(plugin,))
    cluster.live.set_notes(machine.node, (name,))
    machine.feed({NET: [(name, name, 1)], PROCESS: [("1", name, name, 1, 1)]})
    client = create_app(cluster.services()).test_client()
    path = f"/nodes/{quote(name, safe='')}"
    for url in (
        "/",
        "/?view=table",
        f"/?view=heat&sort={quote(name[:90])}&by={quote(name[:90])}&filter={quote(name[:90])}:{quote(name[:90])}",
        path,
        f"{path}/tables/process?filter={quote(name[:90])}",
        "/plugins",
        f"/nodes/{quote(name + '?', safe='')}",
    ):
        response = await client.get(url, scope_base={"raw_path": url.partition("?")[0].encode()})
        assert response.status_code == (404 if url.endswith("%3F") else 200), url
        page = Page()
        page.feed(await response.get_data(as_text=True))
        assert page.elements <= ELEMENTS
        assert page.scripts == 2
        assert not {a for a in page.attributes if a.startswith("on") or a == "style"}
        shown = "".join(page.words)
        assert not any(character in shown for character in "\x1b\x00\u2028\u202e\u200b\x7f")
        if url in {"/", "/?view=table"}:
            assert visible(name) in shown


def test_what_cannot_be_seen_is_written_out() -> None:
    assert visible("a\x1b[31mb\u2028c\u202ed\ud800\U000e0041") == "a\\x1b[31mb\\u2028c\\u202ed\\ud800\\U000e0041"
    assert visible("café 東京 עברית 🙂") == "café 東京 עברית 🙂"


def test_an_absurdly_long_name_is_cut_and_says_so() -> None:
    assert visible("x" * 5000).endswith("x… (5,000 characters)")
