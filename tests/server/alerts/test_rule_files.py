"""Rules in files: all that is wrong in them is told, the good ones load, and only the files change them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gobs_server.alerts.faults import ReadOnly
from tests.server.alerts.living import Living

GOOD = """
[[rule]]
name = "large"
target = "row"
metric = "box.size"
threshold = 50
"""
BAD = """
[[rule]]
name = "huge"
target = "row"
metric = "box.sise"
threshold = "much"

[[rule]]
name = "small"
target = "row"
metric = "box.size"
operator = "<"
threshold = 5

[[rule]]
name = "small"
colour = "red"
"""


def write(folder: Path, name: str, text: str, age: int) -> None:
    (folder / name).write_text(text)
    os.utime(folder / name, ns=(age, age))


async def test_every_fault_is_told_with_its_file_and_field_and_the_good_rules_load(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    async with Living(tmp_path, rules=str(folder)) as living:
        await living.feed(living.machine(), {"a": 60.0})
        write(folder, "a.toml", GOOD, 1)
        write(folder, "b.toml", BAD, 1)
        write(folder, "c.toml", "no toml", 1)
        (folder / "..data").mkdir()
        write(folder / "..data", "a.toml", GOOD, 1)
        await living.alerts.files.look()
        rules = {rule.name: rule for rule in living.alerts.book.rules.values()}
        assert rules.keys() == {"large", "small"}
        assert all(rule.read_only for rule in rules.values())
        faults = "\n".join(living.alerts.files.faults)
        for part in (
            "b.toml: rule 'huge': metric: a metric that some node has; 'box.sise' is none, the nearest are box.size",
            "b.toml: rule 'huge': threshold: a number",
            "b.toml: rule 3: colour: expected a setting of",
            "c.toml: cannot be read",
        ):
            assert part in faults, faults
        assert "rule files" in living.alerts.troubles()
        with pytest.raises(ReadOnly, match=r"a\.toml; change it there"):
            await living.alerts.desk.delete_rule(rules["large"].id)
        with pytest.raises(ReadOnly):
            await living.alerts.desk.change_rule(rules["large"].id, rules["large"].fields(), "ann")


async def test_what_fires_goes_on_when_a_file_is_changed_elsewhere_and_ends_when_the_rule_is_taken_out(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    write(folder, "a.toml", GOOD, 1)
    async with Living(tmp_path, rules=str(folder)) as living:
        machine = living.machine()
        await living.feed(machine, {"a": 60.0})
        assert living.states() == {"a": "firing"}
        [alert] = living.alerts.keeper.alerts
        write(folder, "a.toml", GOOD + 'note = "look at the boxes"\n', 2)
        await living.alerts.files.look()
        assert list(living.alerts.keeper.alerts) == [alert]
    async with living.again() as second:
        assert list(second.alerts.keeper.alerts) == [alert]
        (folder / "a.toml").unlink()
        await second.alerts.files.look()
        assert second.states() == {}
        found = await second.alerts.find(alert)
        assert found is not None
        assert found.reason == "deleted"
        assert second.alerts.book.rules == {}
