"""What a collector prints is told apart from its rows by `gobs collect`, and a reading without rows is told."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gobs_core.cli.marked import MOST_LINES, Marked
from tests.core.kit.projects import collector, installed
from tests.support.programs import searched

GOBS = "import sys; from gobs_core.cli import main; sys.exit(main())"
COLLECTORS = {
    "talks": "import os\nprint('\\x1b[31mhello')\nos.system('echo from a child')",
    "silent": "return",
    "absent": "proc.read('no/such/file')",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the path with three collectors, as if they were installed."""
    folder = tmp_path_factory.mktemp("site")
    for name, collect in COLLECTORS.items():
        installed(collector(folder, collect, name), name)
    return folder


def gobs(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(site), "GOBS_CONFIG": os.devnull}
    return searched(
        subprocess.run(
            [sys.executable, "-P", "-c", GOBS, *words],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    )


def test_what_a_collector_prints_is_marked_and_not_among_its_rows(site: Path) -> None:
    done = gobs(site, "collect", "--once", "--json", "talks")
    assert [json.loads(line)["table"] for line in done.stdout.splitlines()] == ["talks"]
    assert "talks printed | \\x1b[31mhello\n" in done.stderr
    assert "talks printed | from a child\n" in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("silent", "silent: it read, and yielded no row\n"),
        ("absent", "absent: no data: no/such/file: No such file or directory\n"),
    ],
)
def test_a_collector_that_yields_no_row_says_so_and_the_exit_code_does_too(name: str, said: str, site: Path) -> None:
    done = gobs(site, "collect", "--once", "--json", name)
    assert (done.stdout, done.stderr, done.returncode) == ("", said, 1)
    done = gobs(site, "collect", "--once", "--json", name, "talks")
    assert said in done.stderr
    assert done.returncode == 0


def test_a_prompt_is_shown_at_once_and_a_flood_is_counted() -> None:
    out = io.StringIO()
    marked = Marked(out, "mine")
    marked.write("(Pdb) ")
    assert out.getvalue() == ""
    marked.flush()
    assert out.getvalue() == "mine printed | (Pdb) "
    marked.write("next\n" + "x\n" * 1000)
    marked.finish()
    lines = out.getvalue().splitlines()
    assert lines[0] == "mine printed | (Pdb) next"
    assert lines[-1] == f"mine printed | and {1001 - MOST_LINES} more lines"


def test_what_is_written_past_python_is_marked_and_escaped_in_this_process_too(site: Path) -> None:
    done = gobs(site, "collect", "--once", "--json", "talks", "--set", "plugins.workers.foreign=false")
    assert "talks printed | \\x1b[31mhello\n" in done.stderr
    assert "talks printed | from a child\n" in done.stderr
    assert [json.loads(line)["table"] for line in done.stdout.splitlines()] == ["talks"]
