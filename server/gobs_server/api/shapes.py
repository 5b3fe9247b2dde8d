"""What the REST interface answers with: every shape once, documented where it stands."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from gobs_core import PluginState

Time = Annotated[float, Meta(description="Seconds since 1970.")]
Values = dict[str, float | None]
Texts = dict[str, str | None]


class NodeSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One machine that runs an agent, and how it fares."""

    name: str
    state: Annotated[str, Meta(description="fresh, stale or down.")]
    state_since: Time
    first_seen: Time
    last_seen: Annotated[Time | None, Meta(description="When anything was last heard of it; null: never.")]
    connected: bool
    agent_version: str
    protocol: int
    boot_id: str
    skew: Annotated[float, Meta(description="Seconds the node's clock is ahead of the server's.")]
    interval: Annotated[float, Meta(description="Seconds between two readings.")]
    notes: Annotated[list[str], Meta(description="What a person should know.")]
    frames: Annotated[int, Meta(description="Frames taken since the server started.")]
    dropped: Annotated[dict[str, int], Meta(description="Reason -> frames or tables not taken.")]
    tables: Annotated[list[str], Meta(description="The tables it sends.")]


class Nodes(msgspec.Struct, frozen=True):
    """All nodes, by name."""

    nodes: list[NodeSummary]


class NodeDetail(msgspec.Struct, frozen=True):
    """One node, its plugins, and how much of its past is kept."""

    node: NodeSummary
    plugins: list[PluginState]
    history: Annotated[tuple[float, float] | None, Meta(description="First and last moment kept, seconds since 1970.")]


class ThresholdInfo(msgspec.Struct, frozen=True, kw_only=True):
    """From which value on a column is worth a look, as its author suggests; in the unit shown, nothing fires by it."""

    warning: float | None
    critical: float | None
    below: Annotated[bool, Meta(description="Whether low values are the bad ones.")]


class ColumnInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One column as its collector declared it."""

    name: str
    kind: Annotated[str, Meta(description="key, counter, gauge, derived or info.")]
    help: str
    unit: str
    rate_unit: Annotated[str | None, Meta(description="Unit of a counter's rate; of one in seconds it is a ratio.")]
    expression: Annotated[str | None, Meta(description="What a derived column is computed by.")]
    needs: Annotated[str, Meta(description="What reading it takes where that may be lacking.")]
    source: Annotated[str, Meta(description="The kernel file it comes from.")]
    private: Annotated[bool, Meta(description="Whether its texts are for those alone who have logged in.")]
    thresholds: Annotated[ThresholdInfo | None, Meta(description="What its author suggests for a rule.")]
    unknown: Annotated[str | None, Meta(description="Why its values are not known on this node.")]


class ChartInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One chart that a table's declaration asks for."""

    columns: Annotated[list[str], Meta(description="Drawn together; a counter as its rate per second.")]
    title: Annotated[str, Meta(description="Empty: made from the columns.")]
    stacked: Annotated[bool, Meta(description="Whether the columns are parts of a whole.")]
    each: Annotated[bool, Meta(description="Whether every row has a line; else the table's total.")]
    top: Annotated[float | None, Meta(description="What the axis reaches at least, in the unit shown.")]


class TableSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a node, without its rows."""

    name: str
    help: str
    rows: int
    interval: Annotated[float, Meta(description="Seconds between two readings.")]
    read_at: Time
    stale: Annotated[bool, Meta(description="Whether the node is fresh and yet has not read it for three intervals.")]
    columns: list[ColumnInfo]
    charts: list[ChartInfo]


class Tables(msgspec.Struct, frozen=True):
    """The tables of one node, by name."""

    node: str
    tables: list[TableSummary]


class Row(msgspec.Struct, frozen=True):
    """One row, by column name. null is "not known"."""

    keys: dict[str, str]
    infos: Texts
    values: Annotated[Values, Meta(description="Levels: raw value x scale; derived columns as computed.")]
    rates: Annotated[Values, Meta(description="Counters' rates per second.")]


class PodOfNode(msgspec.Struct, frozen=True):
    """One pod: its row in the table `pod` of its node. null is "not known"."""

    node: str
    keys: dict[str, str]
    infos: Texts
    values: Annotated[Values, Meta(description="Levels: raw value x scale; derived columns as computed.")]
    rates: Annotated[Values, Meta(description="Counters' rates per second.")]


class Pods(msgspec.Struct, frozen=True, kw_only=True):
    """Pods, by node, namespace and name."""

    count: Annotated[int, Meta(description="Pods there are; `pods` may hold fewer, see `limit`.")]
    pods: list[PodOfNode]


class PodDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One pod with all that is in it."""

    node: str
    at: Annotated[Time, Meta(description="When it was read.")]
    pod: Annotated[Row, Meta(description="Its row in `pod`.")]
    containers: Annotated[list[Row], Meta(description="Their rows in `container`.")]
    devices: Annotated[list[Row], Meta(description="What they read of and write to each disk, as in `container_io`.")]
    processes: Annotated[list[Row], Meta(description="Their rows in `process`.")]
    unknown: Annotated[dict[str, str], Meta(description="Column of `pod` -> why it is not known here.")]


