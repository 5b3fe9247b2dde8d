"""Reports: bars are held or not, and both tables can be read."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.report import Report


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
    done = subprocess.run([sys.executable, "-m", "benchmarks", "nothing"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no benchmark is called 'nothing'" in done.stderr
