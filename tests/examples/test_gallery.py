"""The gallery of examples: each is built, installed beside the others, passes its own tests and the check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.examples.fresh import EXAMPLES, Fresh, fresh, install, install_house
from tests.support.house import MEMBERS

GALLERY = {"reach": "collector", "csv": "sink", "ntfy": "notifier", "stuck": "condition"}

pytestmark = pytest.mark.xdist_group("examples")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """One environment with the wheels of our packages, and all of them installed beside these at once."""
    environment = fresh(tmp_path_factory.mktemp("gallery"))
    install_house(environment)
    install(environment, *(f"gobs-plugin-{name}" for name in GALLERY))
    return environment


def test_they_run_beside_the_wheels_of_every_package(made: Fresh) -> None:
    packages = [member.package for member in MEMBERS]
    code = f"import importlib\nfor name in {packages}: print(importlib.import_module(name).__file__)"
    found = made.run("-P", "-c", code).stdout.splitlines()
    assert [Path(file).is_relative_to(made.folder) for file in found] == [True] * len(packages), found
    told = made.run("-P", str(made.folder / "venv" / "bin" / "gobs"), "plugins", "--json")
    assert told.returncode == 0, told.stderr
    states = {state["name"]: state["state"] for state in json.loads(told.stdout)}
    assert [states.get(name) for name in ("cpu", "process", "grpc", "reach")] == ["ok"] * 4, states
    assert states["webhook"] == "ok", "a channel of it is made on the pages"


def test_the_tests_of_each_pass(made: Fresh) -> None:
    for_all = [str(made.folder / f"gobs-plugin-{name}" / "tests") for name in GALLERY]
    done = made.run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(made.folder), *for_all, cwd=made.folder
    )
    assert done.returncode == 0, done.stdout
    assert "16 passed" in done.stdout


def test_the_check_finds_nothing_wrong_with_any(made: Fresh) -> None:
    folder = made.folder / "kept"
    settings = ("collectors.reach.targets=127.0.0.1:1", f"sinks.csv.folder={folder}")
    sets = [word for one in settings for word in ("--set", one)]
    done = made.gobs("plugin", "check", *GALLERY, "--send", *sets)
    assert done.returncode == 0, done.stdout + done.stderr
    for name, kind in GALLERY.items():
        assert f"{'note ' if name == 'ntfy' else 'ok   '}  {kind} {name}: " in done.stdout
    told = "notifier ntfy: was not tried, since it needs settings: gobs plugin check ntfy --send --set notifiers.ntfy."
    assert told in done.stdout, "nobody said where its server is"
    assert sorted(path.suffix for path in folder.iterdir()) == [".csv"] * len(list(folder.iterdir()))
    collected = made.gobs("collect", "--once", "--json", "reach", *sets)
    assert '"up":0' in collected.stdout
    assert "refused" in collected.stdout


def test_all_examples_are_in_the_gallery() -> None:
    told = (EXAMPLES / "README.md").read_text()
    names = sorted(path.parent.name for path in EXAMPLES.glob("*/pyproject.toml"))
    assert [name for name in names if f"]({name}/README.md)" in told] == names
    assert {f"gobs-plugin-{name}" for name in GALLERY} <= set(names)
