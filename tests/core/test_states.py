"""The words for a plugin's state: all that the code says are explained, each by one of six, and nobody says another."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gobs_core.state import STATES
from tests.docs.markdown import page
from tests.support.house import ROOT

PLAIN = ("starting", "ok", "degraded", "quarantined", "disabled", "broken")
"""What people are told to expect; every other word means one of these more exactly."""
SAY = (
    "gobs_core/gobs_core/agent", "gobs_core/gobs_core/plugins", "server/gobs_server/alerts/judging/judging.py",
    "server/gobs_server/alerts/telling/faring.py", "server/gobs_server/retrying.py", "server/gobs_server/web/states.py",
)  # fmt: skip
"""Where states are made."""
CALLS = {"_note": 0, "_broken": None, "state": 2, "Outcome": 0, "PluginState": None, "replace": None}
"""Functions that are given a state -> the place of it among the arguments, where it is no keyword."""


def words(tree: ast.AST) -> Iterator[str]:
    """Every state that a module says: as the keyword `state`, or at its place in a call that takes one."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in CALLS:
            continue
        given = [keyword.value for keyword in node.keywords if keyword.arg == "state"]
        place = CALLS[name]
        if place is not None and len(node.args) > place:
            given.append(node.args[place])
        for value in given:
            for one in ast.walk(value):
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value


def files() -> Iterator[Path]:
    for name in SAY:
        path = ROOT / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def test_no_code_says_a_state_that_is_not_explained() -> None:
    said = {word for file in files() for word in words(ast.parse(file.read_text(encoding="utf-8")))}
    assert said - STATES.keys() == set()
    assert {"starting", "ok", "no data", "failing", "quarantined", "broken", "off", "disabled"} <= said, "it looks"


def test_every_state_is_one_of_six_and_each_of_the_six_is_one() -> None:
    assert {known.plain for known in STATES.values()} == set(PLAIN)
    for word in PLAIN:
        assert STATES[word].plain == word
    assert all(known.to_do or known.at_work for known in STATES.values()), "who must look is told what to do"


@pytest.mark.parametrize("word", STATES)
def test_every_state_is_on_the_page_for_authors(word: str) -> None:
    known = STATES[word]
    [line] = re.findall(rf"^\| `{word}` \| `(\w+)` \| (.+) \|$", page("docs/plugins.md").text, re.MULTILINE)
    assert line[0] == known.plain
    assert line[1].startswith(known.help)
