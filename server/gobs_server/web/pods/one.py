"""What the page of one pod shows besides its row: how it fares, its containers, its processes, its past."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from quart import Response

from gobs_server.beside import Beside
from gobs_server.history import History
from gobs_server.live import Live, Node
from gobs_server.paths import segment
from gobs_server.tables import View
from gobs_server.tags import Tags, fresh, with_tag
from gobs_server.web.answers import gone, html, no_node
from gobs_server.web.found_row import FoundRow
from gobs_server.web.pods.boxes import HEADINGS, Box, boxes
from gobs_server.web.pods.cells import level_of, text_of
from gobs_server.web.pods.changes import changes
from gobs_server.web.pods.columns import DEVICES, POD
from gobs_server.web.pods.family import Family, family
from gobs_server.web.pods.health import UNHEALTHY, began, health, status
from gobs_server.web.pods.meters import Meter, meters
from gobs_server.web.pods.sheet import labels_of
from gobs_server.web.pods.shown import Text, text
from gobs_server.web.pods.wanted import asking
from gobs_server.web.rendering import Templates
from gobs_server.web.text import visible


class Around(NamedTuple):
    """What was read beside a workload; None: nothing is kept of it, or it is not to be shown."""

    processes: View | None = None
    containers: View | None = None


class OnePod(NamedTuple):
    """One pod, ready to be shown."""

    status: str
    unhealthy: bool
    ready: str
    restarts: str
    facts: list[tuple[str, Text]]
    began: float | None
    meters: list[Meter]
    headings: tuple[tuple[str, str], ...]
    boxes: list[Box] | None
    """None: its node tells of no containers."""
    devices: str
    """Where it is told what they read and write of each device; empty: nowhere."""
    family: Family | None
    labels: list[Text]


def is_pod(found: FoundRow) -> bool:
    """Whether a row is a pod."""
    return found.view.table.name == POD and text_of(found.view, "kind", found.row) == POD


def one_pod(node: Node, found: FoundRow, around: Around, now: float) -> OnePod | None:
    """Return what is shown of a row that is a pod, as it is or was; None for any other."""
    view, row = found.view, found.row
    if not is_pod(found):
        return None
    uid = view.keys[row][0]
    state = status(text_of(view, "phase", row), text_of(view, "reason", row))
    ready, wanted, restarts = (
        level_of(view, name, row) for name in ("containers_ready", "containers_wanted", "restarts")
    )
    start = began(text_of(view, "started", row))
    labels = labels_of(text_of(view, "labels", row))
    return OnePod(
        status=visible(state or "not told: no name is known of it"),
        unhealthy=health(state, text_of(view, "phase", row), ready, wanted, now - start) == UNHEALTHY,
        ready="" if ready != ready or wanted != wanted else f"{ready:.0f} of {wanted:.0f} containers are ready",  # noqa: PLR0124  NaN
        restarts="" if not restarts > 0 else f"{restarts:,.0f} {'restart' if restarts == 1 else 'restarts'}",
        facts=_facts(view, row),
        began=None if start != start else start,  # noqa: PLR0124  NaN
        meters=meters(view, row),
        headings=HEADINGS,
        boxes=None if around.containers is None else boxes(node.name, around.containers, uid, found.looking),
        devices="" if found.gone or found.looking is not None else _devices(node, uid),
        family=None if around.processes is None else family(node.name, around.processes, uid, found.looking),
        labels=[Text(visible(f"{name}={value}"), asking("label", f"{name}={value}")) for name, value in labels.items()],
    )


def _devices(node: Node, uid: str) -> str:
    table = node.tables.get(DEVICES)
    if table is None or not any(key[0] == uid for key in table.view().public.keys):
        return ""
    return f"/nodes/{segment(node.name)}/tables/{DEVICES}?{urlencode({'filter': f'workload:{uid}'})}"


def _facts(view: View, row: int) -> list[tuple[str, Text]]:
    """Return what it is, as label and text, each of which leads to all that have it too."""
    wanted = (
        ("namespace", "ns"), ("owner", "owner"), ("controller", "controller"), ("phase", ""), ("qos", "qos"),
        ("ips", ""), ("runtime", ""),
    )  # fmt: skip
    facts = [(name, text(field, told) if field else Text(visible(told), ""))
             for name, field in wanted if (told := text_of(view, name, row))]  # fmt: skip
    if text_of(view, "network", row) == "host":
        facts.append(("network", Text("the node's own: its traffic is part of the node's", "")))
    return facts


class Changes:
    """The past of pods, as fragments. Lives as long as the app."""

    def __init__(self, live: Live, history: History, tags: Tags, templates: Templates) -> None:
        self._live = live
        self._history = history
        self._tags = tags
        self._templates = templates
        self._beside = Beside()

    async def fragment(self, name: str, workload: str) -> Response:
        """Return what happened to a pod; nothing is decoded again while its state is the same."""
        node = self._live.node(name)
        if node is None:
            return gone(self._templates, no_node(name))
        tag = self._tags.of(0, name, workload, self._state(node, workload), self._history.generation)
        if (same := fresh(tag)) is not None:
            return same
        past = self._history.past(name)
        found = await self._beside.run(lambda: changes(past, workload))
        marks = " ".join(f"{change.at:.1f}" for change in found if change.bad)
        return with_tag(html(self._templates.render("pod_changes.html", changes=found, marks=marks)), tag)

    def _state(self, node: Node, workload: str) -> tuple[object, ...]:
        table = node.tables.get(POD)
        view = None if table is None else table.view().public
        row = None if view is None else view.find((workload,))
        if view is None or row is None:
            return (None,)
        names = ("restarts", "containers_ready", "containers_wanted")
        return (
            text_of(view, "phase", row),
            text_of(view, "reason", row),
            *(repr(level_of(view, one, row)) for one in names),
        )
