"""No block of code in the documentation stands there untried: it is run, loaded, or on a list with a reason."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gobs_core.settings import load_settings
from tests.docs.markdown import Code, all_pages
from tests.docs.named import named_tests

README = "tests/docs/test_readme.py"
REPLAY = "tests/end_to_end/test_replay.py"
EXAMPLE = "tests/examples/test_entropy.py"
MAKE = "tests/house/test_makefile.py"
PLUGIN, DEPLOYMENT = "tests/docs/test_plugin_page.py", "tests/docs/test_deployment.py"
TRIED = {
    "README.md: make run      # this mac": f"{MAKE}::test_starting_the_program_installs_no_tools",
    "README.md: curl -s http://127.0.0.1": f"{README}::test_what_the_readme_asks_of_the_server_is_answered",
    "docs/rest.md: curl -s http://127.0.0.1": f"{README}::test_every_call_of_the_rest_page_is_answered",
    "docs/rest.md: NODE=$(uname -n)": f"{README}::test_every_call_of_the_rest_page_is_answered",
    "docs/deployment.md: gobs certs init --folder": f"{DEPLOYMENT}::test_the_certificates_are_the_authoritys",
    "docs/deployment.md: gobs join create --node": (
        f"{DEPLOYMENT}::test_a_server_and_an_agent_with_these_files_find_each_other"
    ),
    "docs/deployment.md: make build": "tests/house/test_packages.py::test_a_wheel_comes_out_of_the_source_distribution",
    "docs/plugins.md: gobs plugin new collecto": f"{PLUGIN}::test_a_project_is_begun_and_checked_as_the_page_says",
    "docs/plugins.md: .venv/bin/python -m pip": f"{PLUGIN}::test_the_plugin_is_listed_with_where_it_came_from",
    "docs/plugins.md: .venv/bin/gobs plugins": f"{PLUGIN}::test_collect_prints_its_row",
    "docs/plugins.md: cd ../gobs-faults": f"{PLUGIN}::test_its_test_passes",
    "docs/recordings.md: gobs record rack7.gobs.x": f"{REPLAY}::test_a_recorded_machine_is_up_again",
    "examples/gobs-plugin-entropy/README.md: python -m pip install ./": f"{EXAMPLE}::test_it_is_among_the_plugins",
    "examples/gobs-plugin-entropy/README.md: gobs plugins": f"{EXAMPLE}::test_it_collects",
    "examples/gobs-plugin-entropy/README.md: python -m pip install py": f"{EXAMPLE}::test_its_own_tests_pass",
}
"""A block of commands -> the test that runs it."""
UNTRIED = {
    "docs/deployment.md: helm install gobservabil": "needs a cluster; tests/helm renders the chart by the real engine",
    "docs/deployment.md: printf '%s\\n' DATABASE_P": "needs a container engine; tests/helm/test_ways_in.py reads it",
    "helm/gobservability/README.md: helm install gobservabil": "needs a cluster, as above",
    "benchmarks/README.md: make bench": "wants the machine to itself for many minutes",
    "CONTRIBUTING.md: make check    # format,": "these are the checks and tests that run this one",
    "docs/deployment.md: useradd --system --no-cr": "makes a user of the machine",
    "docs/deployment.md: python3 -m venv /opt/gob": "writes to /opt, from the wheels that test_packages builds",
}
"""A block of commands -> why it is not run."""
LANGUAGES = {"sh", "console", "python", "toml", "text", "mermaid", "ini", "json", "yaml"}
PAGES = [page for page in all_pages() if not page.name.startswith("tests/")]


def blocks(*languages: str) -> list[Code]:
    return [block for page in PAGES for block in page.code(*languages)]


def test_every_block_says_a_language_that_somebody_tries() -> None:
    assert {block.language for block in blocks() if not block.page.startswith("examples/")} <= LANGUAGES


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
    if "project" in found or "build-system" in found or block.page in ("docs/deployment.md", "docs/alerts.md"):
        return  # a project's, settings whose files test_deployment makes, or rules that test_alerts_page loads
    file = tmp_path / "gobs.toml"
    file.write_text(block.text, encoding="utf-8")
    load_settings(environ={}, config=str(file))
