"""What is exposed is read by Prometheus' own parsers, has no name twice, and never more than there is room for."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.core import Metric

from gobs_core import Reading, RowValues, Table, Unit, counter, derived, gauge, info, key
from gobs_core.exposition import Exposition, Families, Form, form_of
from gobs_core.exposition.rows import expose
from scripts.docs.builtin import tables
from tests.support.exposed import read_openmetrics, read_prometheus

DISK = Table(
    "disk",
    "Disks \\ of\nthis machine",
    [
        key("device", "Its name"),
        key("node", "What it hangs on"),
        counter("busy", "Busy", Unit.SECONDS, scale=0.001),
        counter("reads_total", "Reads"),
        gauge("free_bytes", "Free", Unit.BYTES, scale=1024),
        gauge("error_count", "Errors"),
        gauge("all", "All", Unit.BYTES),
        derived("used", "Used", "100 * (all - free_bytes) / all", Unit.PERCENT),
        derived("load", "Load", "100 * rate(busy)", Unit.PERCENT),
        info("model", "What it is called"),
        info("secret", "Nobody's business", private=True),
    ],
)
ROWS: tuple[RowValues, ...] = (
    ("sda", "slot0", 1500, 7, 1, 0.5, 4096.0, "Fast", "hidden"),
    ("sdb", "", None, None, None, math.nan, None, None, None),
)


def exposed(form: Form, table: Table, found: Iterable[RowValues], rows: int = 100) -> str:
    out = Exposition(form, series=1000, rows=rows)
    expose(out, "n1", [Reading(table, tuple(found), 0)], Families([table]))
    return out.text().decode()


def read(text: str, form: Form) -> dict[str, Metric]:
    parse = read_openmetrics if form == "openmetrics" else read_prometheus
    return {family.name: family for family in parse(text)}


def test_values_units_and_labels_follow_from_the_declaration() -> None:
    found = read(exposed("openmetrics", DISK, ROWS), "openmetrics")
    assert {(name, family.type, family.unit) for name, family in found.items()} == {
        ("gobs_disk", "info", ""),
        ("gobs_disk_busy_seconds", "counter", "seconds"),
        ("gobs_disk_reads", "counter", ""),
        ("gobs_disk_free_bytes", "gauge", "bytes"),
        ("gobs_disk_error_count_level", "gauge", ""),
        ("gobs_disk_all_bytes", "gauge", "bytes"),
        ("gobs_disk_used_percent", "gauge", "percent"),
        ("gobs_export_left_out_rows", "gauge", ""),
    }
    labels = {"node": "n1", "device": "sda", "key_node": "slot0"}
    samples = {name: [(s.name, s.labels, s.value) for s in family.samples] for name, family in found.items()}
    assert samples["gobs_disk_busy_seconds"] == [("gobs_disk_busy_seconds_total", labels, 1.5)]
    assert samples["gobs_disk_free_bytes"] == [("gobs_disk_free_bytes", labels, 1024.0)]
    assert samples["gobs_disk_used_percent"] == [("gobs_disk_used_percent", labels, 75.0)]
    assert samples["gobs_disk"] == [
        ("gobs_disk_info", {**labels, "model": "Fast"}, 1.0),
        ("gobs_disk_info", {"node": "n1", "device": "sdb"}, 1.0),
    ]
    assert found["gobs_disk_busy_seconds"].documentation == "Busy"


def test_what_is_not_known_is_not_there_and_what_is_private_neither() -> None:
    text = exposed("prometheus", DISK, ROWS)
    assert 'gobs_disk_busy_seconds_total{node="n1",device="sdb"' not in text
    assert "nan" not in text.lower()
    assert "hidden" not in text
    assert "secret" not in text


@pytest.mark.parametrize("form", ["openmetrics", "prometheus"])
def test_every_table_of_ours_is_read_by_the_parser_and_no_name_is_there_twice(form: Form) -> None:
    declared = [item.table for item in tables()]
    families = Families(declared)
    out = Exposition(form, series=100_000, rows=10)
    for table in declared:
        row = tuple("text" if not column.numeric else 3 for column in table.stored)
        expose(out, "n1", [Reading(table, (row,), 0)], families)
    found = read(out.text().decode(), form)
    numeric = [column for table in declared for column in table.cells if column.numeric]
    assert len(found) >= len(numeric)
    names = [family.sample for table in declared for family in families.of(table)]
    assert len(names) == len(set(names))


def test_names_that_would_be_the_same_are_told_apart_whatever_the_order() -> None:
    one = Table("a", "A", [gauge("b_c", "1"), gauge("size", "2", Unit.BYTES), gauge("size_bytes", "3", Unit.BYTES)])
    two = Table("a_b", "AB", [gauge("c", "4"), counter("c_total", "5")])
    for order in ([one, two], [two, one]):
        families = Families(order)
        assert [family.name for family in families.of(one)] == [
            "gobs_a_b_c",
            "gobs_a_size_bytes",
            "gobs_a_size_2_bytes",
        ]
        assert [family.sample for family in families.of(two)] == ["gobs_a_b_c_2", "gobs_a_b_c_3_total"]


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=5, unique_by=lambda pair: pair[0]))
def test_no_name_of_a_stranger_can_forge_a_sample(pairs: list[tuple[str, str]]) -> None:
    table = Table("t", "T", [key("k", "K"), gauge("v", "V"), info("i", "I")])
    rows = [(name, 1.0, text) for name, text in pairs]
    for form in ("openmetrics", "prometheus"):
        text = exposed(form, table, rows)
        clean = [name.encode("utf-8", "backslashreplace").decode() for name, _ in pairs]
        lines = [line for line in text.split("\n") if line.startswith("gobs_t_v{")]
        assert len(lines) == len(pairs)
        if "\r" not in text:  # which is no end of a line to Prometheus, but is to this parser's input
            values = [sample.labels.get("k", "") for sample in read(text, form)["gobs_t_v"].samples]
            assert values == clean


def test_a_large_table_leaves_out_its_own_rows_and_they_are_counted() -> None:
    table = Table("t", "T", [key("k", "K"), gauge("a", "A"), gauge("b", "B")])
    small = Table("s", "S", [gauge("c", "C")])
    out = Exposition("openmetrics", series=21, rows=100)
    readings = [Reading(table, tuple((str(n), 1, 2) for n in range(50)), 0), Reading(small, ((1,),), 0)]
    expose(out, "n1", readings, Families([table, small]))
    found = read(out.text().decode(), "openmetrics")
    assert len(found["gobs_s_c"].samples) == 1
    assert len(found["gobs_t_a"].samples) == len(found["gobs_t_b"].samples) == 10
    [left] = found["gobs_export_left_out_rows"].samples
    assert (left.labels, left.value) == ({"node": "n1", "table": "t"}, 40)
    assert len(read(exposed("openmetrics", table, readings[0].rows, rows=7), "openmetrics")["gobs_t_a"].samples) == 7


def test_the_form_is_the_one_that_is_asked_for() -> None:
    prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
    assert form_of(prometheus) == "openmetrics"
    assert form_of("*/*") == form_of("") == "prometheus"
