"""Compiled rules: for each node the sources that judge each of its tables, shared by all nodes that look alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from gobs_core import Table
from gobs_server.alerts.judging.judging import Judging
from gobs_server.alerts.judging.matching import Matcher
from gobs_server.alerts.judging.source import Source
from gobs_server.alerts.rules.check import Check
from gobs_server.alerts.rules.metrics import tables_of
from gobs_server.alerts.rules.rule import Rule

_REMEMBERED = 4096
"""Sets of sources that are kept, for tables that are declared alike."""


class Compiled:
    """All rules that are on. Immutable; made anew when rules change."""

    def __init__(self, rules: Iterable[Rule], judging: Judging, checks: Mapping[str, Sequence[Check]]) -> None:
        self._judging = judging
        self.rules = {rule.id: rule for rule in rules if rule.enabled}
        self.silence = [check for rule in self.rules for check in checks[rule] if check.silence]
        """Checks about what is not heard."""
        self._any: defaultdict[str, list[Check]] = defaultdict(list)
        self._exact: defaultdict[tuple[str, str], list[Check]] = defaultdict(list)
        self._some: defaultdict[str, list[Check]] = defaultdict(list)
        self._presence: defaultdict[str, list[Check]] = defaultdict(list)
        for rule in self.rules.values():
            for check in checks[rule.id]:
                self._add(check)
        self._sources: dict[tuple[Table, str, tuple[int, ...]], tuple[Source, ...]] = {}

    def tables(self) -> set[str]:
        """The tables any rule looks at."""
        return {*self._any, *self._some, *self._presence, *(table for table, _ in self._exact)}

    def sources(self, node: str, table: Table) -> tuple[Source, ...]:
        """What judges a table of a node."""
        exact = self._exact.get((table.name, node), ())
        some = [check for check in self._some.get(table.name, ()) if check.node.match(node)]
        name = (table, node if exact else "", tuple(map(id, some)))
        found = self._sources.get(name)
        if found is None:
            if len(self._sources) >= _REMEMBERED:
                self._sources.clear()
            checks = [*self._any.get(table.name, ()), *exact, *some]
            found = self._sources[name] = tuple(self._make(table, checks))
        return found

    def presence(self, node: str, table: Table) -> tuple[list[Check], Matcher] | None:
        """The checks that ask whether any row of a table matches, and what matches them."""
        checks = [check for check in self._presence.get(table.name, ()) if check.node.match(node)]
        return (checks, Matcher(table, checks)) if checks else None

    def _add(self, check: Check) -> None:
        if check.silence:
            if check.rule.target != "node":
                for table in tables_of(check.rule):
                    self._presence[table].append(check)
            return
        for table in tables_of(check.rule):
            if check.node.any:
                self._any[table].append(check)
            elif check.node.exact is not None:
                self._exact[table, check.node.exact].append(check)
            else:
                self._some[table].append(check)

    def _make(self, table: Table, checks: Sequence[Check]) -> Iterable[Source]:
        """A source for each way of judging: by row or in total, here or, for each condition from elsewhere, beside."""
        groups: defaultdict[str, list[Check]] = defaultdict(list)
        for check in checks:
            groups[check.condition.name if self._judging.foreign(check) else ""].append(check)
        for group in groups.values():
            for total in (False, True):
                source = Source(table, group, total=total)
                if source.checks:
                    yield source
