"""The tools cover every package, and nothing is switched off without a reason."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.house import MEMBERS, ROOT, ROOT_MEMBER

TOOLS = ROOT_MEMBER.settings["tool"]
PACKAGES = {member.package for member in MEMBERS}
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()


def test_import_linter_sees_every_package() -> None:
    assert set(TOOLS["importlinter"]["root_packages"]) == PACKAGES


def test_the_layers_name_every_package() -> None:
    layers = next(c for c in TOOLS["importlinter"]["contracts"] if c["type"] == "layers" and "containers" not in c)
    assert {name.strip() for layer in layers["layers"] for name in layer.split("|")} == PACKAGES


def test_mypy_checks_every_package() -> None:
    assert set(TOOLS["mypy"]["packages"]) >= PACKAGES | {"benchmarks", "tests"}
    assert TOOLS["mypy"]["strict"] is True


def test_every_package_says_that_it_is_typed() -> None:
    assert [m.package for m in MEMBERS if not (m.folder / m.package / "py.typed").is_file()] == []


def test_every_rule_that_ruff_leaves_out_has_a_reason() -> None:
    rules = [line for line in PYPROJECT if re.match(r'\s+"[A-Z]+[0-9]*",', line)]
    assert len(rules) > 20
    assert [line for line in rules if not re.search(r'",  # .{6,}', line)] == []


def test_every_warning_that_is_let_through_has_a_reason() -> None:
    rules = [line for line in PYPROJECT if re.match(r"""\s+['"]ignore:""", line)]
    assert [line for line in rules if " # " not in line] == []


def test_the_front_ends_lock_names_no_host() -> None:
    text = (ROOT / "server/frontend/package-lock.json").read_text(encoding="utf-8")
    assert json.loads(text)["lockfileVersion"] >= 3
    assert not re.search(r'"resolved"|https?:', text)


def test_the_front_ends_lock_names_what_package_json_asks_for() -> None:
    package, lock = (
        json.loads((ROOT / "server/frontend" / name).read_text(encoding="utf-8"))
        for name in ("package.json", "package-lock.json")
    )
    for kind in ("dependencies", "devDependencies"):
        assert lock["packages"][""][kind] == package[kind]


@pytest.mark.parametrize("name", ["LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", ".ci/run"])
def test_the_house_has_its_papers(name: str) -> None:
    assert (ROOT / name).is_file()


def test_the_changelog_speaks_of_the_plugin_api() -> None:
    assert re.search(r"^#+ Plugin API$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
