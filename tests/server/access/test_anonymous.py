"""Where anybody may look: everything but private columns, single processes and profiles, on every route there is."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import PluginState, RowValues, Table, counter, gauge, info, key
from gobs_server.db import Address
from gobs_server.privacy import HIDDEN
from gobs_server.routes import declared
from tests.server.access.rig import Rig, rig_over
from tests.server.feeding import START

CANARY = "canary-in-a-command-line"
TABLES = {"process": "cmdline", "widget": "recipe"}
"""Tables with a private column each; the second is of a plugin that nobody here knows."""


def table(name: str, private: str) -> Table:
    return Table(
        name,
        "Some rows",
        [
            key("pid", ""),
            key("start", ""),
            info("comm", "its name"),
            info(private, "not for everybody", private=True),
            gauge("rss", "", scale=1),
            counter("cpu", ""),
        ],
    )


def rows(number: int) -> list[RowValues]:
    return [(str(pid), "7", f"worker-{pid}", f"{CANARY} --shard {pid}", 1, number) for pid in range(1, 4)]


def filled(rig: Rig) -> None:
    """Let a node send it all, more than once."""
    tables = [table(name, private) for name, private in TABLES.items()]
    machine = rig.cluster.machine("node-1", *tables, plugins=(PluginState(kind="collector", name="process"),))
    for number in range(3):
        machine.feed({one: rows(number) for one in tables}, after=5, keyframe=number == 2)


@pytest.fixture
async def rig(database: Address) -> AsyncIterator[Rig]:
    async with rig_over(database, access={"anonymous": True}) as rig:
        filled(rig)
        yield rig


def asked_paths(rig: Rig) -> list[tuple[str, str]]:
    """Every address that can be asked for, with whatever could bring the canary out; endpoint beside it."""
    names = {"node": "node-1", "table": "process", "pid": "1"}
    queries = (
        "",
        f"?filter={CANARY}",
        f"?q={CANARY}",
        "?q=worker-1",
        f"?at={START + 10}",
        "?sort=cmdline",
        "?by=recipe",
    )
    found = []
    for rule in rig.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        for chosen in TABLES:
            values = {**names, "table": chosen}
            parts = re.split(r"<(?:\w+:)?(\w+)>", rule.rule)
            parts[1::2] = [values.get(name, "1") for name in parts[1::2]]
            found += [("".join(parts) + query, rule.endpoint) for query in queries]
    return sorted(set(found))


async def holding(client: Client, rig: Rig) -> dict[str, str]:
    """Address -> endpoint of every answer that holds the canary beyond the question itself."""
    found = {}
    for path, endpoint in asked_paths(rig):
        response = await client.get(path)
        text = await response.get_data(as_text=True)
        if f"{CANARY} --shard" in text or (CANARY in text and CANARY not in path):
            found[path] = endpoint
    return found


async def test_no_route_shows_a_private_column_to_who_is_unknown(rig: Rig) -> None:
    assert await holding(rig.client(), rig) == {}


async def test_the_same_routes_show_it_to_who_has_logged_in(rig: Rig) -> None:
    """Else the test above would say nothing."""
    await rig.user("ann")
    client = await rig.logged_in("ann")
    endpoints = set((await holding(client, rig)).values())
    assert {"api.get_table", "web.table", "web.table_fragment", "web.node", "web.find"} <= endpoints


async def test_what_one_standing_was_shown_is_never_kept_for_another(rig: Rig) -> None:
    await rig.user("ann")
    ann, nobody = await rig.logged_in("ann"), rig.client()
    for path in ("/nodes/node-1/tables/process", "/fragments/nodes/node-1/tables/process"):
        for _ in range(2):
            assert CANARY in await (await ann.get(path)).get_data(as_text=True)
            assert CANARY not in await (await nobody.get(path)).get_data(as_text=True)


async def test_an_answer_of_before_the_login_is_not_taken_for_one_after_it(rig: Rig) -> None:
    await rig.user("ann")
    ann, nobody = await rig.logged_in("ann"), rig.client()
    for path in ("/api/v1/nodes/node-1/tables/process", "/fragments/nodes/node-1/tables/process"):
        tag = (await nobody.get(path)).headers["ETag"]
        assert (await nobody.get(path, headers={"If-None-Match": tag})).status_code == 304
        assert (await ann.get(path, headers={"If-None-Match": tag})).status_code == 200


async def test_a_filter_tells_nothing_of_what_is_hidden(rig: Rig) -> None:
    path = "/fragments/nodes/node-1/tables/process?filter="
    nobody = rig.client()
    hit = await (await nobody.get(path + "shard")).get_data(as_text=True)
    miss = await (await nobody.get(path + "shxrd")).get_data(as_text=True)
    assert hit.replace("shard", "") == miss.replace("shxrd", "")
    assert "worker-1" in await (await nobody.get(path + "worker-1")).get_data(as_text=True)


async def test_a_search_tells_nothing_of_what_is_hidden(rig: Rig) -> None:
    nobody = rig.client()
    for query in (CANARY, "shard", "--shard 2"):
        assert "/processes/" not in await (await nobody.get(f"/fragments/find?q={query}")).get_data(as_text=True)
    assert "/processes/" in await (await nobody.get("/fragments/find?q=worker-2")).get_data(as_text=True)


async def test_what_is_hidden_is_not_known_and_says_why(rig: Rig) -> None:
    answer = await (await rig.client().get("/api/v1/nodes/node-1/tables/process")).get_json()
    assert [row["infos"]["cmdline"] for row in answer["rows"]] == [None, None, None]
    told = {column["name"]: column for column in answer["columns"]}
    assert told["cmdline"]["private"] is True
    assert told["cmdline"]["unknown"] == HIDDEN
    assert told["comm"]["unknown"] is None
    page = await (await rig.client().get("/nodes/node-1/tables/process")).get_data(as_text=True)
    assert HIDDEN in page


async def test_who_is_unknown_changes_nothing_and_is_offered_to_log_in(rig: Rig) -> None:
    nobody = rig.client()
    page = await (await nobody.get("/")).get_data(as_text=True)
    assert 'href="/login"' in page
    assert 'href="/access/users"' not in page
    writing = [rule for rule in rig.app.url_map.iter_rules() if "GET" not in (rule.methods or ())]
    for rule in writing:
        if declared(rig.app)[rule.endpoint].role == "public":
            continue
        method = next(iter(rule.methods or ()))
        response = await getattr(nobody, method.lower())(re.sub(r"<(?:\w+:)?\w+>", "1", rule.rule))
        assert response.status_code == 401, rule


@pytest.mark.parametrize("host", ["evil.example", "gobs.evil.example:8080", "127.0.0.1.nip.example"])
async def test_a_name_that_a_stranger_could_own_reads_nothing(rig: Rig, host: str) -> None:
    assert (await rig.client().get("/", headers={"Host": host})).status_code == 421


@pytest.mark.parametrize(
    "host", ["10.1.2.3:8080", "gobs-server", "gobs-server.monitoring.svc:8080", "localhost", "[::1]"]
)
async def test_names_that_nobody_can_own_are_served(rig: Rig, host: str) -> None:
    assert (await rig.client().get("/", headers={"Host": host})).status_code == 200
