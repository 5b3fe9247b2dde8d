"""`gobs collect` reads collectors of others as an agent does: what one does costs itself, and is told with its line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.kit.projects import collector, installed
from tests.support.programs import searched

GOBS = [sys.executable, "-P", "-c", "import sys; from gobs_core.cli import main; sys.exit(main())"]
FAULTS = {
    "hangs": ("import time\ntime.sleep(600)", "late: no answer within 1 s; its worker was ended", "sleep"),
    "ends": ("import os\nos._exit(3)", "failing: its worker is gone: it ended itself with exit code 3", ""),
    "crashes": (
        "import ctypes\nctypes.string_at(0)",
        "failing: its worker is gone: it was ended by SIGSEGV",
        "string_at",
    ),
    "raises": ("{}['my own fault']", "failing: KeyError: 'my own fault'", "my own fault"),
    "typed": (
        "yield MINE.row(level='big')",
        "failing: DeclarationError: table 'typed', column 'level': expected a number or None, got 'big'",
        "'big'",
    ),
    "nothing": ("yield 42", "failing: DeclarationError: expected rows made by a table, got 42", "yield 42"),
}
SOUND = "import os\nos.write(1, b'\\x1b[31mraw\\xff\\n')"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the path with these collectors, as if they were installed."""
    folder = tmp_path_factory.mktemp("site")
    for name, (code, *_) in FAULTS.items():
        installed(collector(folder, code, name), name)
    installed(collector(folder, SOUND, "sound"), "sound")
    return folder


def environ(site: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(site), "GOBS_CONFIG": os.devnull}


@pytest.fixture(scope="module")
def done(site: Path) -> subprocess.CompletedProcess[str]:
    """All of them read at once."""
    words = ["collect", "--json", "--interval", "10ms", "--set", "agent.interval=1s", *FAULTS, "sound", "load"]
    command = [*GOBS, *words]
    return searched(
        subprocess.run(command, env=environ(site), capture_output=True, text=True, check=False, timeout=120)
    )


def test_one_that_hangs_exits_crashes_or_raises_costs_nobody_else_a_row(
    done: subprocess.CompletedProcess[str],
) -> None:
    assert {json.loads(line)["table"] for line in done.stdout.splitlines()} == {"sound", "load"}
    assert done.returncode == 1


@pytest.mark.parametrize("name", FAULTS)
def test_each_is_told_in_the_agents_words_with_the_line_of_its_author(
    name: str, site: Path, done: subprocess.CompletedProcess[str]
) -> None:
    _, said, text = FAULTS[name]
    lines = (site / f"gobs_{name}.py").read_text().splitlines()
    numbers = [number for number, line in enumerate(lines, start=1) if text and text in line]
    where = f" ({site}/gobs_{name}.py, line {numbers[-1]})" if numbers else ""
    assert f"{name}: {said}{where}\n" in done.stderr


def test_what_is_written_past_python_reaches_no_terminal_as_it_is(done: subprocess.CompletedProcess[str]) -> None:
    assert "sound printed | \\x1b[31mraw\\xff\n" in done.stderr
    assert "\x1b" not in done.stderr


def test_one_that_cannot_be_imported_is_told_with_its_line(tmp_path: Path) -> None:
    installed(collector(tmp_path, before="x = 1\nraise OSError('no luck')\n"))
    command = [*GOBS, "collect", "--once", "mine"]
    done = searched(
        subprocess.run(command, env=environ(tmp_path), capture_output=True, text=True, check=False, timeout=60)
    )
    assert done.stderr == (
        f"gobs: collector 'mine' does not run: it is broken: OSError: no luck ({tmp_path}/gobs_mine.py, line 2)\n"
    )
    assert done.returncode == 2


def test_watching_says_an_error_once_and_shows_rows_when_the_file_is_saved(tmp_path: Path) -> None:
    installed(collector(tmp_path, "raise OSError('no luck')"))
    command = [*GOBS, "collect", "--once", "--watch", "--interval", "10ms", "mine"]
    with searched(
        subprocess.Popen(command, env=environ(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    ) as watching:
        assert watching.stdout is not None
        killer = threading.Timer(120, watching.kill)
        killer.start()
        lines = iter(watching.stdout)
        said = [next(lines)]
        assert said[0].startswith("mine: failing: OSError: no luck (")
        (tmp_path / "gobs_mine.py").write_text((tmp_path / "gobs_mine.py").read_text().replace("raise OSError", "str"))
        said += list(until(lines, "level"))
        watching.kill()
        killer.cancel()
    assert sum(line.startswith("mine: failing") for line in said) == 1


def until(lines: Iterator[str], text: str) -> Iterator[str]:
    for line in lines:
        yield line
        if text in line:
            return
    raise AssertionError(f"no line with {text!r} came")
