"""Meaning: whether a rule means anything of a node as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

from gobs_core import Condition
from gobs_server.alerts.judging.matching import Matcher
from gobs_server.alerts.judging.reading import Rows
from gobs_server.alerts.rules.check import checks_of
from gobs_server.alerts.rules.metrics import tables_of
from gobs_server.alerts.rules.rule import Rule, RuleFields
from gobs_server.live import Node


def means(fields: RuleFields, node: Node, conditions: Mapping[str, Condition]) -> bool:
    """Whether any row of the node is meant, or the node as a whole."""
    rule = Rule(**{name: getattr(fields, name) for name in RuleFields.__struct_fields__}, id="")
    checks = list(checks_of(rule, conditions))
    if fields.target == "node":
        return any(check.silence for check in checks) or _has_table(fields, node)
    for name in tables_of(fields):
        table = node.tables.get(name)
        if table is not None:
            matcher, rows = Matcher(table.table, checks), Rows(table.view(), lambda: nan)
            if any(len(matcher.match(texts)) for texts in set(rows.texts(matcher.columns))):
                return True
    return False


def _has_table(fields: RuleFields, node: Node) -> bool:
    return any(name in node.tables for name in tables_of(fields))
