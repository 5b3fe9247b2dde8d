"""Decoding: what frames tell becomes what people see, in the order the wire prescribes."""

from __future__ import annotations

import numpy as np
import pytest

from gobs_core import Table, Total, counter, derived, gauge, info, key
from gobs_proto import gobs_pb2 as pb
from gobs_server.http import create_app
from gobs_server.tables import BadFrame, RunState, View, schemas_from
from gobs_server.tables.texts import Texts
from tests.server.feeding import Cluster
from tests.support.frames import Rows, Sender, hello_of

DISK = Table(
    "disk",
    "Disks.",
    (
        key("device", ""),
        counter("sectors", "", scale=512),
        gauge("flying", "", scale=1),
        gauge("heat", ""),
        info("model", ""),
        counter("busy", "", scale=0.001),
        derived("used", "", "100 * rate(busy)"),
        derived("each", "", "busy / sectors"),
        derived("fixed", "", "2 * 21"),
    ),
    total=Total("model", frozenset({"whole"})),
)
A, B, C = ("a",), ("b",), ("c",)


class Machine:
    """An agent's side and the server's, one beside the other."""

    def __init__(self) -> None:
        self.sender = Sender(DISK)
        self.run = RunState(schemas_from(hello_of(DISK)))

    def read(self, rows: Rows, *, keyframe: bool = False, seconds: float = 1.0) -> View:
        self.run.apply([self.sender.frame(rows, keyframe=keyframe, seconds=seconds)])
        return self.view()

    def view(self) -> View:
        state = self.run.tables[0]
        assert state is not None
        return state.view(1.0, self.run.texts)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def numbers(array: object) -> list[float | None]:
    return [None if np.isnan(x) else float(x) for x in np.asarray(array)]


def test_values_are_shown_times_their_scale(machine: Machine) -> None:
    view = machine.read({A: (2, 3, 1.5, "whole", 500), B: (0, 0, -2.5, None, 0)})
    assert view.keys == [A, B]
    assert numbers(view.values["sectors"]) == [1024, 0]
    assert numbers(view.values["flying"]) == [3, 0]
    assert numbers(view.values["heat"]) == [1.5, -2.5]
    assert numbers(view.values["busy"]) == [0.5, 0]
    assert view.infos["model"] == ["whole", None]
    assert list(view.values) == ["sectors", "flying", "heat", "busy", "used", "each", "fixed"]


def test_what_is_not_known_is_nan_and_never_0(machine: Machine) -> None:
    view = machine.read({A: (None, None, None, None, 1)})
    assert numbers(view.values["sectors"]) == numbers(view.values["flying"]) == numbers(view.values["heat"]) == [None]
    view = machine.read({A: (5, 0, 0.0, "", 1)})
    assert numbers(view.values["sectors"]) == [2560]
    assert view.infos["model"] == [""]
    view = machine.read({A: (None, 0, 0.0, "", 1)})
    assert numbers(view.values["sectors"]) == [None]


def test_a_rate_is_the_difference_over_monotonic_seconds(machine: Machine) -> None:
    machine.read({A: (10, 0, 0, None, 0)})
    view = machine.read({A: (30, 0, 0, None, 500)}, seconds=4)
    assert numbers(view.rates["sectors"]) == [20 * 512 / 4]
    assert numbers(view.values["used"]) == [12.5]
    assert set(view.rates) == {"sectors", "busy"}


def test_a_counter_that_stands_still_has_the_rate_0(machine: Machine) -> None:
    machine.read({A: (10, 0, 0, None, 0)})
    assert numbers(machine.read({A: (10, 1, 0, None, 0)}).rates["sectors"]) == [0]


def test_first_reading_new_row_reset_and_unknown_have_no_rate(machine: Machine) -> None:
    assert numbers(machine.read({A: (10, 0, 0, None, 0)}).rates["sectors"]) == [None]
    view = machine.read({A: (20, 0, 0, None, 0), B: (5, 0, 0, None, 0)})
    assert numbers(view.rates["sectors"]) == [10 * 512, None]
    view = machine.read({A: (3, 0, 0, None, 0), B: (None, 0, 0, None, 0)})
    assert numbers(view.rates["sectors"]) == [None, None]
    view = machine.read({A: (4, 0, 0, None, 0), B: (9, 0, 0, None, 0)})
    assert numbers(view.rates["sectors"]) == [512, None]
    assert numbers(machine.read({A: (4, 0, 0, None, 0), B: (9, 0, 0, None, 0)}).rates["sectors"]) == [0, 0]


