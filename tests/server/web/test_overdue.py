"""A table whose collector has stopped is not shown as if it were new, though its node is fresh."""

from __future__ import annotations

from html import unescape

from quart.typing import TestClientProtocol as Client

from gobs_core import PluginState
from gobs_server.web.format import UNKNOWN
from gobs_server.web.headlines import headlines
from tests.server.feeding import Machine
from tests.server.tables import PROCESS, processes


def headline(machine: Machine, label: str) -> tuple[str, str]:
    value = next(one for one in headlines(machine.cluster.live, machine.node) if one.label == label)
    return value.text, value.title


async def page(client: Client, path: str) -> str:
    return str(await (await client.get(path)).get_data(as_text=True))


async def test_after_three_intervals_its_headline_is_not_known_and_says_why(machine: Machine, client: Client) -> None:
    for _ in range(3):
        machine.feed({PROCESS: processes(3)}, after=5)
    assert headline(machine, "CPU")[0] == "50.0 %"
    machine.feed({PROCESS: processes(3)}, after=5)
    assert headline(machine, "CPU") == (UNKNOWN, "table 'cpu' was last read 20 s ago")
    assert "last read 20 s ago" in await page(client, "/")
    assert "last read 20 s ago" in await page(client, "/fragments/nodes/node-1")


async def test_its_rows_are_marked_and_those_of_others_are_not(machine: Machine, client: Client) -> None:
    first = await client.get("/fragments/nodes/node-1/tables/cpu")
    for _ in range(40):
        machine.feed({PROCESS: processes(3)}, after=5)
    again = await client.get("/fragments/nodes/node-1/tables/cpu", headers={"If-None-Match": first.headers["ETag"]})
    assert "last read 3 min ago: its collector gives no newer reading" in await again.get_data(as_text=True)
    assert "last read" not in await page(client, "/fragments/nodes/node-1/tables/process")


async def test_of_a_node_that_is_stale_itself_what_it_said_last_is_shown(machine: Machine) -> None:
    machine.cluster.clock.move(30)
    machine.cluster.live.age()
    assert machine.node.state == "stale"
    assert headline(machine, "CPU")[0] == "50.0 %"


async def test_a_node_that_speaks_but_sends_no_frames_has_no_headlines(machine: Machine) -> None:
    machine.cluster.clock.move(30)
    machine.cluster.live.heard(machine.node)
    assert headline(machine, "CPU")[0] == UNKNOWN


async def test_a_table_that_is_too_large_to_be_taken_says_so_and_leads_on(machine: Machine, client: Client) -> None:
    first = await client.get("/fragments/nodes/node-1/tables/process")
    said = "DeclarationError: table 'process': more than 20000 rows at one tick"
    state = PluginState(kind="collector", name="process", state="failing", error=f"Traceback\n{said}")
    machine.cluster.live.set_plugins(machine.node, (state,))
    again = await client.get("/fragments/nodes/node-1/tables/process", headers={"If-None-Match": first.headers["ETag"]})
    shown = unescape(await again.get_data(as_text=True))
    assert f"Its newest reading was not taken: {said}" in shown
    assert 'href="/plugins"' in shown
    assert said not in unescape(await page(client, "/fragments/nodes/node-1/tables/cpu"))
