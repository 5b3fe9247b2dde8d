"""An allow-list for production: by name, version and hash; what it does not allow is not even imported."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gobs_core import SettingsError
from gobs_core.errors import DeclarationError
from gobs_core.plugins import load_plugins
from gobs_core.plugins.digest import digest_of
from gobs_core.plugins.installed import Dist, Point, entry_points
from gobs_core.plugins.pins import Pin, parse_pin, pin_of
from gobs_core.settings import load_settings
from gobs_core.settings.sources import Flag
from tests.core.fakes import FakeDistribution, FakeEntryPoint, FakeSink, module

HASH = "0123456789abcdef" * 4


def installed(site: Path, *more: str) -> Point:
    """Return the one entry point of a distribution installed as from a wheel."""
    files = {
        "acme/__init__.py": "",
        "acme/plugin.py": "x = 1\n",
        "acme-1.2.dist-info/METADATA": "Name: acme\nVersion: 1.2\n",
    }
    files["acme-1.2.dist-info/entry_points.txt"] = "[gobs]\nacme = acme.plugin\n"
    record = ["acme-1.2.dist-info/RECORD,,", "acme-1.2.dist-info/INSTALLER,,", "acme/__pycache__/plugin.pyc,,", *more]
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(text)}")
    (site / "acme-1.2.dist-info/RECORD").write_text("\n".join(record))
    [point] = entry_points("gobs", [str(site)])
    assert isinstance(point, Point)
    return point


def test_a_hash_is_of_the_files_as_they_are_and_of_nothing_an_installer_adds(tmp_path: Path) -> None:
    before = digest_of(installed(tmp_path / "one").dist)
    other = installed(tmp_path / "two")
    (tmp_path / "two/acme-1.2.dist-info/INSTALLER").write_text("uv")
    (tmp_path / "two/acme/__pycache__").mkdir()
    (tmp_path / "two/acme/__pycache__/plugin.pyc").write_bytes(b"made here")
    assert digest_of(other.dist) == before
    (tmp_path / "two/acme/plugin.py").write_text("x = 2\n")
    assert digest_of(other.dist) != before, "whatever RECORD says"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda site: (site / "acme/plugin.py").unlink(), "acme/plugin.py: No such file or directory"),
        (lambda site: (site / "acme/other.py").write_text(""), "acme/other.py did not come with it"),
        (lambda site: (site / "acme-1.2.dist-info/RECORD").unlink(), "its RECORD cannot be read"),
        (lambda site: (site / "acme-1.2.dist-info/RECORD").write_text("_acme.pth,,"), "it is installed in place"),
    ],
)
def test_what_has_no_hash_says_why(spoil: Callable[[Path], object], said: str, tmp_path: Path) -> None:
    point = installed(tmp_path)
    spoil(tmp_path)
    with pytest.raises(DeclarationError, match=said):
        digest_of(point.dist)
    [state] = load_plugins([point], allow=[f"acme sha256:{HASH}"]).states()
    assert (state.state, "plugins.allow asks for a hash of acme, and it has none: " in state.error) == ("broken", True)


def test_what_was_installed_in_no_way_that_is_known_has_no_hash() -> None:
    with pytest.raises(DeclarationError, match="not installed from a wheel"):
        digest_of(Dist("acme", "1.2"))


def test_just_what_is_pinned_is_imported(tmp_path: Path) -> None:
    point = installed(tmp_path)
    pin = pin_of(point)
    assert pin == Pin("acme", "1.2", digest_of(point.dist))
    assert parse_pin(str(pin)) == pin
    [state] = load_plugins([point], allow=[str(pin)]).states()
    assert (state.kind, state.name) == ("plugin", "acme")
    assert "No module named 'acme'" in state.error, "it got as far as that: this site is on no path"
    for line, said in (
        ("acme==1.3", "plugins.allow asks for acme==1.3, and 1.2 is here"),
        (
            f"acme sha256:{HASH}",
            f"plugins.allow asks for acme with sha256:{HASH}, and its files have sha256:{pin.digest}",
        ),
        (f"acme==1.2 sha256:{HASH}", "and its files have sha256:"),
    ):
        [state] = load_plugins([point], allow=[line]).states()
        assert (state.state, said in state.error) == ("broken", True), state.error
    assert "No module" in load_plugins([point], allow=["acme==1.3", str(pin)]).states()[0].error, "one of them is met"


def test_where_anything_is_pinned_names_are_of_entry_points_and_nothing_else_is_imported() -> None:
    mine = FakeEntryPoint("mine", module(sinks=[FakeSink]), FakeDistribution("mine", "2.0"))
    other = FakeEntryPoint("other", module())
    plugins = load_plugins([mine, other], allow=["mine==2.0", "fake"])
    assert (list(plugins.sinks), mine.loaded, other.loaded) == (["fake"], ["mine"], [])
    [broken] = [state for state in plugins.failed if state.state == "broken"]
    assert broken.error == "plugins.allow: no entry point here is called 'fake'; there is mine, other"


def test_a_list_that_matches_nothing_is_named_line_by_line_and_the_rest_runs() -> None:
    mine = FakeEntryPoint("mine", module(sinks=[FakeSink]))
    plugins = load_plugins([mine], allow=["fake", "mnie", "entropy"])
    assert list(plugins.sinks) == ["fake"]
    assert {(state.name, state.state, state.error) for state in plugins.failed} == {
        ("mnie", "broken", "plugins.allow: no plugin here is called 'mnie'; did you mean 'mine'?"),
        ("entropy", "broken", "plugins.allow: no plugin here is called 'entropy'; there is fake, mine"),
    }
    nothing = load_plugins([mine], allow=["entropy==1.0"])
    assert [(state.name, state.state) for state in nothing.states()] == [("entropy", "broken"), ("mine", "off")]


@pytest.mark.parametrize("line", ["", "a b", "a==", "a==1 sha256:xyz", "a sha256:" + "A" * 64, "a==1==2"])
def test_a_line_that_means_nothing_is_a_fault_in_the_settings(line: str) -> None:
    with pytest.raises(SettingsError, match=r"--only-plugins: expected NAME, NAME==VERSION or") as refused:
        load_settings(environ={"GOBS_CONFIG": os.devnull}, flags=[Flag("plugins.allow", [line], "--only-plugins")])
    assert "gobs plugins --pins" in str(refused.value)
