"""Every secret in the suite bears the mark that all output is searched for, and the search finds it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.house import ROOT
from tests.support.secrets import MARK, logs_below, marked, told_in

SHORTEST = 4
"""Characters from which on a secret is taken out of text."""


def literals() -> Iterator[tuple[str, str]]:
    """Every text that a test makes a Secret of as it stands, but addresses, in which a part is one."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Secret":
                for argument in node.args:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", argument.value


def test_every_secret_of_the_suite_bears_the_mark() -> None:
    bare = [f"{where}: {text!r}" for where, text in literals() if len(text) >= SHORTEST and "://" not in text]
    assert bare == [], "write marked(…) of tests.support.secrets"


WAYS = {
    "out": "print(marked('x'))",
    "err": "import sys; sys.stderr.write(marked('x'))",
    "log": "import logging; logging.getLogger('a').warning(marked('x'))",
    "own": "from gobs_core.logs import get_logger; get_logger('a').debug('x', token=marked('x'))",
    "file": "tmp_path.joinpath('agent.log').write_text(marked('x'))",
    "none": "marked('x')",
}
"""How a test may say one, and one that does not."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not among the folders of the suite, which are searched themselves."""
    with TemporaryDirectory() as made:
        yield Path(made)


def test_whatever_says_one_fails(folder: Path) -> None:
    tests = "".join(f"def test_{name}(tmp_path):\n    {way}\n" for name, way in WAYS.items())
    (folder / "test_it.py").write_text(f"from tests.support.secrets import marked\n{tests}")
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={folder / 'temp'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    failed = set(re.findall(r"^ERROR test_it\.py::test_(\w+)", done.stdout, re.MULTILINE))
    assert failed == {"out", "err", "log", "own", "none"}, (
        done.stdout
    )  # the last ends the session, and so has its fault
    assert done.stdout.count("a secret is in what this test said") >= 4
    assert "agent.log: …" in done.stdout


def test_what_surrounds_it_is_told(folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "server.log").write_text(f"before {marked('token')} after")
    (folder / "in" / "data.sqlite3").write_text(MARK)
    [found] = told_in(logs_below(folder))
    assert found == f"in/server.log: …before {marked('token')} after…"
    assert told_in([("stdout", "nothing")]) == []
