"""The plugin in five minutes, made by following its page: the files, the commands, the test, the table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest

from gobs_core.settings.decode import decode
from gobs_core.settings.tree import Leaf, Rank
from gobs_core.testing import check_condition, check_notifier, check_profiler, check_sink
from tests.docs.markdown import page
from tests.support.programs import searched

PAGE = page("docs/plugins.md")
FILES = {"gobs_faults.py": "Write it", "pyproject.toml": "Write it", "test_faults.py": "Test it"}


def code(heading: str, language: str) -> str:
    """Return the first block of that language below a heading, as a reader finds it."""
    found = [block.text for block in PAGE.code(language) if block.text in PAGE.section(heading)]
    return found[0]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders side by side: the plugin's, and one with a .venv that sees all that is installed here."""
    root = tmp_path_factory.mktemp("newcomer")
    home, plugin = root / "gobservability", root / "gobs-faults"
    plugin.mkdir()
    (plugin / "gobs_faults.py").write_text(code("Write it", "python"), encoding="utf-8")
    (plugin / "pyproject.toml").write_text(code("Write it", "toml"), encoding="utf-8")
    (plugin / "test_faults.py").write_text(code("Test it", "python"), encoding="utf-8")
    venv.create(home / ".venv", with_pip=True)
    inside = searched(
        subprocess.run(
            [home / ".venv/bin/python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True,
            text=True,
            check=True,
        )
    ).stdout.strip()
    here = sysconfig.get_path("purelib")
    Path(inside, "here.pth").write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf-8")
    gobs = home / ".venv/bin/gobs"
    gobs.write_text(f"#!{home}/.venv/bin/python\nfrom gobs_core.cli import main\nraise SystemExit(main())\n")
    gobs.chmod(0o755)
    shell(code("See it", "sh"), home)
    return home


def shell(commands: str, folder: Path) -> str:
    """Run a block of commands as it stands; what is installed must come from here, so pip may ask nobody."""
    environment = {
        **os.environ,
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "GOBS_CONFIG": os.devnull,
    }
    environment.pop("PYTHONPATH", None)
    done = searched(
        subprocess.run(
            ["sh", "-e"], input=commands, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_project_is_begun_and_checked_as_the_page_says(checkout: Path, tmp_path: Path) -> None:
    commands = code("Begin with a project", "sh").replace("gobs plugin", f"{checkout}/.venv/bin/gobs plugin")
    lines = shell(commands, tmp_path).splitlines()
    assert "gobs-plugin-open-files is a collector with a test. Next:" in lines
    assert [line for line in lines if line.startswith("ok     collector open_files: keeps its contract")]


def test_the_plugin_is_listed_with_where_it_came_from(checkout: Path) -> None:
    out = shell(".venv/bin/gobs plugins", checkout)
    [line] = [line for line in out.splitlines() if " faults " in line]
    assert line.split() == ["collector", "faults", "ok", "worker", "1", "gobs-faults", "0.1.0"]


def test_collect_prints_its_row(checkout: Path) -> None:
    assert ".venv/bin/gobs collect --once faults" in PAGE.section("See it")
    out = shell(".venv/bin/gobs collect --once --json faults", checkout)
    [row] = [json.loads(line) for line in out.splitlines()]
    assert row["table"] == "faults"


def test_its_test_passes(checkout: Path) -> None:
    out = shell(code("Test it", "sh"), checkout)
    assert "2 passed" in out


def test_the_files_are_as_small_as_the_page_promises() -> None:
    lines = code("Write it", "python").splitlines()
    assert len([line for line in lines if line.strip() and not line.startswith(("import", "from"))]) <= 40
    assert sys.version_info >= (3, 11)


def run(text: str) -> dict[str, Any]:
    named: dict[str, Any] = {"__name__": "a_plugin_from_the_page"}
    exec(compile(text, PAGE.name, "exec", dont_inherit=True), named)
    return named


def test_the_sink_on_the_page_keeps_its_contract(capsys: pytest.CaptureFixture[str]) -> None:
    check_sink(run(code("Sinks", "python"))["CountSink"])
    assert capsys.readouterr().out


def test_the_notifier_on_the_page_keeps_its_contract(tmp_path: Path) -> None:
    cls = run(code("Notifiers", "python"))["FileNotifier"]
    check_notifier(cls, config=cls.Config(path=str(tmp_path / "alerts.log")))
    check_notifier(cls, config=cls.Config(path=str(tmp_path / "nowhere" / "alerts.log")))
    lines = (tmp_path / "alerts.log").read_text().splitlines()
    assert len({line.split()[0] for line in lines}) == len(lines) > 5


def test_the_condition_on_the_page_keeps_its_contract() -> None:
    check_condition(run(code("Conditions", "python"))["OddCondition"])


def test_the_profiler_on_the_page_keeps_its_contract() -> None:
    check_profiler(run(code("Profilers", "python"))["StatesProfiler"])


def test_the_setting_on_the_page_is_read_and_checked() -> None:
    config = run(code("Settings of your own", "python"))["FaultsCollector"].Config
    assert config().threshold == 0
    faults: list[str] = []
    leaf = Leaf(-1, "gobs.toml:collectors.faults.threshold", Rank.FILE)
    assert decode(config, {"threshold": leaf}, ("collectors", "faults"), faults) is None
    assert faults == ["gobs.toml:collectors.faults.threshold: expected a whole number, at least 0, got -1"]
