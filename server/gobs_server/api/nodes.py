"""REST: nodes, and which tables each has."""

from __future__ import annotations

from gobs_core import Column, Kind, Table
from gobs_server.api.lookup import find_node
from gobs_server.api.operations import Live, Operations
from gobs_server.api.shapes import (
    ChartInfo,
    ColumnInfo,
    NodeDetail,
    Nodes,
    NodeSummary,
    Tables,
    TableSummary,
    ThresholdInfo,
)
from gobs_server.live import Live as Store
from gobs_server.live import LiveTable, Node
from gobs_server.reasons import reasons
from gobs_server.services import Services
from gobs_server.tags import Tags


def add_nodes(api: Operations, services: Services, tags: Tags) -> None:
    """Add the operations on nodes."""
    live = services.live

    @api.get("/nodes", scope="nodes")
    async def list_nodes() -> Live[Nodes]:
        """All nodes and how they fare."""
        return Live(tags.of(live.version), lambda: Nodes([_summary(node) for node in live.nodes()]))

    @api.get("/nodes/<name:node>", scope="nodes", errors=(404,))
    async def get_node(node: str) -> Live[NodeDetail]:
        """One node, its plugins, and how much of its past is kept."""
        found = find_node(live, node)

        def build() -> NodeDetail:
            return NodeDetail(_summary(found), list(found.plugins), services.history.span(node))

        return Live(tags.of(found.version), build)

    @api.get("/nodes/<name:node>/tables", scope="nodes", errors=(404,))
    async def list_tables(node: str) -> Live[Tables]:
        """The tables of one node and what their columns mean."""
        found = find_node(live, node)

        def build() -> Tables:
            return Tables(node, [_table(live, found, found.tables[name]) for name in sorted(found.tables)])

        return Live(tags.of(found.version), build)


def column_infos(table: Table, unknown: dict[str, str]) -> list[ColumnInfo]:
    """Return every column as declared, with why it is not known where it is not."""
    return [
        ColumnInfo(
            name=column.name,
            kind=column.kind.value,
            help=column.help,
            unit=column.unit.value,
            rate_unit=_rate_unit(column),
            expression=None if column.expression is None else column.expression.text,
            needs=column.needs,
            source=column.source,
            private=column.private,
            thresholds=_suggested(column),
            unknown=unknown.get(column.name),
        )
        for column in table.columns
    ]


def _suggested(column: Column) -> ThresholdInfo | None:
    found = column.thresholds
    if found is None:
        return None
    return ThresholdInfo(warning=found.warning, critical=found.critical, below=found.below)


def _rate_unit(column: Column) -> str | None:
    if column.kind is not Kind.COUNTER:
        return None
    return {"seconds": "ratio", "joules": "watts", "none": "1/s"}.get(column.unit.value, f"{column.unit.value}/s")


def _table(store: Store, node: Node, live: LiveTable) -> TableSummary:
    table = live.table
    return TableSummary(
        name=table.name,
        help=table.help,
        rows=live.rows,
        interval=live.interval,
        read_at=live.read_at,
        stale=store.overdue(node, live) is not None,
        columns=column_infos(table, reasons(node, table.name)),
        charts=[
            ChartInfo(columns=list(c.columns), title=c.title, stacked=c.stacked, each=c.each, top=c.top)
            for c in table.charts
        ],
    )


def _summary(node: Node) -> NodeSummary:
    return NodeSummary(
        name=node.name,
        state=node.state,
        state_since=node.state_since,
        first_seen=node.first_seen,
        last_seen=node.last_seen or None,
        connected=node.connected,
        agent_version=node.agent_version,
        protocol=node.protocol,
        boot_id=node.boot_id,
        skew=node.skew,
        interval=node.interval,
        notes=list(node.notes),
        frames=node.frames,
        dropped=dict(node.dropped),
        tables=sorted(node.tables),
    )
