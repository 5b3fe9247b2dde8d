"""The list of rules: which of them an address asks for, a page of them, and how each fares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from quart import Response

from gobs_core import Unit
from gobs_server.alerts.rules.rule import Rule
from gobs_server.alerts.rules.selector import Globs
from gobs_server.alerts.service import Alerts
from gobs_server.alerts.words import limit_text
from gobs_server.web.alerts.lines import COLOURS
from gobs_server.web.answers import html
from gobs_server.web.format import full
from gobs_server.web.paging import page_asked, paged
from gobs_server.web.rendering import Templates

STATES = {"": "all", "on": "on", "off": "off", "firing": "firing"}
"""Which rules are shown -> what that is called."""


class RulesAsked(NamedTuple):
    """What is asked for."""

    q: str = ""
    """Words that must be in its name, metric or reason, or where it is from."""
    state: str = ""
    node: str = ""
    """Those that mean this node."""
    page: int = 1

    @property
    def query(self) -> str:
        """What an address says of it, the page aside."""
        said = (("q", self.q), ("state", self.state), ("node", self.node))
        return urlencode([pair for pair in said if pair[1]], errors="replace")

    @property
    def address(self) -> str:
        """Where the page is that shows this."""
        said = "&".join(filter(None, (self.query, f"page={self.page}" if self.page > 1 else "")))
        return f"/alerts/rules?{said}" if said else "/alerts/rules"

    def means(self, rule: Rule, *, firing: bool) -> bool:
        """Whether a rule is asked for."""
        so = {"": True, "on": rule.enabled, "off": not rule.enabled, "firing": firing}[self.state]
        text = f"{rule.name} {rule.metric} {rule.about} {rule.source or rule.by or rule.origin}".casefold()
        words = all(word in text for word in self.q.casefold().split())
        return so and words and (not self.node or Globs(rule.node).match(self.node))


def rules_asked(values: Mapping[str, str]) -> RulesAsked:
    """What a query asks for; parts that make no sense are left out."""
    q, state, node = (values.get(name, "")[:253] for name in ("q", "state", "node"))
    return RulesAsked(q, state if state in STATES else "", node, page_asked(values))


class RuleList:
    """Builds it. Lives as long as the app."""

    def __init__(self, alerts: Alerts, templates: Templates) -> None:
        self._alerts = alerts
        self._templates = templates

    def page(self, asked: RulesAsked, fault: str = "", status: int = 200) -> Response:
        """Return the page of the rules that are asked for."""
        content = self._templates.render(
            "alerts/rules.html",
            node=asked.node,
            faults=self._alerts.files.faults,
            fault=fault,
            content=self._templates.raw(self._list(asked)),
        )
        return html(content, status)

    def fragment(self, asked: RulesAsked) -> Response:
        """Return what of it another question changes."""
        return html(self._list(asked))

    def _list(self, asked: RulesAsked) -> bytes:
        firing = Counter(alert.rule for alert in self._alerts.keeper.alerts.values())
        all_of_them = self._alerts.book.rules.values()
        meant = [one for one in all_of_them if asked.means(one, firing=one.id in firing)]
        shown = paged(sorted(meant, key=lambda one: (not one.enabled, one.name.casefold())), asked.page)
        matched, limits = self._alerts.engine.matched(), self._limits(shown.items)
        return self._templates.render(
            "alerts/rules_list.html",
            asked=asked._replace(page=shown.number),
            states=STATES,
            rows=[
                (one, matched.get(one.id, 0), firing[one.id], limits[one.id], self._alerts.judging.warnings(one))
                for one in shown.items
            ],
            shown=shown,
            count=len(all_of_them),
            colours=COLOURS,
        )

    def _limits(self, rules: Iterable[Rule]) -> dict[str, str]:
        """Rule -> its threshold as people read it; empty where it has none."""
        units = {(target, name): (unit, rate) for name, target, _, unit, rate in self._alerts.desk.metrics()}
        found = {}
        for one in rules:
            known = units.get((one.target, one.metric)) or units.get(("row", one.metric))
            unit, rate = known if known is not None and one.value != "level" else (Unit.NONE, False)
            number = one.threshold
            found[one.id] = (
                limit_text(number, unit, rate, full) if isinstance(number, int | float) else str(number or "")
            )
        return found
