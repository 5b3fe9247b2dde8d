"""A module that would crash, hang or end the program when it is imported: it is found out elsewhere, and told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from gobs_core.plugins import Plugins, load_plugins
from gobs_core.plugins.installed import Dist, Point
from gobs_core.settings.sections import WorkerSettings
from gobs_core.workers.importing import FirstElsewhere
from tests.core.workers.test_faults import left

HOOK = "from gobs_core import hookimpl\n@hookimpl\ndef gobs_register_collectors():\n    return []\n"
FATAL = {
    "crashes": ("import ctypes; ctypes.string_at(0)", "ended the process by SIGSEGV"),
    "ends": ("import os; print('bye'); os._exit(5)", "ended the process with exit code 5"),
    "hangs": ("import time; time.sleep(600)", "did not end within 2 s"),
    "brings": ("import subprocess, os; subprocess.Popen(['sleep', '600']); os._exit(6)", "with exit code 6"),
    "floods": ("import sys\nwhile True: sys.stdout.write('x' * 10000)", "ended the process by SIGXFSZ"),
}


def load(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str, dist: str = "gobs-plugin-bad") -> Plugins:
    name = f"stranger_{abs(hash(source))}"
    (folder / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(folder)
    try:
        first = FirstElsewhere(WorkerSettings(), patience=2.0)
        return load_plugins([Point("stranger", name, Dist(dist, "1.0"))], first=first)
    finally:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("fault", FATAL)
def test_what_would_end_the_program_is_broken_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    source, says = FATAL[fault]
    [state] = load(tmp_path, monkeypatch, source).failed
    assert (state.state, state.name, state.distribution) == ("broken", "stranger", "gobs-plugin-bad")
    assert says in state.error
    assert "is not imported here" in state.error
    assert left() == []


def test_what_it_prints_is_told_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [state] = load(tmp_path, monkeypatch, FATAL["ends"][0]).failed
    assert "bye" in state.trace


def test_one_that_raises_is_told_by_its_own_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [state] = load(tmp_path, monkeypatch, "1 / 0").failed
    assert "ZeroDivisionError" in state.error
    assert "is not imported here" not in state.error


def test_one_that_can_be_imported_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(tmp_path, monkeypatch, HOOK).failed == ()


def test_what_came_with_gobservability_is_imported_here_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "pids"
    source = f"import os\nwith open({str(note)!r}, 'a') as file:\n    file.write(f'{{os.getpid()}} ')\n{HOOK}"
    load(tmp_path, monkeypatch, source, dist="gobs-collectors")
    assert note.read_text().split() == [str(os.getpid())]
    load(tmp_path, monkeypatch, source)
    assert len(note.read_text().split()) == 3
