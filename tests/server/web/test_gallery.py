"""The gallery: there for who asks for it, complete, and harmless."""

from __future__ import annotations

import re
from importlib.resources import files

from gobs_server.http import create_app
from gobs_server.web.gallery import NAMES
from gobs_server.web.text import visible
from tests.server.feeding import Cluster

COMPONENTS = (files("gobs_server.web") / "templates" / "components.html").read_text(encoding="utf-8")
GALLERY = (files("gobs_server.web") / "templates" / "gallery.html").read_text(encoding="utf-8")


async def test_it_is_there_only_for_who_asks_for_it() -> None:
    for asked, status in ((False, 404), (True, 200)):
        client = create_app(Cluster().services(gallery=asked)).test_client()
        assert (await client.get("/gallery")).status_code == status


def test_it_shows_every_component() -> None:
    macros = set(re.findall(r"\{% macro (\w+)", COMPONENTS))
    assert macros <= set(re.findall(r"\b(\w+)\(", GALLERY)), "a new component is shown in the gallery"


async def test_its_hostile_content_is_text() -> None:
    client = create_app(Cluster().services(gallery=True)).test_client()
    page = await (await client.get("/gallery")).get_data(as_text=True)
    assert "<script>window" not in page
    assert "onerror=window.hit=1&gt;" in page
    assert not any(character in page for character in "\x1b\u202e\u2066")
    assert len({visible(name) for name in NAMES}) == len(NAMES)