class TableRows(msgspec.Struct, frozen=True, kw_only=True):
    """One table at one moment."""

    node: str
    table: str
    help: str
    at: Annotated[Time, Meta(description="When it was read.")]
    stale: Annotated[bool, Meta(description="Whether the node is fresh and yet has not read it for three intervals.")]
    columns: list[ColumnInfo]
    totals: Annotated[Values, Meta(description="Over the rows a total counts: rates of counters, levels of gauges.")]
    count: Annotated[int, Meta(description="Rows there are; `rows` may hold fewer, see `limit`.")]
    rows: list[Row]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One cell over time."""

    node: str
    table: str
    column: str
    key: list[str]
    kind: str
    unit: str
    rate: Annotated[bool, Meta(description="Whether the values are rates per second.")]
    since: Time
    until: Time
    points: Annotated[list[tuple[float, float | None]], Meta(description="Time and value; null is a gap.")]


class ChartLine(msgspec.Struct, frozen=True):
    """One cell over time, or the total of a column."""

    column: str
    key: Annotated[list[str] | None, Meta(description="null: the table's total.")]
    rate: Annotated[bool, Meta(description="Whether the values are rates per second.")]
    values: Annotated[list[float | None], Meta(description="Seven digits of each; null is a gap.")]


class ChartTable(msgspec.Struct, frozen=True):
    """The lines of one table, which share its times."""

    table: str
    times: list[Time]
    lines: Annotated[list[ChartLine], Meta(description="Those of `series` that are of this table, in their order.")]


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """Several cells of one node over time."""

    node: str
    since: Annotated[Time, Meta(description="The start of the first step.")]
    until: Time
    step: Annotated[float, Meta(description="Seconds of a step; 0: every reading is there.")]
    history: Annotated[tuple[float, float] | None, Meta(description="First and last moment kept of the node.")]
    tables: list[ChartTable]


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent read about one process when asked."""

    node: str
    pid: int
    key: dict[str, str]
    sections: dict[str, Any]


class PluginRetry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plugin that is to be tried at once."""

    node: Annotated[str, Meta(max_length=253, description="Empty: in the server.")] = ""
    kind: Annotated[str, Meta(max_length=63, description="collector, sink, profiler, condition or notifier.")]
    name: Annotated[str, Meta(max_length=63)]


class Plugins(msgspec.Struct, frozen=True):
    """What is loaded where, and how it fares."""

    server: list[PluginState]
    nodes: dict[str, list[PluginState]]


class ProfileTargetShape(msgspec.Struct, frozen=True, kw_only=True):
    """Whose stacks are recorded."""

    kind: Annotated[str, Meta(description="node, workload, container or process.")]
    namespace: str
    pod: str
    container: str
    workload: str
    pid: int | None
    command: str


class ProfileSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One recording of stacks."""

    id: str
    node: str
    state: Annotated[str, Meta(description="queued, recording, processing, done, failed, cancelled or expired.")]
    reason: Annotated[str, Meta(description="Why it failed or ended early.")]
    ends: Annotated[Time | None, Meta(description="When recording ends, while it records.")]
    seconds_left: Annotated[float | None, Meta(description="Until then.")]
    target: ProfileTargetShape
    profiler: str
    duration_seconds: float
    frequency: int
    call_graph: str
    by: str
    created: Time
    ended: Time | None
    samples: int | None
    lost: int
    event: Annotated[str, Meta(description="What each sample stands for, e.g. cycles.")]
    bytes: Annotated[int, Meta(description="What the profile takes, compressed.")]
    pinned: bool
    notes: Annotated[list[str], Meta(description="What could not be named, and why.")]


class ProfileList(msgspec.Struct, frozen=True, kw_only=True):
    """Recordings."""

    profiles: list[ProfileSummary]
    count: Annotated[int, Meta(description="How many match, shown or not.")]
