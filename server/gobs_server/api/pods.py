"""REST: pods of all nodes or one, and one pod with its containers and processes."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta

from gobs_server.api.lookup import find_node, find_table
from gobs_server.api.operations import Later, Live, Operations
from gobs_server.api.pod_search import DELETED, Infos, PodQuery, cell
from gobs_server.api.problem import ApiError
from gobs_server.api.rows import rows_of
from gobs_server.api.shapes import PodDetail, PodOfNode, Pods, Row
from gobs_server.live import Node
from gobs_server.privacy import seen
from gobs_server.reasons import reasons
from gobs_server.services import Services
from gobs_server.tables import View
from gobs_server.tags import Tags

TABLE = "pod"
UNKNOWN = "-"
"""Stands for the namespace of a pod that is asked for by its uid; no namespace is called so."""
_Text = Annotated[str, Meta(max_length=500)]
_Owner = Annotated[str, Meta(max_length=500, description="KIND/NAME or NAME, such as Deployment/web or web.")]
Limit = Annotated[int, Meta(ge=1, le=20_000, description="Pods to answer with at most.")]
Offset = Annotated[int, Meta(ge=0, le=10_000_000, description="Pods to pass over before the first that is told.")]


class PodsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which pods of one node."""

    namespace: _Text | None = None
    owner: _Owner | None = None
    q: Annotated[
        str,
        Meta(
            max_length=500,
            description="Words that all must be found, in names, labels, states or addresses; ns:NAME, owner:TEXT, "
            "node:NAME and LABEL=VALUE are looked for there alone.",
        ),
    ] = ""
    limit: Limit = 1000
    offset: Offset = 0


class AllPodsQuery(PodsQuery, frozen=True, kw_only=True):
    """Which pods of all nodes."""

    node: _Text | None = None


def add_pods(api: Operations, services: Services, tags: Tags) -> None:
    """Add the operations on pods."""
    live = services.live

    @api.get("/pods", scope="nodes")
    async def list_pods(query: AllPodsQuery) -> Live[Pods]:
        """The pods of all nodes, by node, namespace and name."""
        nodes = [node for node in live.nodes() if query.node in (None, node.name)]
        views = [(node.name, seen(node.tables[TABLE].view())) for node in nodes if TABLE in node.tables]
        return Live(tags.of(live.version, query), lambda: Later(lambda: _found(views, query)))

    @api.get("/nodes/<name:node>/pods", scope="nodes", errors=(404,))
    async def list_pods_of_node(node: str, query: PodsQuery) -> Live[Pods]:
        """The pods of one node, by namespace and name."""
        table = find_table(find_node(live, node), TABLE)
        view = seen(table.view())
        return Live(tags.of(table.version, query), lambda: Later(lambda: _found([(node, view)], query)))

    @api.get("/nodes/<name:node>/pods/<name:namespace>/<name:pod>", scope="nodes", errors=(404,))
    async def get_pod(node: str, namespace: str, pod: str) -> Live[PodDetail]:
        """One pod with its containers and its processes.

        With `-` for the namespace a pod is found by its uid, such as one of which no name is known.
        """
        found = find_node(live, node)
        view = seen(find_table(found, TABLE).view())
        place = _place(view, namespace, pod)
        if place is None:
            raise ApiError(404, f"node {node!r} has no pod {namespace}/{pod}; GET /api/v1/nodes/{node}/pods lists them")
        workload = view.keys[place][0]

        def build() -> PodDetail:
            [row] = rows_of(view, [place])
            return PodDetail(
                node=node,
                at=view.time,
                pod=row,
                containers=_rows(found, "container", workload),
                devices=_rows(found, "container_io", workload),
                processes=_rows(found, "process", workload),
                unknown=reasons(found, TABLE),
            )

        return Live(tags.of(found.version, workload), build)


def _found(views: list[tuple[str, View]], query: PodsQuery) -> Pods:
    wanted = PodQuery(namespace=query.namespace, owner=query.owner, q=query.q)
    found: list[PodOfNode] = []
    count, first = 0, query.offset
    for node, view in views:
        places = sorted(wanted.places(node, view), key=partial(_order, view))
        count += len(places)
        shown = places[first : first + query.limit - len(found)]
        first = max(first - len(places), 0)
        if shown:
            found += [PodOfNode(node, row.keys, row.infos, row.values, row.rates) for row in rows_of(view, shown)]
    return Pods(count=count, pods=found)


def _order(view: View, place: int) -> tuple[str, str, str]:
    infos = view.infos
    return cell(infos, "namespace", place) or "", cell(infos, "name", place) or "", view.keys[place][0]


def _place(view: View, namespace: str, pod: str) -> int | None:
    """The pod of that name; of two, as where a StatefulSet made one anew, that which is not deleted, or the newer."""
    infos = view.infos
    if namespace == UNKNOWN:
        return next((place for place in PodQuery().places("", view) if view.keys[place][0] == pod), None)
    found = [place for place in PodQuery(namespace=namespace).places("", view) if cell(infos, "name", place) == pod]
    return max(found, key=partial(_newness, infos), default=None)


def _newness(infos: Infos, place: int) -> tuple[bool, str]:
    return cell(infos, "reason", place) != DELETED, cell(infos, "started", place) or ""


def _rows(node: Node, name: str, workload: str) -> list[Row]:
    """The rows of another table that belong to a workload; none where the node has no such table."""
    table = node.tables.get(name)
    if table is None:
        return []
    view = seen(table.view())
    keys = [column.name for column in view.table.keys]
    if "workload" in keys:
        column = [key[keys.index("workload")] for key in view.keys]
        return rows_of(view, [place for place, text in enumerate(column) if text == workload])
    texts = view.infos.get("workload", [])
    return rows_of(view, [place for place, text in enumerate(texts) if text == workload])
