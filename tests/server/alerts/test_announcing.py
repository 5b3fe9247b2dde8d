"""Who is told, against a model written separately: silences come and go, graver severities fire as well."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gobs_core import Event, Severity
from gobs_server.alerts.book import Book
from gobs_server.alerts.records import Alert, ChannelSettings
from gobs_server.alerts.rules.rule import Level, Rule
from gobs_server.alerts.telling.announcing import Announcing
from gobs_server.alerts.telling.silence import Silence, SilenceFields
from tests.support.soak import counts

ROWS = ("a", "b")
MATCHED = st.sampled_from(({}, {"labels": {"name": "a"}}, {"severity": "critical"}, {"node": "elsewhere"}))
SPANS = st.sampled_from((None, 5.0, 20.0))
MILD, GRAVE = Severity.WARNING, Severity.CRITICAL


class Tellings(RuleBasedStateMachine):
    """One rule of two severities on two rows, and silences."""

    @initialize()
    def begin(self) -> None:
        self.now, self.count = 1000.0, 0
        self.book = Book()
        self.book.put_rule(Rule(id="r", name="r", threshold=1.0, levels=[Level(severity=GRAVE, threshold=2.0)]))
        self.book.put_channel(ChannelSettings(id="c", name="ops", kind="memory"))
        self.announcing = Announcing(self.book)
        self.alerts: dict[str, Alert] = {}
        self.said: list[tuple[str, Event]] = []
        self.expected: list[tuple[str, Event]] = []
        self.known: set[str] = set()
        self.silences: dict[str, tuple[dict[str, Any], float | None]] = {}

    @rule(row=st.sampled_from(ROWS), severity=st.sampled_from((MILD, GRAVE)))
    def fires(self, row: str, severity: Severity) -> None:
        if any((one.key, one.severity) == ([row], severity) for one in self.alerts.values()):
            return
        self.count += 1
        name = f"{row} {severity} {self.count}"
        self.alerts[name] = Alert(id=name, rule="r", rule_name="r", severity=severity, node="n1", key=[row],
                                  labels={"name": row}, since=self.now, fired=self.now)  # fmt: skip

    @precondition(lambda self: bool(getattr(self, "alerts", None)))
    @rule(data=st.data())
    def is_over(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.alerts)))
        self.said += [(one.alert, one.event) for one in self.announcing.resolved(self.alerts.pop(name), self.now)]
        if name in self.known:
            self.expected.append((name, Event.RESOLVED))

    @rule(matched=MATCHED, span=SPANS)
    def be_silent(self, matched: dict[str, Any], span: float | None) -> None:
        name, end = f"s{len(self.silences)}", None if span is None else self.now + span
        fields = SilenceFields(**matched, until=end)
        said = {field: getattr(fields, field) for field in SilenceFields.__struct_fields__}
        self.book.put_silence(Silence(**said, id=name, created=self.now))
        self.silences[name] = (matched, end)

    @precondition(lambda self: bool(getattr(self, "silences", None)))
    @rule(data=st.data())
    def speak_again(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.silences)))
        self.book.drop_silence(name)
        del self.silences[name]

    @rule(seconds=st.sampled_from((1.0, 5.0, 30.0)))
    def later(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: hasattr(self, "alerts"))
    @invariant()
    def agree(self) -> None:
        waiting = [alert for alert in self.alerts.values() if alert.told is None]
        told, intents = self.announcing.due(waiting, self.alerts, self.now)
        self.alerts |= {alert.id: alert for alert in told}
        self.said += [(one.alert, one.event) for one in intents]
        for alert in list(self.alerts.values()):
            if alert.id not in self.known and self._audible(alert):
                self.known.add(alert.id)
                self.expected.append((alert.id, Event.FIRING))
        assert sorted(self.said) == sorted(self.expected)

    def _audible(self, alert: Alert) -> bool:
        """As the page on alerts has it: of two severities on one row the graver; not what a silence matches."""
        if alert.severity is MILD and any(
            one.key == alert.key and one.severity is GRAVE for one in self.alerts.values()
        ):
            return False
        for matched, end in self.silences.values():
            wanted = (
                matched.get("node", alert.node) == alert.node
                and matched.get("severity", alert.severity) == alert.severity
                and matched.get("labels", alert.labels) == alert.labels
            )
            if wanted and (end is None or self.now < end):
                return False
        return True


@counts("timelines", reduced=25, full=5000)
def test_who_is_told_agrees_with_the_model_on_every_timeline(timelines: int) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Tellings,
        settings=settings(
            max_examples=timelines,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
