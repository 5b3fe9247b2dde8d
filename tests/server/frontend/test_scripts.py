"""The scripts pass their own tests, weigh little, and do what the list of shortcuts says."""

from __future__ import annotations

import gzip
import re
from importlib.resources import files

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_server.http import create_app
from gobs_server.web.places import PLACES
from gobs_server.web.shortcuts import SHORTCUTS, caps
from scripts.frontend import FRONTEND, unit
from tests.server.feeding import Cluster
from tests.server.tables import CPU, CPU_ROWS

MOST = 150_000
"""Bytes a first visit may take, compressed."""
ALL = [shortcut for some in SHORTCUTS.values() for shortcut in some]


def test_the_unit_tests_of_the_scripts_pass(capfd: pytest.CaptureFixture[str]) -> None:
    failed = unit("--test-reporter=tap")
    said = capfd.readouterr()
    assert not failed, said.out + said.err
    assert int(re.findall(r"^# pass (\d+)$", said.out, re.MULTILINE)[0]) > 10


async def test_a_first_visit_is_light() -> None:
    cluster = Cluster()
    for number in range(7):
        cluster.machine(f"node-{number}", CPU).feed({CPU: CPU_ROWS[0]})
    client: Client = create_app(cluster.services()).test_client()
    page = await (await client.get("/")).get_data(as_text=False)
    bundled = [
        (files("gobs_server") / "static" / "dist" / name).read_bytes() for name in ("app.js", "first.js", "app.css")
    ]
    sizes = [len(gzip.compress(content, 9)) for content in (page, *bundled)]
    assert sum(sizes) <= MOST, sizes


def test_no_two_shortcuts_share_a_key() -> None:
    keys = [key for shortcut in ALL for key in shortcut.keys]
    assert sorted(keys) == sorted(set(keys))
    begun = {key.split(" ")[0] for key in keys if " " in key}
    assert not begun & set(keys), "a key cannot both begin a shortcut and be one"


def test_every_shortcut_leads_to_a_place_or_is_known_to_the_scripts() -> None:
    scripts = "".join(path.read_text(encoding="utf-8") for path in sorted((FRONTEND / "src").rglob("*.js")))
    offered = set(re.findall(r'offer\("([\w-]+)"', scripts)) | {"up", "down", "left", "right"}
    paths = {place.path for place in PLACES}
    unknown = [s for s in ALL if s.action and s.action not in (paths if s.action.startswith("/") else offered)]
    assert unknown == []


async def test_every_place_is_a_page() -> None:
    client: Client = create_app(Cluster().services()).test_client()
    for place in PLACES:
        if place.name == "access":
            continue  # without a database there is none; tests/server/access shows it
        response = await client.get(place.path)
        assert response.status_code == 200
        page = await response.get_data(as_text=True)
        assert f'href="{place.path}" title="{place.help}" aria-current="page"' in page


async def test_the_help_on_a_page_lists_every_shortcut() -> None:
    client: Client = create_app(Cluster().services()).test_client()
    page = await (await client.get("/")).get_data(as_text=True)
    for shortcut in ALL:
        assert shortcut.does in page
    assert 'data-keys="g n" data-does="/"' in page


def test_keys_are_shown_as_they_are_written_on_keyboards() -> None:
    assert caps("g n") == [["g"], ["n"]]
    assert caps("Mod+k") == [["Ctrl", "k"]]
    assert caps("ArrowDown") == [["↓"]]
    assert caps("+") == [["+"]]
