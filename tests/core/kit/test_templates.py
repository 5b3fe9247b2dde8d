"""What the templates hold as comments works as well once the comment signs are taken away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gobs_core.kit.new import KINDS, new_project
from gobs_core.plugins import Plugins
from tests.support.programs import searched

SECOND = "Take the `# ` away here and in the test, and announce it as well:\n# "


def uncommented(text: str, after: str) -> str:
    """Return the text with every comment after that line made code."""
    before, found, block = text.partition(after)
    assert found, "the block is not there any more"
    sentence, _, code = block.partition("\n#\n")
    lines = [line.removeprefix("# ") if line.startswith("# ") else line.removeprefix("#") for line in code.splitlines()]
    return f"{before}{found}{sentence}\n\n" + "\n".join(lines) + "\n"


def pytest_of(folder: Path) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder / "tests")]
    done = searched(
        subprocess.run(
            command,
            cwd=folder,
            env={"PYTHONPATH": str(folder)},
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_second_collector_of_the_template_works_and_keeps_its_contract(tmp_path: Path) -> None:
    folder = new_project("collector", "mine", tmp_path, Plugins())
    module, test = folder / "gobs_mine.py", folder / "tests" / "test_mine.py"
    text = uncommented(module.read_text(), SECOND)
    announced = text.partition(SECOND)[2].partition("\n")[0]
    assert announced == "[MineCollector, MineCollectorFolders]"
    hook = text.index("@hookimpl")
    end = text.index("\n\n", text.index("return [", hook))
    text = text[:hook] + text[end:] + "\n\n" + text[hook:end].replace("[MineCollector]\n", announced) + "\n"
    module.write_text(text.replace("return [MineCollector]", f"return {announced}"))
    test.write_text(uncommented(test.read_text(), "# For the second collector."))
    assert "4 passed" in pytest_of(folder)
    rules = ["--isolated", "--line-length", "120", "--select", "E,F,I,N,UP,B,D2", "--ignore", "D203,D213,E402,I001"]
    command = [sys.executable, "-m", "ruff", "check", *rules, "."]
    done = searched(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "profiler"])
def test_each_test_of_a_template_shows_how_settings_are_given(kind: str, tmp_path: Path) -> None:
    folder = new_project(kind, "mine", tmp_path, Plugins())
    text = (folder / "tests" / "test_mine.py").read_text()
    assert ("parameters=" if kind == "condition" else "config=") in text


@pytest.mark.parametrize("kind", KINDS)
def test_no_readme_of_a_project_links_to_what_is_not_there(kind: str, tmp_path: Path) -> None:
    assert "](" not in (new_project(kind, "mine", tmp_path, Plugins()) / "README.md").read_text()