def test_a_rate_goes_on_across_a_keyframe(machine: Machine) -> None:
    machine.read({A: (10, 0, 0, None, 0), B: (10, 0, 0, None, 0)})
    view = machine.read({A: (30, 0, 0, None, 0), B: (10, 0, 0, None, 0)}, keyframe=True)
    assert numbers(view.rates["sectors"]) == [20 * 512, 0]
    view = machine.read({C: (1, 0, 0, None, 0), B: (12, 0, 0, None, 0)}, keyframe=True)
    assert dict(zip(view.keys, numbers(view.rates["sectors"]), strict=True)) == {C: None, B: 1024}


def test_a_key_that_comes_back_is_a_new_row(machine: Machine) -> None:
    machine.read({A: (10, 0, 0, None, 0)})
    machine.read({})
    view = machine.read({A: (20, 0, 0, None, 0)})
    assert numbers(view.rates["sectors"]) == [None]


def test_a_slot_taken_over_starts_from_0(machine: Machine) -> None:
    machine.read({A: (10, 7, 2.5, "x", 9)})
    view = machine.read({B: (0, 0, 0, None, 0)})
    assert view.keys == [B]
    assert numbers(view.values["flying"]) == numbers(view.values["heat"]) == [0]
    assert view.infos["model"] == [None]


def test_division_by_zero_is_not_known(machine: Machine) -> None:
    assert numbers(machine.read({A: (0, 0, 0, None, 5)}).values["each"]) == [None]


def test_a_constant_expression_has_a_value_for_every_row(machine: Machine) -> None:
    view = machine.read({A: (0, 0, 0, None, 5), B: (0, 0, 0, None, 5)})
    assert numbers(view.values["fixed"]) == [42, 42]


def test_totals_count_the_rows_the_table_says(machine: Machine) -> None:
    machine.read({A: (10, 1, 1.5, "whole", 0), B: (10, 1, 2.5, "part", 0), C: (10, 1, None, "whole", 0)})
    view = machine.read({A: (20, 2, 1.5, "whole", 500), B: (90, 2, 2.5, "part", 500), C: (30, 2, None, "whole", 500)})
    totals = view.totals()
    assert totals["sectors"] == 30 * 512
    assert totals["flying"] == 4
    assert totals["heat"] == 1.5
    assert totals["used"] == 100


def test_a_total_over_nothing_known_is_not_known(machine: Machine) -> None:
    assert np.isnan(machine.read({A: (10, 1, 1.5, "part", 0)}).totals()["flying"])


def test_a_row_is_found_by_its_key(machine: Machine) -> None:
    view = machine.read({A: (1, 0, 0, None, 0), B: (2, 0, 0, None, 0)})
    assert view.find(B) == 1
    assert view.find(C) is None


def test_a_view_is_not_changed_by_later_frames(machine: Machine) -> None:
    first = machine.read({A: (1, 0, 0, "one", 0)})
    machine.read({B: (2, 0, 0, "two", 0)}, keyframe=True)
    assert first.keys == [A]
    assert numbers(first.values["sectors"]) == [512]
    assert first.infos["model"] == ["one"]


@pytest.mark.parametrize(("even", "along"), [(False, False), (False, True), (True, False)])
def test_whole_columns_come_column_after_column(machine: Machine, even: bool, along: bool) -> None:
    machine.read({A: (10, 0, 0.5, None, 0), B: (None, 0, 0.5, None, 0), C: (30, 0, 0.5, None, 0)})
    head = machine.sender.frame(None, seconds=2)
    part = head.tables.add(table=0)
    deltas = {(False, False): [1, 2, 3, 7, 8, 9], (False, True): [1, 1, 1, 7, 1, 1], (True, False): [5, 6]}[even, along]
    part.dense.add(first=0, columns=2, deltas=deltas, even=even, along=along)
    machine.run.apply([head])
    view = machine.view()
    assert numbers(view.values["sectors"]) == ([15 * 512, 5 * 512, 35 * 512] if even else [11 * 512, 2 * 512, 33 * 512])
    assert numbers(view.values["flying"]) == ([6, 6, 6] if even else [7, 8, 9])
    assert numbers(view.rates["sectors"]) == ([5 * 256, None, 5 * 256] if even else [256, None, 3 * 256])


