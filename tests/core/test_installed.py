"""Entry points are found as importlib.metadata finds them, without it."""

from __future__ import annotations

import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from gobs_core.plugins.installed import entry_points


def install(place: Path, folder: str, points: str, name: str = "", version: str = "1.0") -> None:
    info = place / folder
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text(points)
    if name:
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n\nName: no header\n")


def told(points: list[metadata.EntryPoint]) -> list[tuple[str, str, str, str]]:
    return sorted((p.name, p.value, p.dist.name, p.dist.version) for p in points if p.dist is not None)


@pytest.mark.parametrize("group", ["gobs", "gobs.commands", "gobs.settings", "pytest11", "console_scripts", "nobody"])
def test_what_is_installed_here_is_found_as_the_standard_library_finds_it(group: str) -> None:
    assert told(entry_points(group)) == told(list(metadata.entry_points(group=group)))


def test_a_distribution_that_is_on_the_path_twice_counts_once(tmp_path: Path) -> None:
    install(tmp_path / "a", "My_Plugin-2.0.dist-info", "[gobs]\nmine = first\n", "My.Plugin", "2.0")
    install(tmp_path / "b", "my_plugin-1.0.dist-info", "[gobs]\nmine = second\n", "my-plugin")
    (point,) = entry_points("gobs", [str(tmp_path / "a"), str(tmp_path / "b")])
    assert (point.value, point.dist.name, point.dist.version) == ("first", "My.Plugin", "2.0")


def test_other_groups_comments_and_blanks_are_left_out(tmp_path: Path) -> None:
    text = "[other]\na = a\n\n[gobs]\n# b = b\n; c = c\n  d  =  d.e:f  \n[gobs.commands]\ng = g\n"
    install(tmp_path, "x-1.dist-info", text, "x")
    assert [(point.name, point.value) for point in entry_points("gobs", [str(tmp_path)])] == [("d", "d.e:f")]


def test_broken_metadata_cost_nobody_anything(tmp_path: Path) -> None:
    install(tmp_path, "broken-3.dist-info", "[gobs]\nb = m\n= \nno equals sign\n")
    (tmp_path / "unreadable-1.dist-info").write_text("a file, not a folder")
    (tmp_path / "empty-1.dist-info").mkdir()
    found = entry_points("gobs", [str(tmp_path), str(tmp_path / "missing")])
    assert [(p.name, p.dist.name, p.dist.version) for p in found if p.name] == [("b", "broken", "3")]


def test_a_point_loads_what_it_points_to(tmp_path: Path) -> None:
    install(tmp_path, "x-1.dist-info", "[gobs]\na = json\nb = json.decoder:JSONDecoder.decode\nc = json:nothing\n", "x")
    points = {point.name: point for point in entry_points("gobs", [str(tmp_path)])}
    import json

    assert points["a"].load() is json
    assert points["b"].load() is json.decoder.JSONDecoder.decode
    with pytest.raises(AttributeError):
        points["c"].load()


def test_an_archive_on_the_path_is_read_by_the_standard_library(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("zipped-1.dist-info/entry_points.txt", "[gobs.test]\nz = m\n")
        archive.writestr("zipped-1.dist-info/METADATA", "Name: zipped\nVersion: 1\n")
    install(tmp_path / "a", "x-1.dist-info", "[gobs.test]\na = n\n", "x")
    found = entry_points("gobs.test", [str(tmp_path / "x.zip"), str(tmp_path / "a")])
    assert told(found) == [("a", "n", "x", "1.0"), ("z", "m", "zipped", "1")]
