"""What `gobs plugin new` makes is built, installed and tested, for every kind, as its README says."""

from __future__ import annotations

import pytest

from gobs_core.kit.new import KINDS
from tests.examples.fresh import Fresh, fresh

pytestmark = pytest.mark.xdist_group("examples")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """One environment with a project of every kind in it."""
    environment = fresh(tmp_path_factory.mktemp("new"))
    for kind in KINDS:
        done = environment.gobs("plugin", "new", kind, f"my_{kind}", "--into", str(environment.folder))
        assert done.returncode == 0, done.stderr
    projects = [str(environment.folder / f"gobs-plugin-my-{kind}") for kind in KINDS]
    pip = ("-m", "pip", "install", "--disable-pip-version-check", "--no-index", "--no-build-isolation", "--no-deps")
    done = environment.run(*pip, *projects)
    assert done.returncode == 0, done.stdout + done.stderr
    return environment


def test_every_one_is_among_the_plugins(made: Fresh) -> None:
    done = made.gobs("plugin", "list")
    lines = [line.split() for line in done.stdout.splitlines()]
    for kind in KINDS:
        [line] = [line for line in lines if line[1:2] == [f"my_{kind}"]]
        assert (line[0], line[line.index(f"gobs-plugin-my-{kind}") + 1]) == (kind, "0.1.0")


def test_the_tests_of_every_one_pass(made: Fresh) -> None:
    for_all = [str(made.folder / f"gobs-plugin-my-{kind}" / "tests") for kind in KINDS]
    done = made.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(made.folder), *for_all)
    assert done.returncode == 0, done.stdout
    assert "12 passed" in done.stdout


def test_the_check_finds_nothing_wrong_with_any(made: Fresh) -> None:
    rows = made.folder / "rows.jsonl"
    done = made.gobs("plugin", "check", "--send", "--set", f"sinks.my_sink.path={rows}")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    for kind in KINDS:
        assert any(line.startswith(f"ok     {kind} my_{kind}: ") for line in lines), done.stdout
    assert rows.read_text().count("conformance") > 5
    assert made.gobs("plugin", "check", "my_collector", "my_condition").returncode == 0


def test_one_that_is_disabled_is_not_even_imported_and_comes_back(made: Fresh) -> None:
    assert made.gobs("plugin", "disable", "my_collector").returncode == 0
    [line] = [line for line in made.gobs("plugins").stdout.splitlines() if "my_collector" in line]
    assert line.split()[:3] == ["plugin", "my_collector", "off"]
    assert made.gobs("plugin", "enable", "my_collector").returncode == 0
    [line] = [line for line in made.gobs("plugins").stdout.splitlines() if "my_collector" in line]
    assert line.split()[:3] == ["collector", "my_collector", "ok"]
