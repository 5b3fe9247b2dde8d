"""No block of code in the documentation stands there untried: it is run, loaded, or on a list with a reason."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gobs_core.settings import load_settings
from tests.docs.markdown import Code, all_pages
from tests.docs.named import named_tests

TRIED = {
    "README.md: make run      # this machine, live, on http://127.0.0.1:8080": "tests/house/test_makefile.py::"
    "test_every_target_that_needs_it_makes_the_environment",
}
"""A block of commands -> the test that runs it."""
UNTRIED: dict[str, str] = {}
"""A block of commands -> why it is not run."""
LANGUAGES = {"", "sh", "console", "python", "toml", "text", "mermaid", "ini", "json"}
PAGES = [page for page in all_pages() if not page.name.startswith("tests/")]


def blocks(*languages: str) -> list[Code]:
    return [block for page in PAGES for block in page.code(*languages)]


def test_every_block_says_a_language_that_somebody_tries() -> None:
    assert {block.language for block in blocks()} <= LANGUAGES - {""}


def test_every_block_of_commands_is_run_or_says_why_not() -> None:
    assert {str(block) for block in blocks("sh", "console")} == {*TRIED, *UNTRIED}


@pytest.mark.parametrize("test", sorted(set(TRIED.values())))
def test_what_tries_a_block_exists(test: str) -> None:
    path, _, name = test.partition("::")
    assert name in named_tests(path)


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_a_block_of_python_runs(block: Code) -> None:
    setting = "from __future__ import annotations\nfrom gobs_core import *\n"
    needs_its_plugin = "from gobs_faults" in block.text
    if needs_its_plugin:
        setting += _faults()
        block = Code(block.page, block.language, re.sub(r"^from gobs_faults.*\n", "", block.text, flags=re.MULTILINE))
    exec(compile(setting + block.text.replace("from __future__ import annotations\n", ""), str(block), "exec"), {})


def _faults() -> str:
    return next(block.text for block in blocks("python") if 'class FaultsCollector(Collector):\n    """' in block.text)


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_a_block_of_toml_loads(block: Code, tmp_path: Path) -> None:
    found = tomllib.loads(block.text)
    if "project" in found or "build-system" in found:
        return
    file = tmp_path / "gobs.toml"
    file.write_text(block.text, encoding="utf-8")
    load_settings(environ={}, config=str(file))
