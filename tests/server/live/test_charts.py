"""The charts a table's declaration asks for arrive as declared; one that cannot be drawn costs the table nothing."""

from __future__ import annotations

from gobs_core import Chart, Table, Unit, counter, gauge, info, key
from gobs_core.chart import MAX_CHARTS
from gobs_proto import gobs_pb2 as pb
from gobs_server.tables import schemas_from
from gobs_sinks.grpc.schema import table_schema

COLUMNS = [
    key("device", "Its name"),
    counter("busy", "Busy time", Unit.SECONDS, scale=0.001),
    gauge("share", "A share", Unit.PERCENT),
    info("kind", "Its kind"),
]


def arrived(schema: pb.TableSchema) -> Table:
    schemas = schemas_from(pb.Hello(tables=[schema], interval_ms=5000))
    assert schemas.faults == ()
    (table,) = schemas.tables
    assert table is not None
    return table


def test_charts_arrive_as_declared() -> None:
    charts = [Chart("busy", "share", title="Work", stacked=True, top=100), Chart("share", each=True)]
    assert arrived(table_schema(Table("disk", "Disks", COLUMNS, charts=charts))).charts == tuple(charts)


def test_a_chart_that_cannot_be_drawn_is_left_out_and_the_table_stays() -> None:
    schema = table_schema(Table("disk", "Disks", COLUMNS, charts=[Chart("share")]))
    for columns in ([], ["kind"], ["device"], ["gone"], ["share", "share"]):
        schema.charts.add(columns=columns)
    schema.charts.add(columns=["share"], top=float("nan"))
    assert arrived(schema).charts == (Chart("share"),)


def test_a_table_may_not_ask_for_charts_without_end() -> None:
    schema = table_schema(Table("disk", "Disks", COLUMNS))
    for _ in range(1000):
        schema.charts.add(columns=["share"], title="x" * 5000)
    charts = arrived(schema).charts
    assert len(charts) == MAX_CHARTS
    assert len(charts[0].title) == 200
