"""The pages of recordings: begun by a form, followed to the end, listed, kept, let go; and what stands in the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from quart.typing import TestClientProtocol as Client

from gobs_core import PluginState, ProfileTarget
from gobs_proto import gobs_pb2 as pb
from gobs_server.actor import Actor
from gobs_server.http import create_app
from gobs_server.profiles.targets import Missing, find_target
from gobs_server.profiles.task import Task
from gobs_server.web.profiles.compared import ALIKE, ELSE, MOST, SAME, compared
from gobs_server.web.text import visible
from tests.server import pods
from tests.server.feeding import Cluster
from tests.server.profiles.made import profile
from tests.server.profiles.rig import Rig, packed
from tests.server.profiles.stored import done, store
from tests.server.web.test_hostile_names import Page
from tests.support.hostile import HOSTILE_NAMES
from tests.support.waiting import until

PERF = PluginState(
    kind="profiler", name="perf", title="CPU (perf)", targets=("node", "workload", "container", "process")
)
OF_POD: dict[str, Any] = {"namespace": "shop", "pod": "web-1"}


class Site:
    """A server with one node, whose pod web-1 has two containers; whoever asks is `actor`."""

    def __init__(self, rig: Rig, perf: tuple[PluginState, ...] = (PERF,)) -> None:
        self.rig, self.actor = rig, Actor("ann", "administrator", "user")
        self.written: list[tuple[str, str, str]] = []
        self.cluster = Cluster()
        self.machine = self.cluster.machine("n", *pods.TABLES, plugins=perf)
        rows = [
            pods.process(number, "u1", container=f"c{number}", container_name=name, **OF_POD)
            for number, name in ((7, "app"), (8, "proxy"))
        ]
        self.machine.feed(pods.rows([pods.pod("u1", "web-1")], [pods.container("u1", "app")], rows))
        rig.clock.now = self.cluster.clock.now
        services = replace(
            self.cluster.services(), profiles=rig.tasks, identify=self.identify, clock=rig.clock, audit=self
        )
        self.client: Client = create_app(services).test_client()

    async def identify(self) -> Actor:
        return self.actor

    async def record(
        self,
        actor: Actor,
        action: str,
        target: str,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> None:
        """Stand for the audit log."""
        self.written.append((actor.name, action, target))

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        answer = await self.client.get(path, headers=headers)
        return answer.status_code, str(await answer.get_data(as_text=True))

    async def post(self, path: str, form: Mapping[str, object]) -> tuple[int, str]:
        """The status, and where it leads on to, or what it says."""
        answer = await self.client.post(
            path,
            data=urlencode({name: str(value) for name, value in form.items()}),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        return answer.status_code, answer.headers.get("Location") or str(await answer.get_data(as_text=True))


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path)
    await rig.start()
    yield rig
    await rig.stop()


@pytest.fixture
def site(rig: Rig) -> Site:
    return Site(rig)


async def test_a_recording_is_begun_by_the_form_followed_and_cancelled(site: Site) -> None:
    _, form = await site.get("/fragments/record?node=n&workload=u1")
    for text in ('<option value="600">', "app</option>", "proxy</option>", 'value="u1"', "Nothing of it has been"):
        assert text in form
    asked = {"node": "n", "workload": "u1", "container": "c7", "duration": 60, "frequency": 199, "profiler": "perf"}
    status, path = await site.post("/profiles", asked)
    assert status == 303
    message = site.rig.post.sent[-1][1].start_profile
    assert (message.kind, message.workload, message.container) == ("container", "u1", "c7")
    assert (message.duration_ms, message.frequency, message.call_graph) == (60_000, 199, "fp")
    _, page = await site.get(path)
    assert "<bdi>shop/web-1/app</bdi>" in page
    assert f'hx-get="/fragments{path}"' in page
    assert "waits for its turn" in page
    task = site.rig.tasks.all()[0]
    site.rig.tasks.progress("n", _recording(task.id, 45_000))
    _, part = await site.get(f"/fragments{path}")
    assert "45 s left" in part
    assert 'value="0.250"' in part
    assert await site.post(f"{path}/cancel", {}) == (303, path)
    assert site.written == [("ann", "profile.start", task.id), ("ann", "profile.cancel", task.id)]
    _, page = await site.get(path)
    assert "cancelled by ann" in page
    again = "/fragments/record?node=n&amp;workload=u1&amp;container=c7"
    assert again in page, "it can be recorded again from here"
    _, form = await site.get(again.replace("&amp;", "&"))
    assert 'name="container" value="c7"' in form
    assert f'href="{path}"' in form, "what was recorded of it before is listed"
    assert f'href="{path}"' in (await site.get("/fragments/record?node=n&workload=u1"))[1]
    assert f'href="{path}"' not in (await site.get("/fragments/record?node=n&workload=u1&container=c8"))[1]
    assert f'href="{path}"' not in (await site.get("/fragments/record?node=n"))[1]
    answer = await site.client.get(f"/fragments{path}")
    assert answer.headers["HX-Refresh"] == "true"


def _recording(id: str, left: int) -> pb.ProfileProgress:  # noqa: A002  the word of the wire
    return pb.ProfileProgress(id=id, state="recording", left_ms=left, samples=-1)


async def test_what_is_done_is_listed_offered_kept_and_let_go(site: Site) -> None:
    rig = site.rig
    _, page = await site.get("/profiles")
    assert "Nothing has been recorded yet" in page
    task = rig.begin()
    rig.send(task.id, packed())
    task = await rig.done(task)
    _, page = await site.get("/profiles?q=node+DONE&state=done")
    assert f'id="p-{task.id}" data-profile-state="done"' in page
    for query in ("q=nobody", "state=failed", "node=other"):
        assert "None of the 1 recordings is so" in (await site.get(f"/fragments/profiles?{query}"))[1]
    path = f"/profiles/{task.id}"
    _, page = await site.get(path)
    for form in ("speedscope", "pprof", "folded", "svg", "json", "raw"):
        assert f'href="/api/v1{path}/download?format={form}"' in page
    assert "a note" in page
    assert 'hx-get="/fragments/profiles/' not in page, "what is over is asked for no more"
    await site.post(f"{path}/pin", {"pinned": "yes"})
    assert site.written == [("ann", "profile.pin", task.id)]
    assert rig.tasks.all()[0].pinned
    assert await site.post(f"{path}/delete", {}) == (303, "/profiles")
    assert rig.tasks.all() == []
    assert (await site.get(path))[0] == 404


def stored_of(id: str, node: str, target: ProfileTarget, **more: object) -> Task:  # noqa: A002
    """A recording that is over."""
    return done(id, profile({(1, 1, ("main",)): 1}), node=node, target=target, **more)


def pod(uid: str) -> ProfileTarget:
    return ProfileTarget(kind="workload", workload=uid)


def test_a_profile_may_be_compared_with_any_other_the_likest_first() -> None:
    process = ProfileTarget(kind="process", pid=7, start="1")
    of = stored_of("of", "n", pod("u1"), pod="web-1")
    everything = [
        of,
        stored_of("elsewhere", "m", pod("u2"), pod="web-2"),
        stored_of("other-space", "m", pod("u3"), namespace="blog"),
        stored_of("node", "m", ProfileTarget(kind="node"), namespace="", pod=""),
        stored_of("process", "n", process, command="app"),
        stored_of("same", "n", pod("u1"), pod="web-1"),
        stored_of("gone", "n", pod("u1"), state="expired"),
        stored_of("empty", "n", pod("u1"), samples=0),
    ]
    found = {title: [task.id for task in tasks] for title, tasks in compared(of, everything)}
    assert found == {SAME: ["same"], ALIKE: ["elsewhere"], ELSE: ["other-space", "node", "process"]}
    node = everything[3]
    others = [*everything, stored_of("another", "n", ProfileTarget(kind="node"), namespace="", pod="")]
    assert {title: [task.id for task in tasks] for title, tasks in compared(node, others)}[ALIKE] == ["another"]
    assert compared(of, [of]) == []


def test_of_very_many_profiles_the_newest_are_offered_and_the_one_that_is_named() -> None:
    of = stored_of("of", "n", pod("u1"))
    many = [stored_of(f"{number}", "m", pod("u2")) for number in range(2 * MOST)]
    [group] = compared(of, many, named=f"{2 * MOST - 1}")
    assert [task.id for task in group.tasks] == [*map(str, range(MOST)), f"{2 * MOST - 1}"]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_profiles_of_other_nodes_are_offered_by_whatever_name(tmp_path: Path, name: str) -> None:
    name = name[:253]
    await store(
        tmp_path,
        (done("of", profile({(1, 1, ("main",)): 1})), profile({(1, 1, ("main",)): 1})),
        (stored_of("far", name, pod("u2"), pod=name), profile({(1, 1, ("main",)): 1})),
    )
    rig = Rig(tmp_path)
    await rig.start()
    await until(lambda: rig.tasks.loaded)
    _, text = await Site(rig).get("/profiles/of?against=far")
    page = Page()
    page.feed(text)
    assert f"{visible(name)} on {visible(name)}" in "".join(page.words)
    assert 'value="far"' in text
    await rig.stop()


async def test_a_profile_without_a_sample_says_what_to_do(site: Site) -> None:
    task = site.rig.begin()
    site.rig.send(task.id, packed(of=profile({})))
    await site.rig.done(task)
    assert "did not run on a CPU" in (await site.get(f"/profiles/{task.id}"))[1]


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({}, 422, "node"),
        ({"node": "other"}, 422, "no node &#39;other&#39; has reported"),
        ({"node": "n", "pid": 99}, 422, "it has no process 99 now"),
        ({"node": "n", "pid": 7, "start": "1"}, 422, "another one has its number now"),
        ({"node": "n", "workload": "none"}, 422, "there is none of"),
        ({"node": "n", "duration": 0}, 422, "duration"),
        ({"node": "n", "duration": "x"}, 422, "duration"),
        ({"node": "n", "frequency": 10_001}, 422, "frequency"),
        ({"node": "n", "call_graph": "lbr"}, 422, "call_graph"),
        ({"node": "n", "nonsense": 1}, 303, "/profiles/"),
        ({"node": "n", "workload": "u1", "container": "c7", "profiler": "py-spy"}, 422, "one that node"),
    ],
)
async def test_what_cannot_be_recorded_is_said_and_nothing_is_begun(
    site: Site, form: Mapping[str, object], status: int, words: str
) -> None:
    found, said = await site.post("/profiles", form)
    assert found == status
    assert words in said
    assert len(site.rig.tasks.all()) == (status == 303)


def test_a_pod_of_a_name_that_two_namespaces_have_is_not_guessed(site: Site) -> None:
    twins = [
        pods.process(number, f"u{number}", container="c", container_name="app", namespace=namespace, pod="db-0")
        for number, namespace in ((7, "shop"), (8, "blog"))
    ]
    site.cluster.clock.now += 5
    site.machine.feed(pods.rows([], [], twins))
    node = site.cluster.live.node("n")
    assert node is not None
    with pytest.raises(Missing, match="one of blog, shop: each of them has a 'db-0'") as missing:
        find_target(node, "", "db-0", "", None)
    assert missing.value.field == "namespace"
    target, _ = find_target(node, "blog", "db-0", "", None)
    assert target.workload == "u8"


@pytest.mark.parametrize(
    ("perf", "words"),
    [
        ((), "tells of no profiler"),
        ((PluginState(kind="profiler", name="perf", state="disabled"),), "all are switched off"),
        ((PluginState(kind="profiler", name="perf", targets=("node",)),), "can record a workload"),
        ((PluginState(kind="profiler", name="perf", state="no data", error="needs PERFMON"),), "needs PERFMON"),
    ],
)
async def test_a_node_that_cannot_record_says_what_is_missing(
    rig: Rig, perf: tuple[PluginState, ...], words: str
) -> None:
    assert words in (await Site(rig, perf).get("/fragments/record?node=n&workload=u1"))[1]


async def test_who_may_only_look_is_offered_nothing_that_changes_anything(site: Site) -> None:
    task = site.rig.begin()
    site.rig.send(task.id, packed())
    await site.rig.done(task)
    site.actor = Actor("vic", "viewer", "user")
    for path in ("/fragments/record?node=n", f"/profiles/{task.id}", "/profiles"):
        status, page = await site.get(path)
        assert status == 200
        assert 'method="post" action="/profiles' not in page
    assert "takes the role operator" in (await site.get("/fragments/record?node=n"))[1]
    assert (await site.post("/profiles", {"node": "n"}))[0] == 403


async def test_pages_of_what_runs_offer_to_record_it(site: Site) -> None:
    for path, query in (
        ("/nodes/n", "node=n"),
        ("/nodes/n/workloads/u1", "node=n&amp;workload=u1"),
        ("/nodes/n/processes/7/77", "node=n&amp;pid=7&amp;start=77"),
        ("/nodes/n/tables/container/row?key=u1&key=c-u1-app", "node=n&amp;workload=u1&amp;container=c-u1-app"),
    ):
        assert f'hx-get="/fragments/record?{query}"' in (await site.get(path))[1]


async def test_the_originals_page_leads_to_the_same_recording(site: Site) -> None:
    _, path = await site.post("/profiles", {"node": "n", "workload": "u1"})
    id = path.rpartition("/")[2]  # noqa: A001
    assert f"/profiles/{id}/cancel" in (await site.get(f"/flamegraph/n/web-1?task_id={id}"))[1]
    answer = await site.client.get("/flamegraph/n/web-1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/profiles?q=web-1&node=n")
    assert f'id="p-{id}"' in (await site.get(answer.headers["Location"]))[1]


async def test_a_hostile_name_is_text(rig: Rig) -> None:
    for name in HOSTILE_NAMES:
        plugin = PluginState(kind="profiler", name=name, title=name, error=name, targets=("node", "process"))
        site = Site(rig, (plugin, PERF))
        row = pods.process(9, "u2", comm=name, pod=name, namespace=name, container="x", container_name=name)
        site.machine.feed(pods.rows([], [], [row, pods.process(10, "u2", container="y", container_name=name)]), after=5)
        status, path = await site.post("/profiles", {"node": "n", "pid": 9, "profiler": "perf"})
        assert status == 303, name
        task = next(one for one in rig.tasks.all() if path.endswith(one.id))
        task.by, task.reason, task.notes = name, name, [name]
        assert visible(name) in await _text(site, path)
        assert visible(name) in await _text(site, "/fragments/record?node=n&workload=u2")
        await _text(site, "/fragments/record?node=n&pid=9")
    listed = await _text(site, "/profiles")
    assert [name for name in HOSTILE_NAMES if visible(name) not in listed] == []


async def _text(site: Site, url: str) -> str:
    """The words of a page that has nothing on it but ours."""
    status, text = await site.get(url)
    page = Page()
    page.feed(text)
    assert status == 200, url
    assert not {one for one in page.attributes if one.startswith("on") or one == "style"}
    assert not page.elements & {"iframe", "style", "base"}
    assert page.scripts in {0, 2}
    shown = "".join(page.words)
    assert not any(character in shown for character in "\x1b\x00\u2028\u202e\u200b\x7f")
    return shown