def test_columns_without_a_scale_are_left_out_of_whole_columns(machine: Machine) -> None:
    machine.read({A: (10, 0, 0.5, "x", 0)})
    head = machine.sender.frame(None)
    head.tables.add(table=0).dense.add(first=1, columns=4, deltas=[4, 0, 100])
    machine.run.apply([head])
    view = machine.view()
    assert numbers(view.values["flying"]) == [4]
    assert numbers(view.values["heat"]) == [0.5]
    assert numbers(view.values["busy"]) == [0.1]


def test_a_frame_in_parts_counts_once_the_last_is_there(machine: Machine) -> None:
    frame = machine.sender.frame({A: (10, 0, 0, None, 0)})
    more = pb.Frame(sequence=frame.sequence, wall_ns=frame.wall_ns, monotonic_ns=frame.monotonic_ns, keyframe=True)
    more.texts.id_gaps.append(9)
    more.texts.texts.append("b")
    rest = more.tables.add(new=[1], keys=[9])
    rest.gaps.append(5)
    rest.deltas.append(77)
    frame.more = True
    machine.run.apply([frame, more])
    view = machine.view()
    assert view.keys == [A, B]
    assert numbers(view.values["sectors"]) == [5120, 77 * 512]


def test_a_table_that_was_not_read_keeps_its_rates(machine: Machine) -> None:
    machine.read({A: (10, 0, 0, None, 0)})
    machine.read({A: (20, 0, 0, None, 0)})
    machine.run.apply([machine.sender.frame(None)])
    assert numbers(machine.view().rates["sectors"]) == [5120]


def test_texts_that_nobody_uses_are_forgotten_at_a_keyframe(machine: Machine) -> None:
    for i in range(50):
        machine.read({A: (i, 0, 0, f"text {i}", 0)})
    assert len(machine.run.texts) == 51
    machine.read({A: (1, 0, 0, "text 49", 0)}, keyframe=True)
    assert sorted(machine.run.texts.values()) == ["a", "text 49"]


ODD = Table(
    "odd",
    "Divides constants by nothing.",
    (
        key("k", ""),
        counter("c", ""),
        derived("never", "", "1 / 0"),
        derived("nor", "", "c + 5 / (3 - 3)"),
        derived("half", "", "c / 2"),
    ),
)


def test_a_constant_division_by_zero_is_not_known_and_harms_nothing_else() -> None:
    run = RunState(schemas_from(hello_of(ODD)))
    run.apply([Sender(ODD).frame({A: (4,), B: (6,)})])
    state = run.tables[0]
    assert state is not None
    view = state.view(1.0, run.texts)
    assert numbers(view.values["never"]) == numbers(view.values["nor"]) == [None, None]
    assert numbers(view.values["half"]) == [2, 3]
    totals = view.totals()
    assert np.isnan(totals["never"])


async def test_rest_and_pages_show_a_table_that_divides_constants_by_zero() -> None:
    cluster = Cluster()
    machine = cluster.machine("n", ODD)
    machine.feed({ODD: [("a", 4)]})
    machine.feed({ODD: [("a", 6)]}, after=5)
    client = create_app(cluster.services()).test_client()
    for path in ("/api/v1/nodes/n/tables/odd", "/nodes/n/tables/odd", "/nodes/n", "/"):
        assert (await client.get(path)).status_code == 200, path


@pytest.mark.parametrize("word", ["x" * 900, "€" * 300])
def test_texts_are_counted_in_bytes_with_what_each_takes_besides(word: str) -> None:
    texts = Texts()
    added = texts.add([pb.Frame(texts=pb.Texts(id_gaps=[1], texts=[word]))])
    assert texts.bytes == 1000
    kept = texts.kept(added)
    assert list(kept.values()) == [word]
    assert 900 < kept.bytes <= 1000
    assert texts.kept([]).bytes == 0
    texts.remove(added)
    assert texts.bytes == 0


def test_a_text_is_too_long_by_its_bytes_whatever_its_characters() -> None:
    with pytest.raises(BadFrame, match="1026 bytes"):
        Texts().add([pb.Frame(texts=pb.Texts(id_gaps=[1], texts=["€" * 342]))])
