"""The commands that make, replay and read recordings, as people type them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gobs_core.cli.replay import spacing
from gobs_core.cli.run import run
from gobs_core.replay import Recording
from tests.core.test_cli import MACHINE
from tests.support.house import ROOT


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GOBS_")]:
        monkeypatch.delenv(name)
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))


@pytest.fixture
def file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "rack7.gobs.xz"
    asked = ["record", str(path), "--ticks", "2", "--interval", "1s", "--node", "rack7", *MACHINE]
    assert run([*asked, "--log-level", "error"]) == 0
    said = capfd.readouterr()
    assert said.out.startswith(f"{path}: 2 ticks of rack7, ")
    assert said.err.count("tick 1 of 2: ") == said.err.count("tick 2 of 2: 0 files new or changed") == 1
    return path


def test_what_was_recorded_is_printed_by_replay_and_read_by_collect_and_check(
    file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert Recording(file).survey()[::2] == (2, True)
    assert run(["replay", str(file), "--only", "load", "cpu", "--log-level", "error"]) == 0
    said = capfd.readouterr()
    assert said.err == "gobs replay: rack7: 2 ticks over 1 s\n"
    rows = [json.loads(line) for line in said.out.splitlines()]
    assert {row["node"] for row in rows} == {"rack7"}
    loads = [row["values"]["load1"] for row in rows if row["table"] == "load"]
    assert len(loads) == 2
    assert not [row for row in rows if row["table"] == "disk"], "collectors that are not named"

    assert run(["collect", "load", "--json", "--recording", str(file)]) == 0
    assert json.loads(capfd.readouterr().out)["values"]["load1"] == loads[0]
    assert run(["collect", "cpu", "--json", "--recording", str(file)]) == 0
    assert json.loads(capfd.readouterr().out.splitlines()[0])["rates"]["user"] == 0, "of one that does not move"
    assert run(["collect", "cpu", "--json", "--once", "--recording", str(file)]) == 0
    assert json.loads(capfd.readouterr().out.splitlines()[0])["rates"] == {}

    assert run(["plugin", "check", "cpu", "perf", "--json", "--recording", str(file)]) == 0
    found = {(about, level): text for level, about, text in json.loads(capfd.readouterr().out)}
    assert "rows in " in found["collector cpu", "ok"]
    assert found["profiler perf", "note"] == "not tried: in a recording no process runs"
    assert not [path for path in tmp_path.iterdir() if path.is_dir() and path.name.startswith("gobs-")]


def test_a_recording_that_was_made_long_ago_is_still_read(capfd: pytest.CaptureFixture[str]) -> None:
    kept = str(ROOT / "tests" / "recordings" / "bare-vm.gobs.xz")
    assert run(["collect", "load", "memory", "--json", "--recording", kept]) == 0
    rows = {row["table"]: row["values"] for row in map(json.loads, capfd.readouterr().out.splitlines())}
    assert rows["load"]["load1"] == 0.08
    assert rows["memory"]["total"] == 3_880_192 * 1024


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["record", "x.xz", "--ticks", "0"], "--ticks 0: expected a number from 1 on"),
        (["record", "x.xz", "--only", "cqu"], "there is no collector 'cqu'; did you mean 'cpu'?"),
        (["record", "nowhere/x.xz", *MACHINE], "nowhere/x.xz: No such file or directory"),
        (["replay", "nowhere.xz"], "nowhere.xz: No such file or directory"),
        (["replay", "FILE", "--speed", "fast"], "--speed fast: expected 1x, 10x, 0.5x or max"),
        (["replay", "FILE", "--speed", "0x"], "--speed 0x: expected"),
        (["replay", "FILE", "--up", "--server", "a:1"], "--server: leave it away with --up"),
        (["replay", "FILE", "--http", "a:1"], "--http: belongs to the server of --up"),
        (["replay", "FILE", "--data", "d"], "--data: belongs to the server of --up"),
        (["replay", "FILE", "--dta", "d"], "gobs replay: error: unrecognized arguments: --dta d"),
        (["replay", "FILE", "--loop"], "--loop: with --speed 1x or slower"),
        (["replay", "FILE", "--sink", "grqc"], "grqc"),
        (["collect", "--recording", "nowhere.xz"], "nowhere.xz: No such file or directory"),
        (["collect", "cqu", "--recording", "FILE"], "there is no collector 'cqu'"),
        (["plugin", "check", "cpu", "--recording", "nowhere.xz"], "nowhere.xz: No such file or directory"),
    ],
)
def test_a_mistake_is_told_in_a_line(
    file: Path, words: list[str], fault: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([str(file) if word == "FILE" else word for word in words]) == 2
    said = capfd.readouterr().err
    assert fault in said
    assert "Traceback" not in said


def test_where_charts_will_not_have_the_recorded_spacing_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    for speed in (10.0, 0.5, None):
        assert "charts are drawn over the time this takes" in spacing(speed, now=True)
    assert (spacing(1.0, now=True), spacing(None, now=False)) == ("", "")
    assert run(["replay", "--help"]) == 0
    assert "its charts have the recorded spacing at 1x alone" in " ".join(capfd.readouterr().out.split())
