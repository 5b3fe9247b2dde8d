"""Containers that come and go are found by the links of folders, and none is missed."""

from __future__ import annotations

import random
from pathlib import Path

from gobs_collectors.cgroup.tree import Tree
from gobs_core import Proc
from gobs_core.control_groups import walk
from tests.support.soak import counts


def never(path: str) -> bool:
    return False


def containers(root: Path) -> set[str]:
    return {group.path for group in walk(Proc(), root) if group.is_container}


def test_containers_that_are_there_are_found_at_once(tmp_path: Path) -> None:
    for place in ("kubepods/pod7f3c9a52-1d4e-4b6a-9c8d-0e1f2a3b4c5d", "docker"):
        (tmp_path / place / ("a" * 64)).mkdir(parents=True)
    new, gone = Tree(Proc(), tmp_path).update(never)
    assert {group.path for group in new} == containers(tmp_path)
    assert len(new) == 2
    assert gone == []


def test_nothing_is_looked_into_again_where_no_link_has_changed(tmp_path: Path) -> None:
    looked: list[str] = []

    class Counting(Tree):
        def _look(self, node: object, new: object, gone: object) -> None:
            before = node.links  # type: ignore[attr-defined]  # a Node
            super()._look(node, new, gone)  # type: ignore[arg-type]  # as above
            if node.links != before:  # type: ignore[attr-defined]  # as above
                looked.append(node.path)  # type: ignore[attr-defined]  # as above

    (tmp_path / "docker" / ("a" * 64)).mkdir(parents=True)
    tree = Counting(Proc(), tmp_path)
    tree.update(never)
    looked.clear()
    tree.update(never)
    assert looked == []
    (tmp_path / "docker" / ("b" * 64)).mkdir()
    tree.update(never)
    assert sorted(looked) == [str(tmp_path / "docker"), str(tmp_path / "docker" / ("b" * 64))]


def test_within_a_container_that_has_not_run_nobody_looks(tmp_path: Path) -> None:
    outer = tmp_path / "docker" / ("a" * 64)
    outer.mkdir(parents=True)
    tree = Tree(Proc(), tmp_path)
    tree.update(never)
    (outer / "docker" / ("b" * 64)).mkdir(parents=True)
    assert tree.update(lambda path: True) == ([], [])
    new, _ = tree.update(never)
    assert [group.place.container for group in new] == ["b" * 64]


def test_a_container_that_is_lost_and_there_again_under_its_name_is_new(tmp_path: Path) -> None:
    place = tmp_path / "docker" / ("a" * 64)
    place.mkdir(parents=True)
    tree = Tree(Proc(), tmp_path)
    tree.update(never)
    assert tree.lost(f"docker/{'a' * 64}") == [f"docker/{'a' * 64}"]
    new, gone = tree.update(never)
    assert [group.path for group in new] == [f"docker/{'a' * 64}"]
    assert gone == []


def test_more_groups_than_can_be_looked_after_are_left_out_and_counted(tmp_path: Path) -> None:
    (tmp_path / "docker" / ("a" * 64)).mkdir(parents=True)
    for number in range(110):
        (tmp_path / "user.slice" / str(number)).mkdir(parents=True)
    tree = Tree(Proc(), tmp_path, most=100)
    for _ in range(2):
        new, _ = tree.update(never)
        assert tree.left_out >= 10
    (tmp_path / "docker" / ("b" * 64)).mkdir()
    for number in range(20):
        (tmp_path / "user.slice" / str(number)).rmdir()
    tree.update(never)
    new, _ = tree.update(never)
    assert tree.left_out == 0
    assert {path for path in containers(tmp_path) if path.endswith("b" * 64)} <= {group.path for group in new} | {
        f"docker/{'b' * 64}"
    }


@counts("steps", reduced=300, full=5_000)
def test_after_any_coming_and_going_those_known_are_those_there(tmp_path: Path, steps: int) -> None:
    dice = random.Random(11)
    tree = Tree(Proc(), tmp_path)
    known: set[str] = set()
    pods = [f"kubepods/pod{n:08x}-0000-4000-8000-000000000000" for n in range(6)]
    for step in range(steps):
        for _ in range(dice.randint(1, 4)):
            place = tmp_path / dice.choice([*pods, "docker"]) / f"{dice.randrange(4):064x}"
            if place.exists():
                place.rmdir()
                if dice.random() < 0.5 and not any(place.parent.iterdir()):
                    place.parent.rmdir()
            else:
                place.mkdir(parents=True)
        for path in [path for path in known if not (tmp_path / path).exists()]:
            known.difference_update(tree.lost(path))  # as reading its files tells
        new, gone = tree.update(never)
        known.difference_update(gone)
        known.update(group.path for group in new)
        assert known == containers(tmp_path), step
