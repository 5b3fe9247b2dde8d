"""Reports: bars are held or not, and both tables can be read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.__main__ import found
from benchmarks.readme import README, written
from benchmarks.report import Report
from tests.support.programs import searched


def test_a_bar_is_held_up_to_its_limit() -> None:
    report = Report("x")
    report.bar("a", 2.0, at_most=2)
    report.bar("b", 2.0, at_least=2)
    assert report.held
    report.bar("c", float("nan"), at_most=2)
    assert not report.held


def test_a_report_reads_as_two_tables() -> None:
    report = Report("Agent")
    report.figure("cpu", 10.84, "ms", "per tick")
    report.bar("beside the floor", 1.5, at_most=2, unit="x")
    text = report.text()
    assert "| cpu    | 10.8  | ms   | per tick |" in text
    assert "| beside the floor | 1.5   | <= 2 x | yes  |" in text


def test_an_unknown_benchmark_is_named_with_those_there_are() -> None:
    done = searched(
        subprocess.run([sys.executable, "-m", "benchmarks", "nothing"], capture_output=True, text=True, check=False)
    )
    assert done.returncode == 2
    assert "no benchmark is called 'nothing'" in done.stderr


def test_figures_are_written_where_the_readme_has_a_place_for_them() -> None:
    text = "a\n<!-- figures: x -->\nold\n<!-- end -->\n<!-- figures: y -->\nkept\n<!-- end -->\n"
    assert written(text, "x", "new\n") == text.replace("old", "new")
    with pytest.raises(ValueError, match="no place for the figures of 'z'"):
        written(text, "z", "new")


def test_the_readme_has_a_place_for_every_benchmark() -> None:
    text = README.read_text("utf-8")
    for name in found():
        assert written(text, name, "")
