"""Every secret in the suite bears the mark that all output is searched for, and the search finds it."""

from __future__ import annotations

import ast
import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.house import ROOT
from tests.support.programs import searched
from tests.support.secrets import MARK, logs_below, marked, told_in

SHORTEST = 4
"""Characters from which on a secret is taken out of text."""


def trees() -> Iterator[tuple[Path, ast.Module]]:
    """Every module of the tests."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def literals() -> Iterator[tuple[str, str]]:
    """Every text that a test makes a Secret of as it stands, but addresses, in which a part is one."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Secret":
                for argument in node.args:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", argument.value


def test_every_secret_of_the_suite_bears_the_mark() -> None:
    bare = [f"{where}: {text!r}" for where, text in literals() if len(text) >= SHORTEST and "://" not in text]
    assert bare == [], "write marked(…) of tests.support.secrets"


TAKES = {"check_output", "getoutput", "getstatusoutput", "popen"}
"""What takes a program's output by its very name."""


def takes_output(call: ast.Call) -> bool:
    """Whether a call starts a program and takes what it says."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in TAKES:
        return True
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    pipes = [ast.unparse(given[name]).rpartition(".")[2] for name in ("stdout", "stderr") if name in given]
    return "capture_output" in given or "PIPE" in pipes


def unsearched(tree: ast.Module) -> list[int]:
    """Lines at which the output of a program is taken that is not handed to `searched` on the spot."""
    inside = {
        inner.value if isinstance(inner, ast.Await) else inner
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "searched"
        for inner in node.args
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and takes_output(node)]
    return [call.lineno for call in calls if call not in inside]


def test_whatever_a_program_says_to_a_test_is_searched() -> None:
    found = [f"{path.relative_to(ROOT)}:{line}" for path, tree in trees() for line in unsearched(tree)]
    assert found == [], "write searched(…) of tests.support.programs around it"


@pytest.mark.parametrize(
    "way",
    [
        "subprocess.run(command, capture_output=True)",
        "subprocess.run(command, stdout=subprocess.PIPE)",
        "subprocess.Popen(command, stderr=PIPE)",
        "subprocess.check_output(command)",
        "await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)",
    ],
)
def test_a_way_to_take_it_unsearched_is_found(way: str) -> None:
    assert unsearched(ast.parse(f"done = {way}")) == [1]
    assert unsearched(ast.parse(f"done = searched({way})")) == []


SAYS = f"import sys; print('fine', flush=True); print({marked('x')!r}); print('end', file=sys.stderr)"
"""A program that says one in its second line."""


def test_whichever_way_a_test_reads_a_program_a_secret_in_it_fails() -> None:
    command = [sys.executable, "-S", "-c", SAYS]
    with pytest.raises(AssertionError, match="in what a program said"):
        searched(subprocess.run(command, capture_output=True, check=True))
    with searched(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "fine\n"
        with pytest.raises(AssertionError, match="in what a program said"):
            child.stdout.readline()
        assert child.communicate() == ("", "end\n")
    with (
        searched(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)) as child,
        pytest.raises(AssertionError, match="in what a program said"),
    ):
        child.communicate()


async def test_a_secret_in_what_is_read_of_a_program_later_fails_too() -> None:
    command = (sys.executable, "-S", "-c", SAYS)
    child = searched(await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE))
    assert child.stdout is not None
    assert await child.stdout.readline() == b"fine\n"
    with pytest.raises(AssertionError, match="in what a program said"):
        await child.communicate()
    await child.wait()


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
    done = searched(
        subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder),
        shows="a suite of its own that says one in every way, to be found out",
    )
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
