"""The rules a new server begins with: right for the tables that the built-in collectors have, each with its reason."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from gobs_server.alerts.rules.files import Loaded, load_rules
from gobs_server.alerts.rules.rule import Rule
from gobs_server.alerts.rules.ruling import Surroundings, check_rule
from scripts.docs.builtin import tables
from tests.server.alerts.rig import conditions

AROUND = Surroundings(
    [declared.table for declared in tables()],
    {declared.table.name: 60.0 for declared in tables()},
    conditions().conditions,
    [],
    [],
)


def starter() -> Loaded:
    text = files("gobs_server.alerts.rules").joinpath("starter.toml").read_text()
    return load_rules(tomllib.loads(text), "starter.toml", "starter", AROUND, 0.0)


def test_every_starter_rule_is_right_for_the_tables_that_agents_send() -> None:
    assert starter().faults == []
    assert len(starter().rules) == 17


@pytest.mark.parametrize("rule", starter().rules, ids=lambda rule: rule.name)
def test_a_starter_rule_says_why_it_is_on_or_off_and_warns_of_nothing(rule: Rule) -> None:
    assert rule.about.startswith("On: " if rule.enabled else "Off: ")
    assert check_rule(rule.fields(), AROUND).warnings == ()
