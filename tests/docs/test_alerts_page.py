"""What the page of alerts says of rules is so: its examples are rules, and its names are all there are."""

from __future__ import annotations

import re
import tomllib

import msgspec

from gobs_server.alerts.conditions import gobs_register_conditions
from gobs_server.alerts.rules.files import load_rules
from gobs_server.alerts.rules.metrics import friendly
from gobs_server.alerts.rules.rule import RuleFields
from gobs_server.alerts.rules.ruling import check_rule
from tests.docs.markdown import page
from tests.server.alerts.test_starter import AROUND, starter

PAGE = page("docs/alerts.md")
WORDS = set(re.findall(r"`([^`\n]+)`", PAGE.prose))


def test_the_examples_are_rules_without_a_fault_or_a_warning() -> None:
    [smallest] = PAGE.code("json")
    [file] = PAGE.code("toml")
    rule = msgspec.json.decode(smallest.text, type=RuleFields)
    assert check_rule(rule, AROUND).warnings == ()
    found = load_rules(tomllib.loads(file.text), "shop.toml", "file", AROUND, 0.0)
    assert (found.faults, [one.name for one in found.rules]) == ([], ["shop memory"])


def test_every_friendly_name_and_every_condition_is_on_the_page() -> None:
    names = {*friendly("node"), *friendly("pod"), *(cls.name for cls in gobs_register_conditions())}
    assert names <= WORDS
    assert f"{len(starter().rules)} starter rules" in PAGE.prose.replace("seventeen", "17")


def test_every_field_that_decides_is_on_the_page() -> None:
    told = {"name", "enabled", "operator", "condition", "parameters", "severity", "about", "window_seconds"}
    assert {name for name in RuleFields.__struct_fields__ if name not in told} <= WORDS
