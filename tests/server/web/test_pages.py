"""The pages: what is on them, and what a poll costs."""

from __future__ import annotations

import dataclasses
import html
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import PluginState, Table, Thresholds, Unit, gauge, key
from gobs_core.state import STATES
from gobs_core.testing import FakeProc
from gobs_server.actor import Actor
from gobs_server.http import create_app
from tests.core.test_bad_plugins import AT_START, BAD, states_of, states_of_all
from tests.server.feeding import Cluster, Machine
from tests.server.tables import CPU, CPU_ROWS, PROCESS, processes

ORIGIN = {"Origin": "http://localhost"}
PAGES = ["/", "/nodes/node-1", "/nodes/node-1/tables/cpu", "/plugins"]
FRAGMENTS = [
    "/fragments/nodes",
    "/fragments/nodes/node-1",
    "/fragments/nodes/node-1/tables/process",
    "/fragments/plugins",
]


async def text(client: Client, path: str, status: int = 200) -> str:
    response = await client.get(path, scope_base={"raw_path": path.partition("?")[0].encode()})
    assert response.status_code == status
    return await response.get_data(as_text=True)


async def test_a_card_shows_the_numbers_of_its_node(machine: Machine, client: Client) -> None:
    page = await text(client, "/")
    for shown in ("1 node: ", ">1 fresh<", "node-1", "50.0 %", "25.0 %", "1.0 MiB/s", "agent 0.1.0", ">fresh<"):
        assert shown in page, shown


async def test_a_number_that_is_not_known_says_why(machine: Machine, client: Client) -> None:
    page = html.unescape(await text(client, "/"))
    assert "this node sends no table 'disk'" in page


async def test_a_node_page_shows_every_table(machine: Machine, client: Client) -> None:
    page = await text(client, "/nodes/node-1")
    for name in ("cpu", "memory", "net", "process"):
        assert f'id="t-{name}"' in page
    assert [page.index(f'id="t-{name}"') for name in ("cpu", "memory", "net", "process")] == sorted(
        page.index(f'id="t-{name}"') for name in ("cpu", "memory", "net", "process")
    )
    assert "worker-3" in page
    assert "15.6 MiB" in page


async def test_what_an_author_suggests_for_a_rule_stands_at_the_head_of_its_column_and_under_the_tables_name(
    cluster: Cluster, client: Client
) -> None:
    level = gauge("level", "How full", Unit.PERCENT, thresholds=Thresholds(80, 95))
    machine = cluster.machine("new", table := Table("tank", "A tank", [key("name", "Which"), level]))
    machine.feed({table: [("north", 50.0)]})
    page = await text(client, "/nodes/new/tables/tank")
    assert "How full · suggested: warning above 80 %, critical above 95 %" in page
    assert '<p class="help">level: warning above 80 %, critical above 95 %, suggested for a rule</p>' in page


async def test_a_silent_node_is_told_in_words(cluster: Cluster, machine: Machine, client: Client) -> None:
    for seconds, state in ((15, "stale"), (120, "down")):
        cluster.clock.now += seconds
        cluster.live.age()
        assert f"1 {state}" in await text(client, "/")
        assert "what is shown is what it said last" in await text(client, "/nodes/node-1")


async def test_an_empty_server_says_what_to_do_next(client: Client) -> None:
    assert "gobs agent --server" in await text(client, "/")
    assert "entry point" in await text(client, "/plugins")


async def test_of_a_plugin_it_is_told_where_it_runs_what_it_costs_what_it_needs_and_what_it_said_last(
    cluster: Cluster, machine: Machine, client: Client
) -> None:
    hostile = "</pre><script>alert(1)</script>\u202e" + "x" * 20_000
    plugin = PluginState(
        kind="collector", name="entropy", distribution="gobs-plugin-entropy", version="1.2", api=1, state="quarantined",
        error="OSError: no", trace=f"Traceback\n  {hostile}", runs=7, failures=3, rows=12, duration=0.25, cpu=0.125,
        memory=30 << 20, runs_in="worker", pid=4242, restarts=2, succeeded=cluster.clock.now,
        needs={"CAP_SYS_PTRACE <b>": False, "Linux 5.2": True}, unknown={"entropy.bits": "an old kernel"},
        printed="warming up <b>\n\x1b[2Jcleared",
    )  # fmt: skip
    cluster.live.set_plugins(machine.node, (plugin, PluginState(kind="sink", name="grpc")))
    page = await text(client, "/plugins")
    row = page[page.index('data-plugin="quarantined"') : page.index('data-plugin="ok"')]
    shown = re.sub(r"<[^>]*>", "|", row)
    for said in ("gobs-plugin-entropy 1.2, API 1", "worker 4242, started again 2 ", "250 ms", "125 ms", "30.0 MiB",
                 "2 needs, 1 not met here", "lacking: CAP_SYS_PTRACE &lt;b&gt;", "here: Linux 5.2", "OSError: no",
                 "1 column not known here",
                 "warming up &lt;b&gt;\n\\x1b[2Jcleared",
                 "&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u202e"):  # fmt: skip
        assert said in shown, said
    assert "data-age=" in row
    assert "<script>" not in row
    assert len(row) < 40_000
    rest = page[page.index('data-plugin="ok"') :]
    assert rest.count('class="unknown" title=') == 5, "what is not known says why"
    assert "it failed three times in a row" in html.unescape(row), "what the state means is said"


