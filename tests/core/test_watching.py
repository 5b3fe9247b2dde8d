"""Watching shows what a command says each time it is run, whatever becomes of it."""

from __future__ import annotations

import itertools
import sys
import time
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


def test_an_error_that_is_unchanged_is_written_once_and_one_that_changes_anew(tmp_path: Path) -> None:
    count = tmp_path / "count"
    script = (
        f"import pathlib, sys; file = pathlib.Path({str(count)!r}); "
        "seen = file.read_text() if file.exists() else ''; file.write_text(seen + 'x'); "
        "sys.exit('worse' if len(seen) >= 3 else 'bad')"
    )
    written = watched(script, 5)
    assert [said.splitlines()[0] for said in written] == ["bad", "worse"]


def test_the_interval_lies_between_two_starts_of_a_command_that_fails_at_once(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    script = f"import time; open({str(starts)!r}, 'a').write(f'{{time.monotonic()}}\\n'); raise SystemExit('bad')"
    left = itertools.count(1)
    began = time.monotonic()
    watch([sys.executable, "-c", script], 0.6, write=str, clear=False, go_on=lambda: next(left) <= 2)
    assert time.monotonic() - began >= 1.2
    assert len(starts.read_text().splitlines()) == 2
