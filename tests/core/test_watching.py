"""Watching shows what a command says each time it is run, whatever becomes of it."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from gobs_core.cli.watching import CLEAR, again, watch


def watched(script: str, times: int = 1, *, clear: bool = False, patience: float = 60.0) -> list[str]:
    written: list[str] = []
    left = itertools.count(1)
    command = [sys.executable, "-c", script]
    watch(command, 0, write=written.append, clear=clear, go_on=lambda: next(left) <= times, patience=patience)
    return written


def test_what_was_saved_meanwhile_is_what_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_text("print('one')")
    script = f"exec(open({str(file)!r}).read()); open({str(file)!r}, 'w').write('print(2')"
    first, second = watched(script, 2, clear=True)
    assert first.startswith(f"{CLEAR}one\n")
    assert "SyntaxError" in second


def test_a_crash_and_a_hang_are_told_and_waited_out() -> None:
    [crashed] = watched("import os, signal; print('so far', flush=True); os.kill(os.getpid(), signal.SIGSEGV)")
    assert crashed.startswith("so far\nthe process was ended by signal 11\n")
    [hung] = watched("import time; time.sleep(600)", patience=0.5)
    assert hung.startswith("no answer within 0.5 s; the process was ended\n")


def test_the_command_is_the_same_but_once() -> None:
    assert again(["collect", "--watch", "load", "--json"])[3:] == ["collect", "load", "--json"]