async def test_a_collector_that_the_budget_slows_down_says_so_on_the_page(
    cluster: Cluster, machine: Machine, client: Client
) -> None:
    why = "read every 10s instead of every 5s: collectors would take 15.0% of a CPU, and agent.budget.cpu is 10.0%"
    cluster.live.set_plugins(machine.node, (PluginState(kind="collector", name="dear", state="degraded", error=why),))
    page = await text(client, "/plugins")
    assert why in page
    assert "1 needs a look" in page


async def test_plugins_of_many_nodes_come_by_pages_and_a_node_leads_to_its_own(
    cluster: Cluster, client: Client
) -> None:
    plugins = [PluginState(kind="collector", name=name, state="failing", error="no") for name in ("cpu", "net")]
    for number in range(150):
        cluster.machine(f"n{number} <b>", CPU, plugins=tuple(plugins)).feed({CPU: CPU_ROWS[0]})
    page = await text(client, "/plugins?page=99")
    assert "page 3 of 3" in page
    assert page.count("<tr id=") == 100
    assert "11 are so" in await text(client, "/plugins?filter=node%3An12+name%3Dcpu")
    assert "None of the 300 plugins is so" in await text(client, "/plugins?filter=nothing")
    assert "there is no column &#39;size&#39; here" in await text(client, "/plugins?filter=size%3A1")
    cards = html.unescape(await text(client, "/?filter=n7"))
    path = next(path for path in re.findall(r'href="(/plugins\?filter=[^"]*)"', cards) if "n7+" in path)
    page = await text(client, path)
    assert page.count("<tr id=") == 2
    assert page.count("n7 &lt;b&gt;</bdi>") == 2


async def test_of_a_plugin_that_does_not_run_here_nothing_is_counted(cluster: Cluster, client: Client) -> None:
    cluster.own = tuple(PluginState(kind="collector", name=state, state=state) for state in STATES)
    page = await text(client, "/plugins")
    for state in STATES:
        row = page[page.index(f'data-plugin="{state}"') :].partition("</tr>")[0]
        assert row.count('title="it does not run here">\N{EN DASH}') == (
            2 if state in ("disabled", "off", "broken") else 0
        ), state


async def test_every_state_has_its_own_colour_and_those_that_do_no_work_come_first(
    cluster: Cluster, client: Client
) -> None:
    cluster.own = tuple(PluginState(kind="collector", name=state, state=state) for state in (*STATES, "of tomorrow"))
    page = await text(client, "/plugins")
    found = re.findall(r'data-state="(\w+)"[^>]*>([\w ]+)</span>', page)
    assert {state: colour for colour, state in found} == {
        "starting": "idle", "ok": "fresh", "no data": "idle", "degraded": "stale", "failing": "stale", "late": "stale",
        "quarantined": "down", "disabled": "idle", "off": "idle", "broken": "down", "of tomorrow": "stale",
    }  # fmt: skip
    troubled = [state for _, state in found[:6]]
    assert set(troubled) == {"degraded", "failing", "late", "quarantined", "broken", "of tomorrow"}
    assert [state for _, state in found[-2:]] == ["disabled", "off"], "what does not run here comes last"


async def test_everything_that_can_be_wrong_with_a_plugin_is_named_on_the_page(
    cluster: Cluster, client: Client
) -> None:
    cluster.own = tuple(states_of_all())
    page = html.unescape(await text(client, "/plugins"))
    assert f"{len(cluster.own)} loaded in 1 place, {len(cluster.own)} need a look" in re.sub(r"<[^>]*>", "", page)
    at_start = [BAD[what][1] for what in AT_START]
    for said in (
        *at_start,
        "no entry point here is called 'entropy'",
        "No module named 'no_such_module'",
        "no entry point of",
    ):
        assert said in page, said


@pytest.mark.parametrize("what", [what for what in BAD if what not in AT_START])
async def test_what_is_wrong_only_once_it_reads_is_on_the_page_too(
    what: str, cluster: Cluster, machine: Machine, client: Client, tmp_path: Path
) -> None:
    proc = FakeProc(tmp_path)
    proc.write("acme", "7\n")
    states = await states_of(what, proc)
    cluster.live.set_plugins(machine.node, tuple(states))
    page = html.unescape(await text(client, "/plugins"))
    row = page[page.index('data-plugin="failing"') :].partition("</tr>")[0]
    assert BAD[what][1] in row
    others = [state.name for state in states if state.state == "ok" and state.kind == "collector"]
    assert others == ["good", "other"]


async def test_a_node_without_tables_says_so(cluster: Cluster, client: Client) -> None:
    cluster.machine("new", CPU)
    assert "No tables yet" in await text(client, "/nodes/new")


@pytest.mark.parametrize("path", ["/nodes/x", "/nodes/node-1/tables/x", "/nothing"])
async def test_what_is_not_there_is_a_page_that_leads_on(machine: Machine, client: Client, path: str) -> None:
    page = await text(client, path, 404)
    assert "<h1>Not found" in page
    assert 'href="/"' in page


@pytest.mark.parametrize(
    "path", ["/fragments/nodes/x", "/fragments/nodes/x/tables/cpu", "/fragments/nodes/node-1/tables/x"]
)
async def test_what_is_no_longer_there_is_told_where_it_was(machine: Machine, client: Client, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 200
    assert "ETag" not in response.headers
    assert "this page goes on asking" in await response.get_data(as_text=True)


async def test_a_page_can_only_be_read(client: Client) -> None:
    response = await client.post("/")
    assert response.status_code == 405
    assert response.content_type == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", FRAGMENTS)
async def test_a_poll_costs_nothing_while_nothing_changed(machine: Machine, client: Client, path: str) -> None:
    first = await client.get(path)
    tag = first.headers["ETag"]
    again = await client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, await again.get_data()) == (304, b"")
    machine.feed({PROCESS: processes(4)}, after=5)
    machine.cluster.live.set_plugins(machine.node, (PluginState(kind="collector", name="cpu"),))
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 200


async def test_frames_do_not_change_the_list_of_plugins(machine: Machine, client: Client) -> None:
    tag = (await client.get("/fragments/plugins")).headers["ETag"]
    machine.feed({PROCESS: processes(4)}, after=5)
    assert (await client.get("/fragments/plugins", headers={"If-None-Match": tag})).status_code == 304


async def test_a_page_carries_the_tag_of_the_fragment_in_it(machine: Machine, client: Client) -> None:
    tag = (await client.get("/fragments/nodes")).headers["ETag"]
    assert f'data-tag="{html.escape(tag)}"' in await text(client, "/")


async def test_a_node_that_falls_silent_changes_the_tag(cluster: Cluster, machine: Machine, client: Client) -> None:
    tag = (await client.get("/fragments/nodes")).headers["ETag"]
    cluster.clock.now += 15
    cluster.live.age()
    assert (await client.get("/fragments/nodes", headers={"If-None-Match": tag})).status_code == 200


async def test_what_does_not_work_in_the_server_is_told_at_once(
    cluster: Cluster, machine: Machine, client: Client
) -> None:
    tag = (await client.get("/fragments/nodes")).headers["ETag"]
    cluster.troubles = {"database": "the disk is full"}
    response = await client.get("/fragments/nodes", headers={"If-None-Match": tag})
    assert "the disk is full" in await response.get_data(as_text=True)


async def test_a_table_whose_columns_became_unknown_changes_its_tag(
    cluster: Cluster, machine: Machine, client: Client
) -> None:
    path = "/fragments/nodes/node-1/tables/process"
    tag = (await client.get(path)).headers["ETag"]
    plugin = PluginState(kind="collector", name="process", unknown={"process.rss": "no longer"})
    cluster.live.set_plugins(machine.node, (plugin,))
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 200


async def test_after_a_restart_no_old_tag_counts(cluster: Cluster, machine: Machine, client: Client) -> None:
    tag = (await client.get("/fragments/nodes")).headers["ETag"]
    restarted = create_app(cluster.services()).test_client()
    assert (await restarted.get("/fragments/nodes", headers={"If-None-Match": tag})).status_code == 200


async def test_a_page_with_other_tables_than_the_node_has_now_is_asked_to_reload(
    cluster: Cluster, machine: Machine, client: Client
) -> None:
    response = await client.get("/fragments/nodes/node-1?shape=0")
    assert response.headers["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    "query",
    [
        "sort=%00",
        "sort=" + "x" * 5000,
        "sort=--cpu",
        "filter=%FF%FE",
        "first=9&count=-1",
        "filter=" + quote("<script>" * 30),
        "group=" + quote("<script>"),
        "pins=%00,&columns=,",
        "sort=&group=rss&idle=maybe",
    ],
)
async def test_an_absurd_query_gives_a_page_all_the_same(machine: Machine, client: Client, query: str) -> None:
    page = await text(client, f"/nodes/node-1/tables/process?{query}")
    assert "<script>" not in page


async def test_plugins_show_state_cost_and_traceback(cluster: Cluster, client: Client) -> None:
    cluster.own = (
        PluginState(kind="sink", name="good", distribution="gobs-sinks", version="0.1.0", runs=12, duration=0.0021),
        PluginState(
            kind="plugin", name="bad", state="broken", error="Traceback\n  File x\nImportError: no <b>module</b>"
        ),
    )
    page = await text(client, "/plugins")
    assert page.index(">bad<") < page.index(">good<")
    assert "1 needs a look" in page
    assert "<summary>ImportError: no &lt;b&gt;module&lt;/b&gt;</summary>" in page
    assert "2.10 ms" in page


async def test_pages_load_one_script_and_one_style_sheet_under_names_of_their_content(
    machine: Machine, client: Client
) -> None:
    page = await text(client, "/")
    for name in ("app.js", "app.css", "favicon.svg"):
        path = next(part for part in page.split('"') if part.endswith(f"/{name}"))
        response = await client.get(path)
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]
    assert (await client.get("/static/0000/app.js")).status_code == 404
    assert (await client.get("/static/../app.js")).status_code == 404


async def test_the_same_bytes_are_shared_by_all_who_look(machine: Machine, client: Client) -> None:
    first, second = [await (await client.get("/fragments/nodes")).get_data() for _ in range(2)]
    assert first == second


async def test_a_card_of_a_node_that_did_not_change_is_not_rendered_again(cluster: Cluster) -> None:
    machines = [cluster.machine(f"n{i}", CPU) for i in range(3)]
    for machine in machines:
        machine.feed({CPU: CPU_ROWS[0]})
    client = create_app(cluster.services()).test_client()
    before = await text(client, "/fragments/nodes")
    machines[1].feed({CPU: CPU_ROWS[1]}, after=5)
    after = await text(client, "/fragments/nodes")
    cards = [page.split('<li class="card"')[1:] for page in (before, after)]
    assert [one == other for one, other in zip(*cards, strict=True)] == [True, False, True]


async def test_a_plugin_in_quarantine_has_a_button_for_those_who_may(cluster: Cluster) -> None:
    asked: list[tuple[str, str, str]] = []
    cluster.machine("node-1", CPU, plugins=(PluginState(kind="sink", name="slow<b>", state="quarantined"),))
    actor = Actor("olga", "operator", "user")

    def retry(node: str, kind: str, name: str) -> bool:
        asked.append((node, kind, name))
        return len(asked) == 1

    async def identify() -> Actor:
        return actor

    services = dataclasses.replace(cluster.services(), retry_plugin=retry, identify=identify)
    client = create_app(services).test_client()
    form = {"node": "node-1", "kind": "sink", "name": "slow<b>"}
    page = await text(client, "/plugins")
    for name, value in form.items():
        assert f'<input type="hidden" name="{name}" value="{html.escape(value)}">' in page
    for again, status in ((form, 303), (form, 409), ({**form, "name": "nobody"}, 404), ({}, 404)):
        answer = await client.post("/plugins/retry", form=again, headers=ORIGIN)
        assert answer.status_code == status, again
    assert asked == [("node-1", "sink", "slow<b>")] * 2
    assert (await client.post("/plugins/retry", form=form, headers={"Origin": "https://elsewhere"})).status_code == 403
    actor = Actor("victor", "viewer", "user")
    assert "Try again" not in await text(client, "/plugins")
    assert (await client.post("/plugins/retry", form=form, headers=ORIGIN)).status_code == 403
    assert len(asked) == 2
